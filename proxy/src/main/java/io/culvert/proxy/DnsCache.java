package io.culvert.proxy;

import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Answers, and questions under way, by name and type; the least recently used make room. Not
 * thread-safe.
 */
final class DnsCache {
    private static final int CAPACITY = 1024;

    private record Key(String name, DnsRecordType type) {}

    private static final class Known {
        private final Future<List<InetAddress>> answer;
        private long deadline = Long.MAX_VALUE;

        Known(Future<List<InetAddress>> answer) {
            this.answer = answer;
        }
    }

    private final Ticker ticker;
    private final Map<Key, Known> entries =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, Known> eldest) {
                    return size() > CAPACITY;
                }
            };

    DnsCache(Ticker ticker) {
        this.ticker = ticker;
    }

    /** The answer, or the question under way; null if there is neither. */
    @Nullable Future<List<InetAddress>> get(String name, DnsRecordType type) {
        Known entry = entries.get(new Key(name, type));
        if (entry == null || ticker.nanoTime() >= entry.deadline) {
            return null;
        }
        return entry.answer;
    }

    /** Remembers a question under way. */
    void put(String name, DnsRecordType type, Future<List<InetAddress>> answer) {
        entries.put(new Key(name, type), new Known(answer));
    }

    /** The question was answered; the answer is good for so long. */
    void expire(String name, DnsRecordType type, long ttlSeconds) {
        Known entry = entries.get(new Key(name, type));
        if (entry != null) {
            entry.deadline = ticker.nanoTime() + TimeUnit.SECONDS.toNanos(ttlSeconds);
        }
    }

    void remove(String name, DnsRecordType type) {
        entries.remove(new Key(name, type));
    }
}
