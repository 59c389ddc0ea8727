package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.IdentityHashMap;

/** What must hold for every connection of a stack after every event. */
final class TcpInvariants {
    private final NetStack stack;
    private final IdentityHashMap<TcpConnection, long[]> seen = new IdentityHashMap<>();

    TcpInvariants(NetStack stack) {
        this.stack = stack;
    }

    void check() {
        for (TcpFlow flow : stack.tcp.flows.snapshot()) {
            if (flow instanceof TcpConnection c && c.state().isSynchronized()) {
                checkSender(c);
                checkQueue(c.sender());
                checkReceiver(c);
                checkMonotony(c);
                checkTimers(c);
            }
        }
    }

    private static void checkSender(TcpConnection c) {
        TcpSender s = c.sender();
        assertThat(s.una).as("SND.UNA").isLessThanOrEqualTo(s.next);
        assertThat(s.next)
                .as("SND.NXT within every window offered, a FIN and a probe")
                .isLessThanOrEqualTo(s.una + s.window.largest() + 2);
        assertThat(s.buffer.end()).isGreaterThanOrEqualTo(s.una - 1);
        long cwnd = s.congestion.cwnd();
        assertThat(cwnd).as("cwnd").isGreaterThanOrEqualTo(s.smss).isLessThan(1L << 40);
        long ssthresh = s.congestion.ssthresh();
        assertThat(ssthresh == 0 || ssthresh >= 2L * Math.min(s.smss, 512)).isTrue();
        assertThat(s.recovery.inflight()).as("in flight").isNotNegative();
        assertThat(s.smss).isPositive();
    }

    private static void checkQueue(TcpSender s) {
        RetransmissionQueue q = s.queue;
        long inflight = 0;
        long lost = 0;
        long sacked = 0;
        long position = s.una;
        for (int i = 0; i < q.count(); i++) {
            int slot = q.at(i);
            assertThat(q.start(slot)).as("records are adjacent").isEqualTo(position);
            assertThat(q.length(slot)).isPositive();
            position = q.end(slot);
            if (q.has(slot, TransmissionRecords.SACKED)) {
                assertThat(q.has(slot, TransmissionRecords.LOST)).isFalse();
                sacked += q.length(slot);
            } else if (q.has(slot, TransmissionRecords.LOST)) {
                lost += q.length(slot);
            } else {
                inflight += q.length(slot);
            }
        }
        assertThat(position).as("records reach SND.NXT").isEqualTo(s.next);
        assertThat(q.inflight()).isEqualTo(inflight);
        assertThat(q.lost()).isEqualTo(lost);
        assertThat(q.sacked()).isEqualTo(sacked);
        assertThat(s.acknowledgments.scoreboard().total()).as("scoreboard").isEqualTo(sacked);
        long last = -1;
        int n = 0;
        for (int slot = q.oldestInFlight(); slot != TransmissionRecords.NONE; slot = q.next(slot)) {
            assertThat(q.transmission(slot)).as("order of transmission").isGreaterThan(last);
            last = q.transmission(slot);
            n++;
        }
        long start = -1;
        for (int slot = q.firstLost(); slot != TransmissionRecords.NONE; slot = q.next(slot)) {
            assertThat(q.start(slot)).as("order of losses").isGreaterThan(start);
            start = q.start(slot);
            n++;
        }
        assertThat(n).isLessThanOrEqualTo(q.count());
    }

    private static void checkReceiver(TcpConnection c) {
        TcpReceiver r = c.receiver();
        RangeSet ranges = r.buffer.outOfOrder();
        long before = r.buffer.next();
        for (int i = 0; i < ranges.count(); i++) {
            assertThat(ranges.from(i)).as("ranges apart and above RCV.NXT").isGreaterThan(before);
            assertThat(ranges.to(i)).isGreaterThan(ranges.from(i));
            before = ranges.to(i);
        }
        assertThat(before).as("nothing beyond the window").isLessThanOrEqualTo(r.window.edge());
        long room = r.window.edge() - r.buffer.readPosition();
        assertThat((long) r.buffer.chunks() * ChunkPool.DEFAULT_CHUNK_SIZE)
                .as("memory of the receive buffer")
                .isLessThanOrEqualTo(room + 2L * ChunkPool.DEFAULT_CHUNK_SIZE);
    }

    private void checkMonotony(TcpConnection c) {
        long[] last = seen.computeIfAbsent(c, x -> new long[4]);
        long[] now = {
            c.sender().una, c.sender().next, c.receiver().next(), c.receiver().window.edge()
        };
        for (int i = 0; i < now.length; i++) {
            assertThat(now[i]).as("number %s never goes back", i).isGreaterThanOrEqualTo(last[i]);
            last[i] = now[i];
        }
    }

    /** No silent hang: what waits for something has a timer, or its turn. */
    private static void checkTimers(TcpConnection c) {
        if (c.inRound || c.isDirty) {
            return;
        }
        TcpTimers timers = c.timers();
        if (!c.sender().queue.isEmpty()) {
            assertThat(timers.isSet(TcpTimers.RTO)).as("RTO of %s", c).isTrue();
        } else if (c.sender().unsent() > 0) {
            assertThat(timers.isSet(TcpTimers.PERSIST) || timers.isSet(TcpTimers.PACING))
                    .as("timer of unsent data of %s", c)
                    .isTrue();
        }
        if (timers.isSet(TcpTimers.RTO)) {
            assertThat(timers.deadline).isLessThanOrEqualTo(timers.at(TcpTimers.RTO));
        }
    }
}
