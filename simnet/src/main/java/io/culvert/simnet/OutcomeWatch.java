package io.culvert.simnet;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.DeviceCounters;
import io.culvert.wireguard.Drop;
import org.jspecify.annotations.Nullable;

/** Finds out what became of a datagram: exactly one of a device's counters must say. */
final class OutcomeWatch {
    private static final Drop[] DROPS = {
        Drop.MALFORMED,
        Drop.DOWN,
        Drop.NO_PRIVATE_KEY,
        Drop.INVALID_MAC1,
        Drop.COOKIE_SENT,
        Drop.COOKIE_REPLIES_FULL,
        Drop.RATE_LIMITED,
        Drop.UNKNOWN_INDEX,
        Drop.UNKNOWN_PEER,
        Drop.NOT_AUTHENTIC,
        Drop.OLD_TIMESTAMP,
        Drop.INITIATION_FLOOD,
        Drop.SESSION_EXPIRED,
        Drop.REPLAYED,
        Drop.HANDSHAKE_QUEUE_FULL,
        Drop.SUPERSEDED,
        Drop.MALFORMED_PACKET,
        Drop.SOURCE_NOT_ALLOWED
    };

    private final DeviceCounters counters;
    private final long[] drops = new long[DROPS.length];
    private long packets;
    private long keepalives;
    private long initiations;
    private long responses;
    private long cookies;

    OutcomeWatch(Device device) {
        counters = device.counters();
    }

    void mark() {
        for (int i = 0; i < DROPS.length; i++) {
            drops[i] = counters.dropped(DROPS[i]);
        }
        packets = counters.packetsReceived();
        keepalives = counters.keepalivesReceived();
        initiations = counters.initiationsReceived();
        responses = counters.responsesReceived();
        cookies = counters.cookieRepliesReceived();
    }

    /** How many messages were refused since the mark. */
    int refused() {
        int sum = 0;
        for (int i = 0; i < DROPS.length; i++) {
            sum += Math.toIntExact(counters.dropped(DROPS[i]) - drops[i]);
        }
        return sum;
    }

    /** What happened since the mark, at most one thing; null if it was more. */
    @Nullable Outcome next() {
        long changes = 0;
        Outcome outcome = null;
        for (int i = 0; i < DROPS.length; i++) {
            long more = counters.dropped(DROPS[i]) - drops[i];
            changes += more;
            outcome = more == 1 ? of(DROPS[i]) : outcome;
        }
        long[] accepted = {
            counters.packetsReceived() - packets,
            counters.keepalivesReceived() - keepalives,
            counters.initiationsReceived() - initiations,
            counters.responsesReceived() - responses,
            counters.cookieRepliesReceived() - cookies
        };
        Outcome[] kinds = {
            Outcome.PACKET, Outcome.KEEPALIVE, Outcome.INITIATION, Outcome.RESPONSE, Outcome.COOKIE
        };
        for (int i = 0; i < kinds.length; i++) {
            changes += accepted[i];
            outcome = accepted[i] == 1 ? kinds[i] : outcome;
        }
        if (changes == 0) {
            return Outcome.WAITS;
        }
        return changes == 1 ? outcome : null;
    }

    private static Outcome of(Drop drop) {
        return switch (drop) {
            case COOKIE_SENT -> Outcome.COOKIE_SENT;
            case RATE_LIMITED -> Outcome.RATE_LIMITED;
            case MALFORMED_PACKET, SOURCE_NOT_ALLOWED -> Outcome.REFUSED;
            case MALFORMED,
                    DOWN,
                    NO_PRIVATE_KEY,
                    INVALID_MAC1,
                    COOKIE_REPLIES_FULL,
                    UNKNOWN_INDEX ->
                    Outcome.EARLY_DROP;
            default -> Outcome.DROPPED;
        };
    }
}
