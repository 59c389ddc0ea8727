package io.culvert.netstack;

import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A sender that is only as slow as the path and the window of the stack under test: it doubles its
 * flight each round trip up to the rate of the path, keeps sending through losses, and knows of
 * each loss a round trip after the segment left. Virtual time, payload of zeros.
 */
final class FastPeer {
    private static final int PAYLOAD = 1368;
    private static final int PACKET = PAYLOAD + 52;
    private static final int FIRST_FLIGHT = 10 * PAYLOAD;

    /** A segment on its way to the stack, or an ACK on its way back, with its timestamps. */
    private record Event(
            long at, long order, boolean toStack, int from, int edge, int timestamp, int echo)
            implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final TcpScript t;
    private final long delay;
    private final long spacing;
    private final double loss;
    private final Random random = new Random(11);
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final PriorityQueue<long[]> repetitions =
            new PriorityQueue<>((a, b) -> Long.compare(a[0], b[0]));
    private long order;
    private int next = 1;
    private int acknowledged = 1;
    private int edge;
    private int echo;
    private long nextSend;

    /** How long nothing could be sent for want of window, nanoseconds. */
    long blocked;

    /** ACKs that came out of the stack. */
    long acks;

    /** Bytes that may be sent before anything is acknowledged; 0: as the flight grows. */
    long mostInFlight = Long.MAX_VALUE;

    /**
     * @param t not yet opened
     * @param roundTrip nanoseconds
     * @param bytesPerSecond of packets
     * @param loss share of packets
     */
    FastPeer(TcpScript t, long roundTrip, long bytesPerSecond, double loss) {
        this(t, t.syn(), roundTrip, bytesPerSecond, loss);
    }

    FastPeer(TcpScript t, Seg syn, long roundTrip, long bytesPerSecond, double loss) {
        this.t = t;
        this.loss = loss;
        delay = roundTrip / 2;
        spacing = PACKET * Host.SECOND / bytesPerSecond;
        t.listen().send(syn);
        int window = t.expect("SA").window;
        t.host.now += roundTrip;
        t.timestamps = syn.hasTimestamp;
        t.send(Seg.of("A").seq(1).ack(1));
        edge = 1 + window;
        echo = t.lastTimestamp;
        nextSend = t.host.now;
    }

    /** Bytes of the stream that were received in order. */
    int delivered() {
        return (int) (t.connection().receiver().next() - Seq.first(TcpScript.PEER_ISN) - 1);
    }

    /** Lets the transfer go on. */
    void run(long nanos) {
        long end = t.host.now + nanos;
        while (true) {
            long at = Math.min(nextEvent(), nextTransmission());
            long timer = t.host.stack.nextDeadline();
            if (Math.min(at, timer) > end) {
                t.advanceMillis(Math.max(0, (end - t.host.now) / Host.MILLI));
                break;
            }
            if (timer <= at) {
                t.host.now = Math.max(t.host.now, timer);
                t.host.stack.handleTimers(t.host.now);
                t.turn();
            } else {
                long since = t.host.now;
                t.host.now = at;
                if (isBlocked()) {
                    blocked += at - since;
                }
                turn();
            }
            collect();
        }
    }

    private long nextEvent() {
        Event first = events.peek();
        return first == null ? Long.MAX_VALUE : first.at;
    }

    private long nextTransmission() {
        long[] repetition = repetitions.peek();
        long from = repetition == null ? Long.MAX_VALUE : repetition[0];
        if (mayRun()) {
            from = t.host.now;
        }
        return from == Long.MAX_VALUE ? from : Math.max(from, nextSend);
    }

    private boolean mayRun() {
        return !isBlocked() && next - acknowledged + PAYLOAD <= flight();
    }

    private boolean isBlocked() {
        return next + PAYLOAD > edge && next - acknowledged + PAYLOAD <= flight();
    }

    /** Doubles in a round trip: each byte acknowledged is one more that may be under way. */
    private long flight() {
        return Math.min(mostInFlight, FIRST_FLIGHT + (long) acknowledged);
    }

    private void turn() {
        if (nextEvent() <= t.host.now) {
            Event e = events.remove();
            if (e.toStack) {
                Seg s = Seg.of("A").seq(e.from).ack(1).data(new byte[PAYLOAD]);
                t.send(t.timestamps ? s.ts(e.timestamp, e.echo) : s);
            } else {
                acknowledged = Math.max(acknowledged, e.from);
                edge = Math.max(edge, e.edge);
                echo = e.timestamp;
            }
            return;
        }
        long[] repetition = repetitions.peek();
        if (repetition != null && repetition[0] <= t.host.now) {
            repetitions.remove();
            transmit((int) repetition[1]);
        } else {
            transmit(next);
            next += PAYLOAD;
        }
    }

    private void transmit(int from) {
        nextSend = t.host.now + spacing;
        if (random.nextDouble() < loss) {
            repetitions.add(new long[] {t.host.now + 2 * delay, from});
        } else {
            events.add(new Event(t.host.now + delay, order++, true, from, 0, t.now(), echo));
        }
    }

    private void collect() {
        List<Seg> out = t.drain();
        for (Seg s : out) {
            acks++;
            int right = s.ack + (s.window << 9);
            events.add(
                    new Event(
                            t.host.now + delay, order++, false, s.ack, right, s.timestamp, s.echo));
        }
    }
}
