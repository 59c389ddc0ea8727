package io.culvert.proxy;

import io.culvert.tunnel.TunnelStats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counters by Xray's names: {@code inbound>>>TAG>>>traffic>>>uplink}, {@code outbound>>>…}, {@code
 * user>>>NAME>>>…}. They outlive what they count, and begin again at 0 when they are asked to. Of a
 * WireGuard tunnel the datagrams on the network count, as there; of everything else the payload.
 * Thread-safe, but for the methods of which another thread is said.
 */
final class Statistics {
    private volatile StatsSettings settings = StatsSettings.OFF;
    private final Map<String, UserTraffic> users = new ConcurrentHashMap<>();

    /** What was counted by name since it was last reset. */
    private final SortedMap<String, Long> counters = new TreeMap<>();

    private final IdentityHashMap<Object, Source> sources = new IdentityHashMap<>();
    private final Map<String, long[]> userBefore = new HashMap<>();

    /** Bytes from the client, and to it. */
    private record Bytes(long up, long down) {}

    /** An inbound or outbound, and how much of it is in the counters already. */
    private static final class Source {
        final String prefix;
        final boolean up;
        final boolean down;
        final Supplier<Bytes> bytes;
        final Traffic traffic;
        Bytes before = new Bytes(0, 0);
        boolean gone;

        Source(String prefix, boolean up, boolean down, Traffic traffic, Supplier<Bytes> bytes) {
            this.prefix = prefix;
            this.up = up;
            this.down = down;
            this.traffic = traffic;
            this.bytes = bytes;
        }
    }

    /** What counts from now on: these, under these settings. Not on an event loop. */
    synchronized void watch(StatsSettings next, List<Inbound> inbounds, List<Outbound> outbounds) {
        collect();
        settings = next;
        sources.values().forEach(source -> source.gone = true);
        for (Inbound inbound : inbounds) {
            InboundIdentity identity = inbound.identity();
            watch(
                    inbound,
                    identity.tag(),
                    new Source(
                            "inbound>>>" + identity.tag() + ">>>traffic>>>",
                            next.inboundUp(),
                            next.inboundDown(),
                            identity.traffic(),
                            () -> {
                                TunnelStats tunnel = inbound.tunnelStats().orElse(null);
                                return tunnel == null
                                        ? bytes(identity.traffic())
                                        : new Bytes(
                                                tunnel.udp().receivedBytes(),
                                                tunnel.udp().sentBytes());
                            }));
        }
        for (Outbound outbound : outbounds) {
            boolean isTunnel = outbound instanceof WireGuardOutbound;
            watch(
                    outbound,
                    outbound.tag(),
                    new Source(
                            "outbound>>>" + outbound.tag() + ">>>traffic>>>",
                            next.outboundUp(),
                            next.outboundDown(),
                            outbound.traffic(),
                            () -> isTunnel ? tunnelBytes(outbound) : bytes(outbound.traffic())));
        }
    }

    /** One that is there already goes on from where it was. */
    private void watch(Object handler, String tag, Source source) {
        if (tag.isEmpty()) {
            return;
        }
        Source before = sources.put(handler, source);
        if (before != null) {
            source.before = before.before;
        }
        for (String direction : List.of("uplink", "downlink")) {
            if (direction.equals("uplink") ? source.up : source.down) {
                counters.putIfAbsent(source.prefix + direction, 0L);
            }
        }
    }

    private static Bytes bytes(Traffic traffic) {
        ProxySnapshot.Totals totals = traffic.totals();
        return new Bytes(totals.bytesUp(), totals.bytesDown());
    }

    private static Bytes tunnelBytes(Outbound outbound) {
        return outbound.tunnelStats()
                .map(tunnel -> new Bytes(tunnel.udp().sentBytes(), tunnel.udp().receivedBytes()))
                .orElse(new Bytes(0, 0));
    }

    /** The session's user's, or null if that is nobody who is counted. Any thread. */
    @Nullable UserTraffic user(Session session) {
        if (session.user().isEmpty()) {
            return null;
        }
        StatsSettings.Level level = settings.level(session.level());
        if (!level.up() && !level.down() && !level.online()) {
            return null;
        }
        UserTraffic user = users.computeIfAbsent(session.user(), name -> new UserTraffic());
        user.ask(level.up(), level.down());
        return user;
    }

    /** Adds what was moved since the last time. */
    private void collect() {
        for (Iterator<Source> all = sources.values().iterator(); all.hasNext(); ) {
            Source source = all.next();
            boolean idle = source.traffic.totals().active() == 0;
            Bytes now = source.bytes.get();
            if (source.up) {
                add(source.prefix + "uplink", source.before.up, now.up);
            }
            if (source.down) {
                add(source.prefix + "downlink", source.before.down, now.down);
            }
            source.before = now;
            if (source.gone && idle) {
                all.remove();
            }
        }
        users.forEach((name, traffic) -> {
            long[] before = userBefore.computeIfAbsent(name, any -> new long[2]);
            String prefix = "user>>>" + name + ">>>traffic>>>";
            if (traffic.isUpAsked()) {
                add(prefix + "uplink", before[0], traffic.totalUp());
            }
            if (traffic.isDownAsked()) {
                add(prefix + "downlink", before[1], traffic.totalDown());
            }
            before[0] = traffic.totalUp();
            before[1] = traffic.totalDown();
        });
    }

    /** A tunnel that was opened again counts from 0. */
    private void add(String name, long before, long now) {
        counters.merge(name, now < before ? now : now - before, Long::sum);
    }

    /**
     * The counters whose names contain the text. Not on an event loop.
     *
     * @param reset whether they are to begin again at 0
     */
    synchronized SortedMap<String, Long> query(String part, boolean reset) {
        collect();
        SortedMap<String, Long> found = new TreeMap<>();
        counters.forEach((name, value) -> {
            if (name.contains(part)) {
                found.put(name, value);
            }
        });
        if (reset) {
            found.keySet().forEach(name -> counters.put(name, 0L));
        }
        return found;
    }

    /** The counter of that name, or null if there is none. Not on an event loop. */
    synchronized @Nullable Long get(String name, boolean reset) {
        collect();
        Long value = counters.get(name);
        if (value != null && reset) {
            counters.put(name, 0L);
        }
        return value;
    }

    /** From where a user is there now: what {@link UserTraffic#addresses} says. */
    @Nullable Map<String, Long> online(String name) {
        UserTraffic user = users.get(name);
        return user == null ? null : user.addresses();
    }

    /** Those who are there now. */
    List<String> onlineUsers() {
        List<String> names = new ArrayList<>();
        users.forEach((name, traffic) -> {
            if (!traffic.addresses().isEmpty()) {
                names.add(name);
            }
        });
        names.sort(null);
        return names;
    }
}
