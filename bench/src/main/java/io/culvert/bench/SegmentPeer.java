package io.culvert.bench;

import io.culvert.netstack.NetStack;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The far end of one TCP connection to a stack under measurement, as cheap as can be: it never
 * loses anything, and its segments are templates of which a few words change. IPv4, timestamps,
 * windows scaled by 14.
 */
final class SegmentPeer {
    /** Bytes before the payload: IPv4, TCP and its timestamps. */
    static final int HEADERS = 20 + 32;

    /** Turns from a segment to its acknowledgement. */
    private static final int ROUND_TRIP = 8;

    /** Bytes of {@link #syn}'s packet. */
    static final int SYN_LENGTH = 60;

    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ACK = 0x10;
    private static final int SYN = 0x02;
    private static final int TIMESTAMP = 0x0101080a;
    private static final int TCP = 20;
    private static final int PROTOCOL_TCP = 6;
    private static final int PROTOCOL_UDP = 17;

    private final NetStack stack;
    private final int source;
    private final int destination;
    private final int ports;
    private final MemorySegment data;
    private final int dataLength;
    private final int dataSum;
    private final int bareSum;
    private final MemorySegment bare = Arena.ofAuto().allocate(HEADERS);

    private int next;
    private int acknowledged;
    private int echo;

    /** What was heard in the last turns, to be acknowledged a round trip later. */
    private final int[] heardThen = new int[ROUND_TRIP];

    private final int[] echoThen = new int[ROUND_TRIP];
    private int turn;
    private int heard;
    private int heardEcho;

    /**
     * @param source address, destination address: of the peer and of the stack
     * @param ports the peer's, and in the low half the stack's
     * @param payload bytes of each data segment
     */
    SegmentPeer(NetStack stack, int source, int destination, int ports, int payload) {
        this.stack = stack;
        this.source = source;
        this.destination = destination;
        this.ports = ports;
        dataLength = HEADERS + payload;
        data = Arena.ofAuto().allocate(dataLength);
        for (int i = HEADERS; i < dataLength; i++) {
            data.set(ValueLayout.JAVA_BYTE, i, (byte) i);
        }
        dataSum = fixed(data, dataLength);
        bareSum = fixed(bare, HEADERS);
    }

    /** Writes what never changes and returns its sum: headers without the changing words. */
    private int fixed(MemorySegment m, int length) {
        ip(m, source, destination, PROTOCOL_TCP, length);
        m.set(INT, TCP, ports);
        m.set(INT, TCP + 12, 8 << 28 | ACK << 16 | 0xffff);
        m.set(INT, TCP + 20, TIMESTAMP);
        return pseudo(source, destination, PROTOCOL_TCP, length - TCP) + sum(m, TCP, length - TCP);
    }

    /** Writes an IPv4 header. */
    static void ip(MemorySegment m, int source, int destination, int protocol, int length) {
        m.set(INT, 0, 0x45 << 24 | length);
        m.set(INT, 4, 0x4000);
        m.set(INT, 8, 64 << 24 | protocol << 16);
        m.set(INT, 12, source);
        m.set(INT, 16, destination);
        m.set(SHORT, 10, (short) ~fold(sum(m, 0, TCP)));
    }

    /** Writes a UDP header, with the checksum of what stands behind it. */
    static void udp(MemorySegment m, int source, int destination, int ports, int length) {
        m.set(INT, TCP, ports);
        m.set(INT, TCP + 4, length << 16);
        int sum = pseudo(source, destination, PROTOCOL_UDP, length) + sum(m, TCP, length);
        m.set(SHORT, TCP + 6, (short) ~fold(sum));
    }

    private static int pseudo(int source, int destination, int protocol, int length) {
        return (source >>> 16)
                + (source & 0xffff)
                + (destination >>> 16)
                + (destination & 0xffff)
                + protocol
                + length;
    }

    /** Of 16-bit words, not folded; an odd byte at the end counts as if a 0 followed. */
    private static int sum(MemorySegment m, long from, int length) {
        int sum = 0;
        for (int i = 0; i + 1 < length; i += 2) {
            sum += m.get(SHORT, from + i) & 0xffff;
        }
        return (length & 1) == 0
                ? sum
                : sum + ((m.get(ValueLayout.JAVA_BYTE, from + length - 1) & 0xff) << 8);
    }

    private static int fold(int sum) {
        int once = (sum & 0xffff) + (sum >>> 16);
        return (once & 0xffff) + (once >>> 16);
    }

    private static int words(int value) {
        return (value >>> 16) + (value & 0xffff);
    }

    /** A SYN with the options of a Linux client: MSS, SACK, timestamps, window scale. */
    static void syn(MemorySegment m, int source, int destination, int ports, int sequence) {
        ip(m, source, destination, PROTOCOL_TCP, SYN_LENGTH);
        m.set(INT, TCP, ports);
        m.set(INT, TCP + 4, sequence);
        m.set(INT, TCP + 8, 0);
        m.set(INT, TCP + 12, 10 << 28 | SYN << 16 | 0xffff);
        m.set(INT, TCP + 16, 0);
        m.set(INT, TCP + 20, 0x020405b4);
        m.set(INT, TCP + 24, 0x0402080a);
        m.set(INT, TCP + 28, 1);
        m.set(INT, TCP + 32, 0);
        m.set(INT, TCP + 36, 0x0103030e);
        int length = SYN_LENGTH - TCP;
        int sum = pseudo(source, destination, PROTOCOL_TCP, length) + sum(m, TCP, length);
        m.set(SHORT, TCP + 16, (short) ~fold(sum));
    }

    /** The whole handshake with a listener, or a forwarder that accepts at once. */
    void open(MemorySegment scratch, long now) {
        MemorySegment syn = Arena.ofAuto().allocate(SYN_LENGTH);
        syn(syn, source, destination, ports, 0);
        next = 1;
        stack.input(syn, 0, SYN_LENGTH, now);
        stack.endBatch(now);
        stack.deliver();
        int length = stack.pull(scratch, 0, (int) scratch.byteSize(), now);
        if (length == 0) {
            throw new IllegalStateException("no answer to a SYN");
        }
        heard(scratch, 0, length);
        Arrays.fill(heardThen, heard);
        Arrays.fill(echoThen, heardEcho);
        acknowledge(now);
        stack.endBatch(now);
        stack.deliver();
    }

    /** Takes note of a segment that the stack sent. */
    void heard(MemorySegment m, long offset, int length) {
        int flags = m.get(INT, offset + TCP + 12);
        int header = flags >>> 28 << 2;
        int syn = flags >>> 16 & SYN;
        heard = m.get(INT, offset + TCP + 4) + length - TCP - header + (syn >>> 1);
        // A SYN's timestamp stands behind the MSS and SACK options.
        heardEcho = m.get(INT, offset + TCP + (syn == 0 ? 24 : 28));
    }

    /** Hands in an ACK of what was heard {@value #ROUND_TRIP} turns ago; a turn is over. */
    void acknowledge(long now) {
        turn = (turn + 1) % ROUND_TRIP;
        acknowledged = heardThen[turn];
        echo = echoThen[turn];
        heardThen[turn] = heard;
        echoThen[turn] = heardEcho;
        finish(bare, bareSum, (int) (now / 1_000_000));
        stack.input(bare, 0, HEADERS, now);
    }

    /** Hands in the next data segment. */
    void send(long now) {
        finish(data, dataSum, (int) (now / 1_000_000));
        next += dataLength - HEADERS;
        stack.input(data, 0, dataLength, now);
    }

    private void finish(MemorySegment m, int fixedSum, int timestamp) {
        m.set(INT, TCP + 4, next);
        m.set(INT, TCP + 8, acknowledged);
        m.set(INT, TCP + 24, timestamp);
        m.set(INT, TCP + 28, echo);
        int sum = words(next) + words(acknowledged) + words(timestamp) + words(echo);
        m.set(INT, TCP + 16, ~fold(fixedSum + sum) << 16);
    }
}
