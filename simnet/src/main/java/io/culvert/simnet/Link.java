package io.culvert.simnet;

import io.culvert.simnet.Trace.Fate;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One direction between two sockets: decides what becomes of each datagram, and when it arrives.
 */
public final class Link {
    private final String name;
    private final SeededRandom random;
    private final LinkCounters counters = new LinkCounters();
    private LinkProfile profile;

    /** In a burst, when the last datagram was sent. */
    private boolean bad;

    private long badAsOf;

    /** When the bottleneck will have sent everything that is in its queue. */
    private long busyUntil;

    /** Arrival of the last datagram that kept its place in the queue. */
    private long lastArrival;

    Link(String name, SeededRandom random, LinkProfile profile) {
        this.name = name;
        this.random = random;
        this.profile = profile;
    }

    /** "from>to", from the names of the sockets. */
    public String name() {
        return name;
    }

    public LinkProfile profile() {
        return profile;
    }

    /** Exchanges the profile for the datagrams sent from now on. */
    public void profile(LinkProfile next) {
        profile = next;
    }

    public LinkCounters counters() {
        return counters;
    }

    /** What a link hands on to the network: a datagram and when it arrives. */
    interface Departures {
        void arrivesAt(long arrival, byte[] data, int length, Fate fate);

        void dropped(byte[] data, int length, Fate fate);
    }

    /**
     * Sends one datagram.
     *
     * @param data is the link's from now on
     * @param overhead bytes of the outer IP and UDP header
     */
    void send(byte[] data, int length, int overhead, long now, Departures out) {
        counters.sent++;
        counters.sentBytes += length;
        Fate drop = dropped(length + overhead, now);
        if (drop != null) {
            counters.dropped(drop);
            out.dropped(data, length, drop);
            return;
        }
        byte @Nullable [] copy =
                random.chance(profile.duplicate()) ? Arrays.copyOf(data, length) : null;
        depart(data, length, Fate.DELIVERED, now, out);
        if (copy != null) {
            counters.duplicated++;
            depart(copy, length, Fate.DUPLICATED, now, out);
        }
    }

    private @Nullable Fate dropped(int size, long now) {
        if (size > profile.mtu()) {
            return Fate.TOO_BIG;
        }
        if (!queue(size, now)) {
            return Fate.QUEUE_FULL;
        }
        BurstLoss burst = profile.burst();
        bad = random.chance(burst.badAfter(bad, now - badAsOf));
        badAsOf = now;
        boolean lost = random.chance(profile.loss());
        lost |= bad && random.chance(burst.lossWhenBad());
        return lost ? Fate.LOST : null;
    }

    private boolean queue(int size, long now) {
        long rate = profile.bytesPerMilli();
        if (rate == 0) {
            busyUntil = now;
            return true;
        }
        long start = Math.max(busyUntil, now);
        long waiting = (start - now) * rate / 1_000_000;
        if (waiting > 0 && waiting + size > profile.queueBytes()) {
            return false;
        }
        busyUntil = start + size * 1_000_000L / rate;
        return true;
    }

    private void depart(byte[] data, int length, Fate delivered, long now, Departures out) {
        Fate fate = delivered;
        int arriving = length;
        if (random.chance(profile.corrupt())) {
            corrupt(data, length);
            counters.corrupted++;
            fate = Fate.CORRUPTED;
        }
        if (length > 1 && random.chance(profile.truncate())) {
            arriving = random.between(1, length - 1);
            counters.truncated++;
            fate = Fate.TRUNCATED;
        }
        long arrival =
                Math.max(busyUntil, now)
                        + profile.delayNanos()
                        + random.between(0, profile.jitterNanos());
        arrival = Math.max(arrival, lastArrival);
        if (random.chance(profile.reorder())) {
            arrival += random.between(1, Math.max(1, profile.reorderNanos()));
            counters.reordered++;
            fate = fate == Fate.DELIVERED ? Fate.REORDERED : fate;
        } else {
            lastArrival = arrival;
        }
        out.arrivesAt(arrival, data, arriving, fate);
    }

    private void corrupt(byte[] data, int length) {
        int bits = random.between(1, profile.corruptBits());
        for (int i = 0; i < bits; i++) {
            int bit = random.nextInt(length * 8);
            data[bit >> 3] ^= (byte) (1 << (bit & 7));
        }
    }
}
