package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Segments that belong to no connection: resets, and the ACKs of closed connections. They wait in
 * primitive arrays until they are pulled.
 */
final class TcpReplies {
    private static final int LONGS = 4;
    private static final int INTS = 7;
    private static final int FIRST_CAPACITY = 64;
    private static final int MAX_UNSOLICITED = 512;
    private static final int MAX_WAITING = 1 << 16;

    /** Replies to segments of nobody, a second. */
    private static final int PER_SECOND = 1000;

    private static final long SECOND = 1_000_000_000L;

    // Fifth field: which options there are; of a SYN also their values.
    private static final int TIMED = 1;
    private static final int SACK = 2;
    private static final int SCALE_SHIFT = 8;
    private static final int SCALE = 0xf;
    private static final int UNSCALED = 0xf;
    private static final int MSS_SHIFT = 16;

    private final TcpCounters counters;
    private final int hopLimit;
    private long[] addresses = new long[FIRST_CAPACITY * LONGS];
    private int[] fields = new int[FIRST_CAPACITY * INTS];
    private int first;
    private int count;

    private long budgetSecond = Long.MIN_VALUE;
    private int budget;

    TcpReplies(TcpCounters counters, int hopLimit) {
        this.counters = counters;
        this.hopLimit = hopLimit;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Answers a segment that belongs to nothing here (RFC 9293, 3.10.7.1). */
    void reset(Packet p, TcpSegment s, long now) {
        if (s.has(TcpFlags.RST) || !isAllowed(now)) {
            return;
        }
        boolean hasAck = s.has(TcpFlags.ACK);
        add(
                p.dstHi,
                p.dstLo,
                p.srcHi,
                p.srcLo,
                s.destinationPort << 16 | s.sourcePort,
                hasAck ? s.acknowledgment : 0,
                hasAck ? 0 : s.sequence + s.sequenceLength(),
                (hasAck ? TcpFlags.RST : TcpFlags.RST | TcpFlags.ACK) << 16);
    }

    private boolean isAllowed(long now) {
        long second = now / SECOND;
        if (second != budgetSecond) {
            budgetSecond = second;
            budget = PER_SECOND;
        }
        if (budget == 0 || count >= MAX_UNSOLICITED) {
            counters.repliesLimited++;
            return false;
        }
        budget--;
        return true;
    }

    /** The reset of a flow that ends here. */
    void reset(TcpFlow f, int sequence, int acknowledgment, boolean withAck) {
        int flags = withAck ? TcpFlags.RST | TcpFlags.ACK : TcpFlags.RST;
        add(f, sequence, acknowledgment, flags << 16);
    }

    /** An ACK for the rest of a closed connection. */
    void acknowledge(
            TcpFlow f,
            int sequence,
            int acknowledgment,
            int window,
            boolean hasTimestamp,
            int timestamp,
            int echo) {
        int i = add(f, sequence, acknowledgment, TcpFlags.ACK << 16 | window);
        if (i >= 0 && hasTimestamp) {
            fields[i + 4] = TIMED;
            fields[i + 5] = timestamp;
            fields[i + 6] = echo;
        }
    }

    /**
     * A SYN-ACK that nobody here remembers.
     *
     * @param scale of our windows, -1 if the client scales none
     */
    void synAck(TcpSyn syn, int sequence, int window, int mss, boolean sack, int scale, int time) {
        int flags = TcpFlags.SYN | TcpFlags.ACK;
        int i = add(syn, sequence, syn.sequence + 1, flags << 16 | window);
        if (i >= 0) {
            int options = (syn.hasTimestamp ? TIMED : 0) | (sack ? SACK : 0);
            fields[i + 4] = mss << MSS_SHIFT | (scale & SCALE) << SCALE_SHIFT | options;
            fields[i + 5] = time;
            fields[i + 6] = syn.timestamp;
        }
    }

    private int add(TcpFlow f, int sequence, int acknowledgment, int flagsAndWindow) {
        return add(
                f.localHi,
                f.localLo,
                f.remoteHi,
                f.remoteLo,
                f.ports,
                sequence,
                acknowledgment,
                flagsAndWindow);
    }

    private int add(
            long localHi,
            long localLo,
            long remoteHi,
            long remoteLo,
            int ports,
            int sequence,
            int acknowledgment,
            int flagsAndWindow) {
        int capacity = fields.length / INTS;
        if (count == capacity) {
            if (capacity == MAX_WAITING) {
                counters.repliesLimited++;
                return -1;
            }
            grow(capacity);
        }
        int slot = (first + count) & (fields.length / INTS - 1);
        count++;
        int a = slot * LONGS;
        addresses[a] = localHi;
        addresses[a + 1] = localLo;
        addresses[a + 2] = remoteHi;
        addresses[a + 3] = remoteLo;
        int i = slot * INTS;
        fields[i] = ports;
        fields[i + 1] = sequence;
        fields[i + 2] = acknowledgment;
        fields[i + 3] = flagsAndWindow;
        fields[i + 4] = 0;
        return i;
    }

    private void grow(int capacity) {
        long[] newAddresses = Arrays.copyOf(addresses, 2 * addresses.length);
        int[] newFields = Arrays.copyOf(fields, 2 * fields.length);
        for (int n = 0; n < count; n++) {
            int from = (first + n) & (capacity - 1);
            System.arraycopy(addresses, from * LONGS, newAddresses, n * LONGS, LONGS);
            System.arraycopy(fields, from * INTS, newFields, n * INTS, INTS);
        }
        addresses = newAddresses;
        fields = newFields;
        first = 0;
    }

    /** Writes the oldest reply; 0: none. */
    int pull(MemorySegment m, long offset) {
        if (count == 0) {
            return 0;
        }
        int a = first * LONGS;
        final int i = first * INTS;
        first = (first + 1) & (fields.length / INTS - 1);
        count--;
        long tcp = offset + IpHeader.length(addresses[a + 2], addresses[a + 3]);
        int header = TcpSegment.HEADER + options(i, m, tcp + TcpSegment.HEADER);
        m.set(IpHeader.INT, tcp, fields[i]);
        m.set(IpHeader.INT, tcp + 4, fields[i + 1]);
        m.set(IpHeader.INT, tcp + 8, fields[i + 2]);
        m.set(IpHeader.INT, tcp + 12, header << 26 | fields[i + 3]);
        m.set(IpHeader.INT, tcp + 16, 0);
        if ((fields[i + 3] >>> 16 & TcpFlags.RST) != 0) {
            counters.resetsSent++;
        }
        return TcpOutput.finish(
                addresses[a],
                addresses[a + 1],
                addresses[a + 2],
                addresses[a + 3],
                hopLimit,
                0,
                m,
                offset,
                tcp,
                header);
    }

    private int options(int i, MemorySegment m, long at) {
        int which = fields[i + 4];
        boolean timed = (which & TIMED) != 0;
        if (which >>> MSS_SHIFT != 0) {
            int scale = which >>> SCALE_SHIFT & SCALE;
            return TcpOutput.synOptions(
                    m,
                    at,
                    which >>> MSS_SHIFT,
                    (which & SACK) != 0,
                    timed,
                    fields[i + 5],
                    fields[i + 6],
                    scale == UNSCALED ? -1 : scale);
        }
        if (!timed) {
            return 0;
        }
        m.set(IpHeader.INT, at, TcpOutput.NOP_NOP_TIMESTAMP);
        m.set(IpHeader.INT, at + 4, fields[i + 5]);
        m.set(IpHeader.INT, at + 8, fields[i + 6]);
        return TcpOutput.TIMESTAMP_SPACE;
    }
}
