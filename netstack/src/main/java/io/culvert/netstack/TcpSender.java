package io.culvert.netstack;

import java.lang.foreign.MemorySegment;

/**
 * The sending half of a connection: what was written, sent and acknowledged, what may leave next
 * and why not (RFC 9293, 3.8).
 */
final class TcpSender {
    /** What {@link #next} says may leave. */
    static final int NOTHING = 0;

    static final int NEW_DATA = 1;
    static final int LOST_DATA = 2;
    static final int LOSS_PROBE = 3;
    static final int WINDOW_PROBE = 4;
    static final int KEEPALIVE_PROBE = 5;

    /** Unsent bytes an application may queue at least (netstack.md T26). */
    private static final long LEAST_UNSENT = 128 * 1024;

    private static final long MOST_UNSENT = 4L << 20;

    /** Linux: a new flow's initial window, in segments, is not spread over a round trip. */
    private static final long UNPACED_SEGMENTS = 10;

    private static final long UNKNOWN = Long.MIN_VALUE;

    private final TcpConnection connection;
    private final TcpSettings settings;
    final SendBuffer buffer;
    final RetransmissionQueue queue = new RetransmissionQueue();
    final RttEstimator rtt = new RttEstimator();
    final DeliveryRateSampler sampler = new DeliveryRateSampler();
    final Pacer pacer = new Pacer();
    final SendWindow window = new SendWindow();
    private final WindowGate gate = new WindowGate();
    final CongestionControl congestion;
    final TcpAcknowledgments acknowledgments;
    final TcpRecovery recovery;
    final WindowProbe persist;

    /** SND.UNA, SND.NXT. */
    long una;

    long next;

    /** End of a byte that a zero-window probe sent beyond SND.NXT; it may be acknowledged. */
    long probedTo;

    /** Shift of the peer's windows. */
    int scale;

    /** Segment size that fits path and peer with a bare header. */
    private int mss = 536;

    /** The same with the options that every segment carries. */
    int smss = 536;

    boolean noDelay = true;
    private boolean finWanted;
    private boolean finSent;
    private int probe;

    /** End of the last segment that was smaller than it might have been (Minshall). */
    private long smallEnd;

    /** Delivered bytes until which the window counts as having been full. */
    private long limitedUntil;

    long lastSent = Long.MIN_VALUE;
    private boolean writableWanted;

    /** Bytes that left more than once. */
    private long retransmitted;

    /** When SND.UNA last moved, or writing began after everything was acknowledged. */
    private long progressAt = UNKNOWN;

    /**
     * @param seed of the congestion control
     */
    TcpSender(TcpConnection connection, TcpSettings settings, SendBuffer buffer, long seed) {
        this.connection = connection;
        this.settings = settings;
        this.buffer = buffer;
        congestion = settings.newCongestionControl(seed);
        acknowledgments = new TcpAcknowledgments(connection, this);
        recovery = new TcpRecovery(connection, this);
        persist = new WindowProbe(connection, this);
    }

    /** The initial sequence number is chosen. */
    void open(int initial) {
        una = Seq.first(initial);
        next = una;
        buffer.open(una + 1);
    }

    /** The SYN left: it takes the first number. */
    void synSent() {
        next = una + 1;
        probedTo = next;
    }

    /** Our SYN was acknowledged. */
    void established(int segmentSize, boolean synLost, long now) {
        una = next;
        smallEnd = una;
        setMss(segmentSize);
        // RFC 6928; one segment after a lost SYN (RFC 5681, 3.1).
        long initial = synLost ? smss : Math.min(10L * smss, Math.max(2L * smss, 14_600));
        long handshake = rtt.hasSample() ? rtt.srtt() : 0;
        congestion.onEstablished(now, smss, initial, handshake, connection.sackPermitted());
    }

    /** Size of segments on the path, options not counted. */
    void setMss(int segmentSize) {
        mss = segmentSize;
        smss = segmentSize - (connection.timestamps() ? TcpOutput.TIMESTAMP_SPACE : 0);
    }

    int mss() {
        return mss;
    }

    /** The path became narrower or wider. */
    void changeMss(int segmentSize) {
        setMss(segmentSize);
        congestion.onSmssChanged(smss);
    }

    /** A segment offers a window. */
    void updateWindow(long offered, long sequence, long acknowledgment) {
        if (window.update(offered, sequence, acknowledgment, una) && offered > 0) {
            persist.windowOpened();
        }
    }

    long unsent() {
        return Math.max(buffer.end() - next, 0);
    }

    /** SND.NXT - SND.UNA. */
    long outstanding() {
        return next - una;
    }

    /** Everything written, and the FIN if there is one, was acknowledged. */
    boolean isFlushed() {
        return queue.isEmpty() && unsent() == 0 && finWanted == finSent;
    }

    void progressed(long now) {
        progressAt = now;
    }

    /** It waits from now on, unless it did before. */
    void waits(long now) {
        if (progressAt == UNKNOWN) {
            progressAt = now;
        }
    }

    /** Since when the peer owes an acknowledgment; {@code now} if it owes none. */
    long waitingSince(long now) {
        return isFlushed() || progressAt == UNKNOWN ? now : progressAt;
    }

    boolean isFinAcknowledged() {
        return finSent && una > buffer.end();
    }

    boolean finSent() {
        return finSent;
    }

    boolean finWanted() {
        return finWanted;
    }

    void finish() {
        finWanted = true;
    }

    /** Bytes the application may write now. */
    int space() {
        if (finWanted) {
            return 0;
        }
        long room = Math.min(unsentLimit() - unsent(), buffer.room(settings.maxSendBuffer()));
        writableWanted |= room <= 0;
        return (int) Math.max(room, 0);
    }

    /** What is in flight proved that the path takes it; as much again may wait behind it. */
    private long unsentLimit() {
        return connection.layer().mayGrow()
                ? Math.clamp(congestion.cwnd(), LEAST_UNSENT, MOST_UNSENT)
                : LEAST_UNSENT;
    }

    void write(MemorySegment memory, long offset, int length, Lease lease) {
        if (isFlushed()) {
            progressAt = UNKNOWN; // the application does not know the time
        }
        noteIfStarved();
        buffer.append(memory, offset, length, lease);
        space();
    }

    /** After sending or an ACK: tells an application that waits, once there is room worth it. */
    void signalWritable() {
        if (writableWanted && 2 * unsent() <= unsentLimit()) {
            writableWanted = false;
            if (space() > 0) {
                connection.signal(TcpConnection.WRITABLE);
            }
        }
    }

    void wantProbe(int kind) {
        if (probe != LOSS_PROBE) {
            probe = kind;
        }
    }

    /** What may leave now. */
    int next(long now) {
        if (!pacer.allows(pacingRate(), now)) {
            return NOTHING;
        }
        if (probe != NOTHING) {
            if (isProbeUseful()) {
                return probe;
            }
            probe = NOTHING;
        }
        int lost = queue.firstLost();
        if (lost != RetransmissionQueue.NONE) {
            return mayRepeat(lost) ? LOST_DATA : NOTHING;
        }
        long length = newDataLength();
        if (length < 0) {
            return NOTHING;
        }
        long room = Math.max(length, connection.pathMtu().roomForProbe());
        if (!gate.opens(recovery.inflight(), room, unsent(), congestion)) {
            limitedUntil = sampler.delivered() + recovery.inflight();
            return NOTHING;
        }
        return NEW_DATA;
    }

    /** Whether the reason for the probe still holds. */
    private boolean isProbeUseful() {
        if (probe == WINDOW_PROBE) {
            return isWindowBlocked();
        }
        if (probe == LOSS_PROBE) {
            int last = queue.isEmpty() ? RetransmissionQueue.NONE : queue.at(queue.count() - 1);
            return last != RetransmissionQueue.NONE
                    && !queue.has(last, RetransmissionQueue.SACKED)
                    && queue.length(last) <= smss;
        }
        return true;
    }

    private boolean mayRepeat(int lost) {
        boolean head = queue.start(lost) == una && recovery.takesHeadFirst();
        if (head || connection.pathMtu().isSuspecting()) {
            return head;
        }
        if (queue.start(lost) > una && queue.end(lost) > una + window.size()) {
            return false;
        }
        long inflight = recovery.inflight();
        int length = Math.min(queue.length(lost), smss);
        return inflight == 0 || inflight + length <= congestion.cwnd();
    }

    /** Bytes of the next new segment; 0 is a FIN alone; -1: none for now. */
    long newDataLength() {
        long queued = unsent();
        boolean fin = finWanted && !finSent;
        if (queued == 0) {
            return fin ? 0 : -1;
        }
        long usable = una + window.size() - next;
        long length = Math.min(Math.min(queued, smss), usable);
        if (length <= 0) {
            return -1;
        }
        if (length == smss) {
            return length;
        }
        if (length < queued) {
            // Silly window avoidance (RFC 9293, 3.8.6.2.1)
            return 2 * length >= window.largest() ? length : -1;
        }
        boolean smallOutstanding = smallEnd > una;
        return noDelay || fin || !smallOutstanding ? length : -1;
    }

    /** Data waits for the peer's window alone, and nothing in flight will bring news of it. */
    boolean isWindowBlocked() {
        return queue.isEmpty() && unsent() > 0 && newDataLength() < 0;
    }

    void clearProbe() {
        probe = NOTHING;
    }

    /** A segment of new data left; {@code length} may be 0 for a FIN alone. */
    void sentNew(int length, boolean fin, long now) {
        if (queue.isEmpty()) {
            if (lastSent != Long.MIN_VALUE) {
                congestion.onRestart(now, sampler.isAppLimited());
            }
            sampler.pipeWasEmpty(now);
            waits(now);
        }
        int slot = queue.append(next, length + (fin ? 1 : 0), fin);
        next += length + (fin ? 1 : 0);
        probedTo = Math.max(probedTo, next);
        finSent |= fin;
        if (length < smss && !fin) {
            smallEnd = next;
        }
        sampler.stamp(queue, slot, now);
        afterSend(length, false, now);
        noteIfStarved();
        signalWritable();
    }

    /**
     * The flow sends less than it could because it has nothing to send: rates seen until what is in
     * flight is delivered are lower bounds (bbr.md 1.3). A closed window of the peer, a full send
     * buffer and pacing are no such reasons.
     */
    void noteIfStarved() {
        if (unsent() < smss && recovery.inflight() < congestion.cwnd() && queue.lost() == 0) {
            sampler.appLimited(recovery.inflight());
        }
    }

    /** The first flight leaves as the initial window allows (Linux), then pacing begins. */
    long pacingRate() {
        return sampler.transmitted() < UNPACED_SEGMENTS * smss
                ? CongestionControl.UNPACED
                : congestion.pacingRate();
    }

    long retransmitted() {
        return retransmitted;
    }

    /** A record was sent again. */
    void sentAgain(int slot, long now) {
        if (queue.inflight() == 0) {
            sampler.pipeWasEmpty(now); // a time-out that was waited for is none of the path's
        }
        recovery.onRetransmit(slot, now);
        queue.sentAgain(slot);
        sampler.stamp(queue, slot, now);
        connection.layer().counters.retransmitted++;
        retransmitted += queue.length(slot);
        afterSend(queue.length(slot), true, now);
    }

    private void afterSend(int bytes, boolean again, long now) {
        lastSent = now;
        long inflight = recovery.inflight();
        boolean limited = inflight + smss > congestion.cwnd();
        if (limited) {
            limitedUntil = sampler.delivered() + inflight;
        }
        congestion.onSend(now, bytes, inflight, limited, again);
        pacer.onSend(bytes, pacingRate(), congestion.sendQuantum(), now);
        recovery.armAfterSend(now);
    }

    /** Whether the window was full at some moment of the round that ends with what was sent. */
    boolean wasLimited(long deliveredBefore) {
        return deliveredBefore < limitedUntil;
    }

    /** Nothing was under way for a while: large arrays go. */
    void trim() {
        queue.trim();
    }

    void clear() {
        buffer.clear();
        queue.clear();
        acknowledgments.clear();
        probe = NOTHING;
        next = Math.max(next, una);
    }
}
