package io.culvert.proxy;

import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Ticker;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Replies by name and type; the least recently used make room. Not thread-safe. */
final class DnsCache {
    private static final int CAPACITY = 4096;

    /** What a stale reply is said to hold, RFC 8767 section 4. */
    private static final long STALE_TTL = 30;

    private record Key(String name, DnsRecordType type) {}

    private record Kept(DnsReply reply, long deadline) {}

    private final Ticker ticker;
    private final long staleNanos;
    private final Map<Key, Kept> entries =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, Kept> eldest) {
                    return size() > CAPACITY;
                }
            };

    /**
     * An empty cache.
     *
     * @param staleSeconds how long replies are kept after their time
     */
    DnsCache(Ticker ticker, long staleSeconds) {
        this.ticker = ticker;
        this.staleNanos = TimeUnit.SECONDS.toNanos(staleSeconds);
    }

    /** The reply with the time that is left to it, or null. */
    @Nullable DnsReply fresh(String name, DnsRecordType type) {
        Kept entry = entries.get(new Key(name, type));
        if (entry == null) {
            return null;
        }
        long left = entry.deadline - ticker.nanoTime();
        return left > 0 ? withTtl(entry.reply, TimeUnit.NANOSECONDS.toSeconds(left) + 1) : null;
    }

    /** The reply whose time is over, but not for too long; else null. */
    @Nullable DnsReply stale(String name, DnsRecordType type) {
        Kept entry = entries.get(new Key(name, type));
        return entry != null && entry.deadline + staleNanos - ticker.nanoTime() > 0
                ? withTtl(entry.reply, STALE_TTL)
                : null;
    }

    void put(String name, DnsRecordType type, DnsReply reply) {
        long deadline = ticker.nanoTime() + TimeUnit.SECONDS.toNanos(reply.ttlSeconds());
        entries.put(new Key(name, type), new Kept(reply, deadline));
    }

    private static DnsReply withTtl(DnsReply reply, long ttlSeconds) {
        return new DnsReply(reply.code(), false, reply.addresses(), ttlSeconds);
    }
}
