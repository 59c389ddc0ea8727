package io.culvert.netstack;

import java.lang.foreign.MemorySegment;

/** The receiving half of a connection: reassembly, acknowledgement, window (RFC 9293, 3.8.6). */
final class TcpReceiver {
    /** Acknowledged at once when a flow is young: its sender is in slow start. */
    private static final int QUICK_ACKS = 16;

    /** Linux TCP_DELACK_MIN; RFC 9293 allows 500 ms. */
    private static final long DELAYED_ACK = 40_000_000;

    /** RFC 7323, 5.5: a timestamp this old says nothing. */
    private static final long TIMESTAMP_LIFE = 24L * 24 * 3600 * 1_000_000_000L;

    /**
     * Ticks, mostly of a millisecond, by which a path may reorder: a repetition that fills a hole
     * overtakes what left before it, which the letter of RFC 7323 would drop. No sequence number
     * comes again as soon.
     */
    private static final int REORDERED = 100;

    /** A lone segment waits for this part of the round trip at most (bbr.md 6.3). */
    private static final int ROUND_SHARE = 2;

    /** Until there is a sample. */
    private static final long RTT_GUESS = 100_000_000;

    /** After so long without data a large window is given back. */
    private static final long IDLE = 10_000_000_000L;

    private static final long NONE = -1;

    private final TcpConnection connection;
    final ReceiveBuffer buffer;
    final ReceiveWindow window;
    final SackReport sacks = new SackReport();

    private long finPosition = NONE;
    private boolean finReceived;

    /** RCV.NXT when the last ACK left. */
    private long acknowledged;

    private boolean ackNow;

    /** ACKs without data that are owed beside it: a peer without SACK counts them. */
    private int duplicateAcks;

    private int quickAcks = QUICK_ACKS;
    private int unackedSegments;
    private boolean pushed;
    private long lastDataAt;

    /** In-order bytes that the application had left when the last batch ended, or after a read. */
    private long unread;

    /** Largest segment seen: what the peer's MSS really is. */
    private int peerSegment = 536;

    private int tsRecent;
    private long tsRecentAt;

    /** Follows the shortest samples: what a window is measured by. */
    private long rtt;

    /** Mean of the samples, pauses of the sender included: what an ACK may wait for. */
    private long meanRtt;

    private long rttEdge;
    private long rttStart;
    private int lastEcho;

    TcpReceiver(TcpConnection connection, TcpSettings settings, ChunkPool pool) {
        this.connection = connection;
        ReceiveBudget budget = connection.layer().receiveBudget;
        buffer = new ReceiveBuffer(pool, budget);
        window = new ReceiveWindow(settings.receiveBuffer(), settings.maxReceiveBuffer(), budget);
    }

    /**
     * @param initial the peer's initial sequence number
     */
    void open(int initial, int windowPromised, int scale, long now) {
        long first = Seq.first(initial) + 1;
        buffer.open(first);
        window.open(first, windowPromised, scale, now);
        acknowledged = first;
        rttEdge = first;
        rttStart = now;
        lastDataAt = now;
    }

    /** RCV.NXT. */
    long next() {
        return finReceived ? finPosition + 1 : buffer.next();
    }

    long acknowledged() {
        return acknowledged;
    }

    boolean finReceived() {
        return finReceived;
    }

    /** Everything that the peer sent was read, and it sends no more. */
    boolean isAtEnd() {
        return finReceived && buffer.available() == 0;
    }

    int tsRecent() {
        return tsRecent;
    }

    void timestamp(int value, long now) {
        tsRecent = value;
        tsRecentAt = now;
    }

    /** PAWS (RFC 7323, 5): one that was accepted is newer by more than reordering explains. */
    boolean isOld(int timestamp, long now) {
        return timestamp - tsRecent < -REORDERED && now - tsRecentAt < TIMESTAMP_LIFE;
    }

    /** RFC 7323, 4.3: echo the segment that the last ACK is waiting for. */
    void updateTimestamp(TcpSegment s, long sequence, long now) {
        if (s.hasTimestamp && sequence <= acknowledged && s.timestamp - tsRecent >= 0) {
            timestamp(s.timestamp, now);
        }
    }

    /** In-order bytes, whose checksum held, became part of the stream. */
    void acceptInOrder(TcpSegment s, long now) {
        buffer.accept(s.payloadLength);
        window.arrived(s.payloadLength);
        noteArrival(s, now);
        connection.signal(TcpConnection.READABLE);
    }

    private void noteArrival(TcpSegment s, long now) {
        duplicateAcks = 0; // they were about what is now there
        unackedSegments++;
        peerSegment = Math.max(peerSegment, s.payloadLength);
        pushed = s.has(TcpFlags.PSH);
        if (now - lastDataAt > RttEstimator.INITIAL_RTO) {
            quickAcks = QUICK_ACKS;
        }
        lastDataAt = now;
        estimateRtt(s, now);
    }

    /** RTT as the receiver sees it: by timestamps, else by the time in which a window arrives. */
    private void estimateRtt(TcpSegment s, long now) {
        if (s.hasTimestamp) {
            if (s.timestampEcho != lastEcho && s.timestampEcho != 0) {
                lastEcho = s.timestampEcho;
                int milliseconds = connection.timestampAt(now) - s.timestampEcho;
                smoothRtt(Math.max(milliseconds, 1) * 1_000_000L);
            }
        } else if (buffer.next() >= rttEdge) {
            smoothRtt(now - rttStart);
            rttStart = now;
            rttEdge = window.edge();
        }
    }

    private void smoothRtt(long sample) {
        if (sample > 0 && sample < 10 * RttEstimator.INITIAL_RTO) {
            meanRtt = meanRtt == 0 ? sample : meanRtt + (sample - meanRtt) / 8;
            rtt = rtt == 0 || sample < rtt ? sample : rtt + (sample - rtt) / 8;
        }
    }

    /** Data of a segment that was verified and is acceptable but was not predicted. */
    void data(TcpSegment s, long sequence, long now) {
        long from = Math.max(sequence, buffer.next());
        long end = sequence + s.payloadLength;
        long to = Math.min(end, window.edge());
        if (finPosition != NONE) {
            to = Math.min(to, finPosition);
        }
        if (sequence < buffer.next()) {
            sacks.duplicate(sequence, Math.min(end, buffer.next()));
            ackNow = true;
        }
        if (from < to) {
            store(s, from, to, s.payloadOffset + from - sequence, now);
        } else {
            ackNow = true;
        }
    }

    private void store(TcpSegment s, long from, long to, long payloadOffset, long now) {
        boolean outOfOrder = from > buffer.next();
        RangeSet ranges = buffer.outOfOrder();
        if (outOfOrder) {
            reportHole();
            if (ranges.covers(from, to)) {
                sacks.duplicate(from, to);
                sacks.stored(from);
                return;
            }
            if (connection.layer().receiveBudget.isShort()) {
                connection.layer().counters.outOfOrderRefused++;
                return;
            }
        }
        reportOverlap(ranges, from, to);
        boolean hadHoles = !ranges.isEmpty();
        if (!buffer.store(from, s.memory, payloadOffset, (int) (to - from))) {
            connection.layer().counters.receiveMemoryDrops++;
            ackNow = true;
            return;
        }
        window.arrived((int) (to - from));
        if (outOfOrder) {
            connection.layer().counters.outOfOrder++;
            sacks.stored(from);
            return;
        }
        ackNow |= hadHoles;
        noteArrival(s, now);
        connection.signal(TcpConnection.READABLE);
    }

    /** RFC 5681, 4.2: one ACK says all with SACK, and without it each segment is worth one. */
    private void reportHole() {
        if (connection.sackPermitted()) {
            ackNow = true;
        } else {
            ackNow |= unackedSegments > 0;
            duplicateAcks++;
        }
    }

    /** Part of a segment is here already (RFC 2883, 4.2): the first such part. */
    private void reportOverlap(RangeSet ranges, long from, long to) {
        int first = ranges.firstEndingAfter(from);
        if (first < ranges.count() && ranges.from(first) < to) {
            sacks.duplicate(Math.max(from, ranges.from(first)), Math.min(to, ranges.to(first)));
            ackNow |= connection.sackPermitted();
        }
    }

    /** A FIN whose place in the stream is {@code position}. True: everything before it is here. */
    boolean fin(long position) {
        ackNow = true;
        if (finPosition == NONE && position <= Math.max(window.edge(), buffer.next())) {
            RangeSet ranges = buffer.outOfOrder();
            if (ranges.isEmpty() || ranges.to(ranges.count() - 1) <= position) {
                finPosition = position;
            }
        }
        return completeFin();
    }

    /** Whether the stream has just reached a FIN that came before. */
    boolean completeFin() {
        if (finReceived || finPosition == NONE || buffer.next() != finPosition) {
            return false;
        }
        finReceived = true;
        ackNow = true;
        connection.signal(TcpConnection.READABLE);
        return true;
    }

    void ackNow() {
        ackNow = true;
    }

    /**
     * Nothing came behind a lone segment. So that a sender of few segments does not wait each round
     * trip for the odd one, the next is acknowledged at once.
     */
    void delayedAckExpired() {
        ackNow = true;
        quickAcks = Math.max(quickAcks, 1);
    }

    boolean wantsAck() {
        return ackNow || duplicateAcks > 0;
    }

    /** Data that leaves doesn't do as an ACK: it is no duplicate (RFC 5681, 2). */
    boolean owesDuplicates() {
        return duplicateAcks > 0;
    }

    /** An ACK without data leaves. */
    void pureAckLeaves() {
        if (!ackNow && duplicateAcks > 0) {
            duplicateAcks--;
        }
    }

    /** End of a batch: one decision whether to acknowledge (netstack.md R6, bbr.md 6.3). */
    void decide(long now) {
        window.review(roundTrip(), unread, buffer.behindHoles(), now);
        unread = buffer.available();
        watch(now);
        if (ackNow || unackedSegments == 0) {
            return;
        }
        if (quickAcks > 0) {
            quickAcks--;
            ackNow = true;
        } else if (unackedSegments > 1 || pushed) {
            ackNow = true;
        } else if (!connection.timers().isSet(TcpTimers.DELAYED_ACK)) {
            long delay = Math.min(DELAYED_ACK, Math.max(meanRtt, roundTrip()) / ROUND_SHARE);
            connection.timers().set(TcpTimers.DELAYED_ACK, now + delay);
        }
    }

    /** A segment with the ACK bit leaves: the window field it carries. */
    int acknowledge() {
        ackNow = false;
        unackedSegments = 0;
        acknowledged = next();
        connection.timers().clear(TcpTimers.DELAYED_ACK);
        return window.advertise(next(), buffer.readPosition(), peerSegment);
    }

    /** Hands out bytes; the window may open by it. */
    boolean read(Received out) {
        if (!buffer.read(out)) {
            return false;
        }
        unread = buffer.available();
        if (!finReceived && window.wantsUpdate(next(), buffer.readPosition(), peerSegment)) {
            ackNow = true;
        }
        return true;
    }

    /** As measured here, else by our own segments, else a guess. */
    private long roundTrip() {
        if (rtt != 0) {
            return rtt;
        }
        RttEstimator sender = connection.sender().rtt;
        return sender.hasSample() ? sender.srtt() : RTT_GUESS;
    }

    /** Looks again after a while at what is held or promised beyond the first window. */
    private void watch(long now) {
        boolean holds = window.hasGrown() || !buffer.outOfOrder().isEmpty();
        if (holds && !connection.timers().isSet(TcpTimers.IDLE)) {
            connection.timers().set(TcpTimers.IDLE, now + IDLE);
        }
    }

    /**
     * Nothing was sent for a while, or received. A window is given back; and when others need the
     * memory, so is what lies behind a hole that nobody mends, else whoever sends all but one
     * segment would keep it for ever.
     */
    void idle(long now) {
        if (now - lastDataAt >= IDLE) {
            if (connection.layer().receiveBudget.isShort() && !buffer.outOfOrder().isEmpty()) {
                buffer.renege();
                connection.layer().counters.outOfOrderForgotten++;
            }
            window.idle(buffer.available());
        }
        watch(now);
    }

    /** Copies predicted bytes; see {@link ReceiveBuffer#copyInOrder}. */
    int copyInOrder(MemorySegment memory, long offset, int length) {
        return buffer.copyInOrder(memory, offset, length);
    }

    /** The segment is the next expected, and nothing out of order is in its way. */
    boolean isNext(int sequence, int length) {
        long next = buffer.next();
        if ((int) next != sequence || finPosition != NONE || next + length > window.edge()) {
            return false;
        }
        RangeSet ranges = buffer.outOfOrder();
        return ranges.isEmpty() || next + length < ranges.from(0);
    }

    void clear() {
        buffer.clear();
    }
}
