package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Half-open connections of listeners. SYN-ACKs are repeated after 1, 2, 4... seconds; each distance
 * has a row in order of time, so that one timer serves all. The client's ACK makes a connection.
 */
final class TcpHalfOpens extends Timer {
    private static final long SECOND = 1_000_000_000L;

    private final TcpLayer layer;
    private final int rows;
    private final @Nullable TcpHalfOpen[] oldest;
    private final @Nullable TcpHalfOpen[] newest;
    private @Nullable TcpHalfOpen wantedHead;
    private @Nullable TcpHalfOpen wantedTail;
    private int count;

    TcpHalfOpens(TcpLayer layer) {
        this.layer = layer;
        rows = layer.settings.synAckRetries() + 1;
        oldest = new @Nullable TcpHalfOpen[rows];
        newest = new @Nullable TcpHalfOpen[rows];
    }

    int count() {
        return count;
    }

    void open(TcpListener listener, TcpFlow addresses, TcpSegment s, int sequence, long now) {
        TcpHalfOpen h = new TcpHalfOpen(addresses, s, sequence, listener);
        if (!listener.admits()) {
            layer.cookies.answer(h, now);
            return;
        }
        listener.opened();
        layer.counters.passiveOpens++;
        layer.flows.add(h);
        count++;
        append(h, 0, now);
        want(h);
    }

    /**
     * A verified segment for it. A connection if this completes the handshake, which gets it then.
     */
    @Nullable TcpConnection arrived(TcpHalfOpen h, TcpSegment s, long now) {
        int ahead = s.sequence - h.sequence;
        boolean inWindow = ahead > 0 && ahead <= 1 + TcpHandshake.MAX_WINDOW_FIELD;
        if (s.has(TcpFlags.RST)) {
            if (ahead == 1) {
                layer.counters.resetsReceived++;
                remove(h);
            } else if (inWindow) {
                challenge(h, now);
            }
            return null;
        }
        if (s.has(TcpFlags.SYN)) {
            if (ahead == 0 && !s.has(TcpFlags.ACK)) {
                want(h);
            } else {
                challenge(h, now);
            }
            return null;
        }
        if (!s.has(TcpFlags.ACK)) {
            return null;
        }
        if (s.acknowledgment != h.initialSequence + 1) {
            layer.replies.reset(h, s.acknowledgment, 0, false);
            return null;
        }
        if (!inWindow) {
            challenge(h, now);
            return null;
        }
        return complete(h, now);
    }

    /** Asks whoever sent an RST near the mark whether it is true (RFC 5961, 3). */
    void challenge(TcpSyn h, long now) {
        if (layer.challenges.takeGlobal(now / SECOND)) {
            layer.counters.challengeAcks++;
            layer.replies.acknowledge(
                    h,
                    h.initialSequence + 1,
                    h.sequence + 1,
                    layer.handshakeWindow(),
                    h.hasTimestamp,
                    timestamp(h, now),
                    h.timestamp);
        } else {
            layer.counters.challengeAcksLimited++;
        }
    }

    private int timestamp(TcpFlow h, long now) {
        return (int) (now / TcpConnection.TIMESTAMP_TICK) + layer.secrets.timestampOffset(h);
    }

    private TcpConnection complete(TcpHalfOpen h, long now) {
        TcpConnection c =
                new TcpConnection(
                        layer, h, TcpState.SYN_RECEIVED, h.initialSequence, h.listener, null);
        h.open(c, now);
        c.handshake().continued(h.transmissions, h.sentAt, now);
        unlink(h);
        count--;
        layer.flows.replace(h, c);
        layer.opened();
        return c;
    }

    private void want(TcpHalfOpen h) {
        if (h.wanted) {
            return;
        }
        h.wanted = true;
        h.nextWanted = null;
        TcpHalfOpen tail = wantedTail;
        if (tail == null) {
            wantedHead = h;
        } else {
            tail.nextWanted = h;
        }
        wantedTail = h;
    }

    /** Forgets those that went before their SYN-ACK was pulled. */
    boolean hasOutput() {
        while (wantedHead != null && wantedHead.row < 0) {
            takeWanted(wantedHead);
        }
        return wantedHead != null;
    }

    private void takeWanted(TcpHalfOpen h) {
        wantedHead = h.nextWanted;
        if (wantedHead == null) {
            wantedTail = null;
        }
        h.nextWanted = null;
        h.wanted = false;
    }

    /** Writes the next SYN-ACK; 0: none. */
    int pull(MemorySegment m, long offset, TcpOutput output, long now) {
        if (!hasOutput() || wantedHead == null) {
            return 0;
        }
        TcpHalfOpen h = wantedHead;
        takeWanted(h);
        h.transmissions++;
        h.sentAt = now;
        layer.counters.segmentsSent++;
        return output.synAck(
                h, layer.announcedMss(h), layer.handshakeWindow(), timestamp(h, now), m, offset);
    }

    private void append(TcpHalfOpen h, int row, long now) {
        h.row = row;
        h.due = now + (SECOND << row);
        TcpHalfOpen last = newest[row];
        h.previous = last;
        h.next = null;
        if (last == null) {
            oldest[row] = h;
        } else {
            last.next = h;
        }
        newest[row] = h;
        if (h.due < deadline) {
            layer.stack.timers.arm(this, h.due);
        }
    }

    private void unlink(TcpHalfOpen h) {
        TcpHalfOpen before = h.previous;
        TcpHalfOpen after = h.next;
        if (before == null) {
            oldest[h.row] = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            newest[h.row] = before;
        } else {
            after.previous = before;
        }
        h.row = -1;
        arm();
    }

    private void arm() {
        long next = NEVER;
        for (TcpHalfOpen h : oldest) {
            if (h != null) {
                next = Math.min(next, h.due);
            }
        }
        if (next != deadline) {
            layer.stack.timers.arm(this, next);
        }
    }

    void remove(TcpHalfOpen h) {
        unlink(h);
        count--;
        layer.flows.remove(h);
        h.listener.completed();
    }

    /** Its listener is gone. */
    void reset(TcpHalfOpen h) {
        remove(h);
        layer.replies.reset(h, h.initialSequence + 1, h.sequence + 1, true);
    }

    @Override
    void fire(long now) {
        for (int row = rows - 1; row >= 0; row--) {
            for (TcpHalfOpen h = oldest[row]; h != null && h.due <= now; h = oldest[row]) {
                if (row == rows - 1) {
                    layer.counters.attemptFails++;
                    remove(h);
                } else {
                    unlink(h);
                    append(h, row + 1, now);
                    want(h);
                }
            }
        }
        arm();
    }
}
