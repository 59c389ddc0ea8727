package io.culvert.netstack;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must hold for every connection of a stack after every event, whatever the peer, the path and
 * the application do. Tests of other modules use it too.
 */
public final class TcpInvariants {
    /** RFC 5681's floor of two segments; a narrower path may come after it was set. */
    private static final int SMALL_SEGMENT = 512;

    private final NetStack stack;
    private final IdentityHashMap<TcpConnection, long[]> seen = new IdentityHashMap<>();

    /** Also those that are over, and perhaps not read to their end. */
    private final Set<TcpConnection> known = Collections.newSetFromMap(new IdentityHashMap<>());

    public TcpInvariants(NetStack stack) {
        this.stack = stack;
    }

    /**
     * Throws an {@link AssertionError} that names what does not hold. To be called after input and
     * after output, each alone.
     */
    public void check() {
        for (TcpFlow flow : stack.tcp.flows.snapshot()) {
            if (flow instanceof TcpConnection c && c.state().isSynchronized()) {
                checkSender(c);
                checkQueue(c);
                checkReceiver(c);
                checkMonotony(c);
                checkTimers(c);
            }
        }
    }

    /**
     * The memory that is taken is that of the connections, if applications and UDP keep none. Not
     * looked at while something waits to be delivered, or ICMP to be pulled.
     */
    public void checkMemory() {
        if (!stack.events.isEmpty() || !stack.icmp.queue().isEmpty()) {
            return;
        }
        long chunks = 0;
        for (TcpFlow flow : stack.tcp.flows.snapshot()) {
            if (flow instanceof TcpConnection c) {
                known.add(c);
            }
        }
        for (TcpConnection c : known) {
            chunks += c.receiver().buffer.chunks() + c.sender().buffer.chunks();
        }
        equal(stack.pool.inUse(), chunks * stack.pool.chunkSize(), "memory taken", null);
    }

    private static void checkSender(TcpConnection c) {
        TcpSender s = c.sender();
        atMost(s.una, s.next, "SND.UNA", c);
        // Within every window offered, a FIN and a probe.
        atMost(s.next, s.una + s.window.largest() + 2, "SND.NXT", c);
        atMost(s.una - 1, s.buffer.end(), "SND.UNA and what was written", c);
        long cwnd = s.congestion.cwnd();
        atMost(s.smss, cwnd, "a segment and cwnd", c);
        atMost(cwnd, 1L << 40, "cwnd", c);
        long ssthresh = s.congestion.ssthresh();
        if (ssthresh != 0) {
            atMost(2L * Math.min(s.smss, SMALL_SEGMENT), ssthresh, "two segments and ssthresh", c);
        }
        atMost(0, s.recovery.inflight(), "in flight", c);
        atMost(1, s.smss, "segment size", c);
    }

    private static void checkQueue(TcpConnection c) {
        TcpSender s = c.sender();
        RetransmissionQueue q = s.queue;
        long inflight = 0;
        long lost = 0;
        long sacked = 0;
        long position = s.una;
        for (int i = 0; i < q.count(); i++) {
            int slot = q.at(i);
            int length = q.length(slot);
            equal(q.start(slot), position, "records are adjacent", c);
            atMost(1, length, "length of a record", c);
            position = q.end(slot);
            if (q.has(slot, TransmissionRecords.SACKED)) {
                equal(q.has(slot, TransmissionRecords.LOST) ? 1 : 0, 0, "lost and sacked", c);
                sacked += length;
            } else if (q.has(slot, TransmissionRecords.LOST)) {
                lost += length;
            } else {
                inflight += length;
            }
        }
        equal(position, s.next, "records reach SND.NXT", c);
        equal(q.inflight(), inflight, "records in flight", c);
        equal(q.lost(), lost, "records lost", c);
        equal(q.sacked(), sacked, "records sacked", c);
        equal(s.acknowledgments.scoreboard().total(), sacked, "scoreboard", c);
        checkOrder(c);
    }

    private static void checkOrder(TcpConnection c) {
        RetransmissionQueue q = c.sender().queue;
        int n = 0;
        long last = -1;
        for (int slot = q.oldestInFlight(); slot != TransmissionRecords.NONE; slot = q.next(slot)) {
            atMost(last + 1, q.transmission(slot), "order of transmission", c);
            last = q.transmission(slot);
            n++;
        }
        long start = -1;
        for (int slot = q.firstLost(); slot != TransmissionRecords.NONE; slot = q.next(slot)) {
            atMost(start + 1, q.start(slot), "order of losses", c);
            start = q.start(slot);
            n++;
        }
        atMost(n, q.count(), "records in lists", c);
    }

    private static void checkReceiver(TcpConnection c) {
        TcpReceiver r = c.receiver();
        RangeSet ranges = r.buffer.outOfOrder();
        long before = r.buffer.next();
        for (int i = 0; i < ranges.count(); i++) {
            atMost(before + 1, ranges.from(i), "ranges apart and above RCV.NXT", c);
            atMost(ranges.from(i) + 1, ranges.to(i), "a range", c);
            before = ranges.to(i);
        }
        atMost(before, r.window.edge(), "what is kept and the window", c);
        long room = r.window.edge() - r.buffer.readPosition();
        int chunk = c.layer().stack.pool.chunkSize();
        atMost((long) r.buffer.chunks() * chunk, room + 2L * chunk, "memory and window", c);
    }

    private void checkMonotony(TcpConnection c) {
        TcpSender s = c.sender();
        long inflight = s.recovery.inflight();
        long[] last = seen.computeIfAbsent(c, x -> new long[] {0, s.next, 0, 0, inflight});
        atMost(last[0], s.una, "SND.UNA before and now", c);
        atMost(last[1], s.next, "SND.NXT before and now", c);
        atMost(last[2], c.receiver().next(), "RCV.NXT before and now", c);
        atMost(last[3], c.receiver().window.edge(), "right edge before and now", c);
        if (s.next > last[1]) {
            // A tail loss probe may go beyond the congestion window, however full that is.
            int fin = s.finSent() ? 1 : 0;
            long most = Math.max(s.congestion.cwnd(), last[4]) + s.smss + fin;
            atMost(inflight, most, "in flight after new data, and cwnd", c);
        }
        last[0] = s.una;
        last[1] = s.next;
        last[2] = c.receiver().next();
        last[3] = c.receiver().window.edge();
        last[4] = inflight;
    }

    /** No silent hang: what waits for something has a timer, or its turn. */
    private static void checkTimers(TcpConnection c) {
        if (c.inRound || c.isDirty) {
            return;
        }
        TcpTimers timers = c.timers();
        boolean persists = timers.isSet(TcpTimers.PERSIST) || timers.isSet(TcpTimers.PACING);
        boolean rto = timers.isSet(TcpTimers.RTO);
        if (!c.sender().queue.isEmpty()) {
            equal(rto ? 1 : 0, 1, "a retransmission time-out is set", c);
        } else if (c.sender().unsent() > 0) {
            equal(persists ? 1 : 0, 1, "a timer of unsent data is set", c);
        }
        if (rto) {
            atMost(timers.deadline, timers.at(TcpTimers.RTO), "the deadline and that of RTO", c);
        }
    }

    private static void atMost(long a, long b, String claim, @Nullable TcpConnection c) {
        if (a > b) {
            throw failed(claim + ": " + a + " is more than " + b, c);
        }
    }

    private static void equal(long a, long b, String claim, @Nullable TcpConnection c) {
        if (a != b) {
            throw failed(claim + ": " + a + " is not " + b, c);
        }
    }

    private static AssertionError failed(String what, @Nullable TcpConnection c) {
        return new AssertionError(what + (c == null ? "" : " of " + c + ", " + c.info()));
    }
}
