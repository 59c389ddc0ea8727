package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One server: what it said is remembered for as long as it said, a question under way is not asked
 * twice, and silence has its limit. Lives on the resolver's loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of timers
final class NameServer {

    /**
     * How it is asked.
     *
     * @param timeoutMillis after which it is taken not to answer
     * @param cached whether replies are remembered
     * @param staleSeconds how long an old reply is given while a new one is asked for; 0 = not
     * @param subnet told with each question; null = none
     */
    record Policy(
            long timeoutMillis, boolean cached, long staleSeconds, @Nullable InetAddress subnet) {

        /** The same without remembering anything. */
        Policy uncached() {
            return new Policy(timeoutMillis, false, 0, subnet);
        }
    }

    /** Resolution Delay, RFC 8305 section 8. */
    private static final long SECOND_FAMILY_MILLIS = 50;

    /** A server that was silent so often in turn is given less time. */
    private static final int SILENCES = 3;

    private static final long SHORT_PATIENCE_MILLIS = 1000;
    private static final int MAX_UNDERWAY = 1024;

    private record Key(String name, DnsRecordType type) {}

    private final String label;
    private final DnsTransport transport;
    private final Policy policy;
    private final EventLoop home;
    private final DnsCache cache;
    private final Map<Key, Promise<DnsReply>> underway = new HashMap<>();
    private int silences;

    /**
     * A server.
     *
     * @param label what messages call it
     */
    NameServer(String label, DnsTransport transport, Policy policy, EventLoop home) {
        this.label = label;
        this.transport = transport;
        this.policy = policy;
        this.home = home;
        this.cache = new DnsCache(home.ticker(), policy.staleSeconds());
    }

    String label() {
        return label;
    }

    void close() {
        transport.close();
    }

    /** Whether questions go by an outbound of that tag, as things stand. */
    boolean goesBy(String outboundTag) {
        return transport.goesBy(outboundTag);
    }

    /**
     * Asks for the addresses of several families at once; the last answer is waited for only a
     * moment once there are addresses.
     *
     * @param name as {@link DnsQuery#ascii} has it
     * @param alone whether it must not wait for a question that others asked
     * @return on the resolver's loop
     */
    Future<DnsReply> ask(String name, Collection<DnsRecordType> types, boolean alone) {
        if (types.isEmpty()) {
            return home.newSucceededFuture(DnsReply.none());
        }
        Families families = new Families(types.size());
        for (DnsRecordType type : types) {
            ask(name, type, alone).addListener((Future<DnsReply> done) -> families.add(done));
        }
        return families.result;
    }

    private Future<DnsReply> ask(String name, DnsRecordType type, boolean alone) {
        DnsReply known = cache.fresh(name, type);
        if (known != null) {
            return home.newSucceededFuture(known);
        }
        Key key = new Key(name, type);
        Promise<DnsReply> asked = underway.get(key);
        DnsReply stale = policy.staleSeconds() > 0 ? cache.stale(name, type) : null;
        if (stale != null) {
            if (asked == null) {
                begin(key, false);
            }
            return home.newSucceededFuture(stale);
        }
        return asked != null && !alone ? asked : begin(key, alone);
    }

    private Future<DnsReply> begin(Key key, boolean alone) {
        if (underway.size() >= MAX_UNDERWAY) {
            return home.newFailedFuture(
                    new DialException(
                            Failure.RESOLVE,
                            "name server " + label + " has too many questions to answer"));
        }
        Promise<DnsReply> result = home.newPromise();
        if (!alone) {
            underway.put(key, result);
            result.addListener(done -> underway.remove(key));
        }
        Promise<DnsReply> reply = home.newPromise();
        long began = home.ticker().nanoTime();
        reply.addListener((Future<DnsReply> done) -> replied(key, done, result, began));
        long patience =
                silences >= SILENCES
                        ? Math.min(SHORT_PATIENCE_MILLIS, policy.timeoutMillis())
                        : policy.timeoutMillis();
        Future<?> timer =
                home.schedule(() -> silent(key.name, reply), patience, TimeUnit.MILLISECONDS);
        reply.addListener(done -> timer.cancel(false));
        transport.ask(new DnsQuery(key.name, key.type, policy.subnet()), reply);
        return result;
    }

    private void silent(String name, Promise<DnsReply> reply) {
        silences++;
        reply.tryFailure(
                new DialException(
                        Failure.RESOLVE, "name server " + label + " does not answer for " + name));
    }

    private void replied(Key key, Future<DnsReply> done, Promise<DnsReply> result, long began) {
        AccessLog.resolved(
                label,
                key.name,
                done.isSuccess() ? done.getNow().addresses() : List.of(),
                Duration.ofNanos(home.ticker().nanoTime() - began),
                done.cause());
        if (!done.isSuccess()) {
            result.tryFailure(done.cause());
            return;
        }
        silences = 0;
        DnsReply reply = done.getNow();
        if (!reply.isAnswer()) {
            result.tryFailure(
                    new DialException(
                            Failure.RESOLVE,
                            "name server "
                                    + label
                                    + " can't tell for "
                                    + key.name
                                    + " (code "
                                    + reply.code()
                                    + ")"));
            return;
        }
        if (policy.cached()) {
            cache.put(key.name, key.type, reply);
        }
        result.trySuccess(reply);
    }

    /** The answers of all families as they come. */
    private final class Families {
        private final Promise<DnsReply> result = home.newPromise();
        private final List<DnsReply> replies = new ArrayList<>();
        private @Nullable Throwable failure;
        private int missing;

        Families(int count) {
            missing = count;
        }

        void add(Future<DnsReply> done) {
            missing--;
            if (done.isSuccess()) {
                replies.add(done.getNow());
            } else {
                failure = done.cause();
            }
            if (missing == 0) {
                finish();
            } else if (replies.stream().anyMatch(reply -> !reply.addresses().isEmpty())) {
                home.schedule(this::finish, SECOND_FAMILY_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        private void finish() {
            DnsReply all = replies.stream().reduce(DnsReply::and).orElse(null);
            if (all != null && (failure == null || !all.addresses().isEmpty())) {
                result.trySuccess(all);
            } else if (failure != null) {
                result.tryFailure(failure);
            }
        }
    }
}
