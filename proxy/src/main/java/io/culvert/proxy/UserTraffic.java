package io.culvert.proxy;

import java.net.InetAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What one user moved, and from where the user is there now. Thread-safe; payload bytes. */
final class UserTraffic {
    private final LongAdder up = new LongAdder();
    private final LongAdder down = new LongAdder();

    /** Connections and UDP sessions by the address they come from. */
    private final Map<InetAddress, Presence> present = new HashMap<>();

    /**
     * @param since seconds since 1970 when the last of them began
     */
    private record Presence(int flows, long since) {}

    private volatile boolean upAsked;
    private volatile boolean downAsked;

    /** What a user's level asks for; what was asked for once stays. */
    void ask(boolean forUp, boolean forDown) {
        if (forUp && !upAsked) {
            upAsked = true;
        }
        if (forDown && !downAsked) {
            downAsked = true;
        }
    }

    boolean isUpAsked() {
        return upAsked;
    }

    boolean isDownAsked() {
        return downAsked;
    }

    void up(long bytes) {
        up.add(bytes);
    }

    void down(long bytes) {
        down.add(bytes);
    }

    long totalUp() {
        return up.sum();
    }

    long totalDown() {
        return down.sum();
    }

    synchronized void entered(InetAddress from) {
        long seconds = Instant.now().getEpochSecond();
        Presence before = present.get(from);
        present.put(from, new Presence(before == null ? 1 : before.flows() + 1, seconds));
    }

    synchronized void left(InetAddress from) {
        present.computeIfPresent(
                from,
                (address, was) ->
                        was.flows() == 1 ? null : new Presence(was.flows() - 1, was.since()));
    }

    /** Addresses as text, with the seconds since 1970 when a connection last came from there. */
    synchronized Map<String, Long> addresses() {
        Map<String, Long> addresses = new TreeMap<>();
        present.forEach((address, what) -> addresses.put(address.getHostAddress(), what.since()));
        return addresses;
    }
}
