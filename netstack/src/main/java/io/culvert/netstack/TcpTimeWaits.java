package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * Closed connections whose addresses rest for 2 MSL, in order of expiry, so that one timer serves
 * all. Resets are ignored (RFC 1337); a SYN that is clearly newer opens a new connection (RFC 9293,
 * 3.10.7.4; RFC 6191), by a listener or by the forwarder alike.
 */
final class TcpTimeWaits extends Timer {
    /** Distance of a new initial sequence number to the old connection's last, as in Linux. */
    private static final int SEQUENCE_STEP = 65535 + 2;

    private static final long SECOND = 1_000_000_000L;

    private final TcpLayer layer;
    private final int limit;
    private final long duration;
    private @Nullable TcpTimeWait oldest;
    private @Nullable TcpTimeWait newest;
    private int count;

    TcpTimeWaits(TcpLayer layer) {
        this.layer = layer;
        limit = layer.settings.timeWaits();
        duration = layer.settings.timeWait();
    }

    int count() {
        return count;
    }

    /** Takes the place of a connection in the table, and acknowledges what it did not. */
    void enter(TcpConnection c, long now) {
        boolean wantsAck = c.receiver().wantsAck();
        TcpTimeWait rest = new TcpTimeWait(c);
        layer.flows.replace(c, rest);
        append(rest, now);
        if (wantsAck) {
            acknowledge(rest, now);
        }
        if (count > limit && oldest != null) {
            layer.counters.timeWaitOverflows++;
            remove(oldest);
        }
    }

    /** A segment for it. True: a SYN that may open a new connection; the rest is gone. */
    boolean arrived(TcpTimeWait rest, TcpSegment s, long now) {
        if (s.has(TcpFlags.RST)) {
            return false;
        }
        int ahead = s.sequence - rest.receiveNext;
        if ((s.flags & (TcpFlags.SYN | TcpFlags.ACK | TcpFlags.FIN)) == TcpFlags.SYN) {
            boolean timed = rest.timestamps && s.hasTimestamp;
            int elapsed = timed ? s.timestamp - rest.tsRecent : 0;
            boolean newer = elapsed > 0 || (elapsed == 0 && ahead > 0);
            if (newer) {
                layer.counters.timeWaitReused++;
                remove(rest);
                return true;
            }
        }
        if (s.has(TcpFlags.FIN) && s.sequence + s.sequenceLength() == rest.receiveNext) {
            unlink(rest);
            append(rest, now);
        }
        if (s.sequenceLength() > 0 || ahead != 0) {
            if (layer.challenges.takeGlobal(now / SECOND)) {
                acknowledge(rest, now);
            }
        }
        return false;
    }

    /**
     * Whether we may open a connection of the same addresses already: the other side can tell its
     * segments from those of the old one by their timestamps, which a second's rest sets apart (RFC
     * 6191, section 2; the rest as in Linux' tcp_tw_reuse_delay).
     */
    boolean maySucceed(TcpTimeWait rest, long now) {
        return rest.timestamps && now - (rest.expires - duration) >= SECOND;
    }

    /** Ends the rest for a connection that we open; returns where its sequence numbers begin. */
    int succeed(TcpTimeWait rest) {
        layer.counters.timeWaitReused++;
        remove(rest);
        return sequenceAfter(rest);
    }

    /** Where the sequence numbers of a connection that follows begin. */
    static int sequenceAfter(TcpTimeWait rest) {
        return rest.sendNext + SEQUENCE_STEP;
    }

    private void acknowledge(TcpTimeWait rest, long now) {
        int timestamp = (int) (now / 1_000_000) + rest.timestampOffset;
        layer.replies.acknowledge(
                rest,
                rest.sendNext,
                rest.receiveNext,
                rest.window,
                rest.timestamps,
                timestamp,
                rest.tsRecent);
    }

    private void append(TcpTimeWait rest, long now) {
        rest.expires = now + duration;
        rest.previous = newest;
        rest.next = null;
        if (newest == null) {
            oldest = rest;
            layer.stack.timers.arm(this, rest.expires);
        } else {
            newest.next = rest;
        }
        newest = rest;
        count++;
    }

    private void unlink(TcpTimeWait rest) {
        TcpTimeWait before = rest.previous;
        TcpTimeWait after = rest.next;
        if (before == null) {
            oldest = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            newest = before;
        } else {
            after.previous = before;
        }
        count--;
    }

    void remove(TcpTimeWait rest) {
        unlink(rest);
        layer.flows.remove(rest);
        if (oldest == null) {
            layer.stack.timers.cancel(this);
        }
    }

    @Override
    void fire(long now) {
        while (oldest != null && oldest.expires <= now) {
            remove(oldest);
        }
        if (oldest != null) {
            layer.stack.timers.arm(this, oldest.expires);
        }
    }
}
