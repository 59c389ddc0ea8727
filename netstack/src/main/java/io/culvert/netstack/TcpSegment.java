package io.culvert.netstack;

import java.lang.foreign.MemorySegment;

/**
 * The TCP header of one segment, parsed where it lies; one instance is reused for every segment.
 */
final class TcpSegment {
    static final int HEADER = 20;
    static final int SACK_BLOCKS = 4;

    private static final int END = 0;
    private static final int NOP = 1;
    private static final int MSS = 2;
    private static final int WINDOW_SCALE = 3;
    private static final int SACK_PERMITTED = 4;
    private static final int SACK = 5;
    private static final int TIMESTAMP = 8;

    /** NOP NOP TIMESTAMP 10: how every established flow with timestamps begins its options. */
    private static final int ALIGNED_TIMESTAMP = 0x0101080a;

    private static final int TIMESTAMP_LENGTH = 10;
    private static final int ALIGNED_TIMESTAMP_LENGTH = 12;

    MemorySegment memory = MemorySegment.NULL;
    long headerOffset;
    int sourcePort;
    int destinationPort;
    int sequence;
    int acknowledgment;
    int flags;

    /** Window field, not scaled. */
    int window;

    long payloadOffset;
    int payloadLength;

    boolean hasTimestamp;
    int timestamp;
    int timestampEcho;

    /** MSS option of a SYN; 0 when absent. */
    int mss;

    /** Window scale option of a SYN, 14 for all above; -1 when absent. */
    int windowScale;

    boolean sackPermitted;
    int sackBlocks;
    final int[] sackFrom = new int[SACK_BLOCKS];
    final int[] sackTo = new int[SACK_BLOCKS];

    /** False: not a TCP header (MUST drop before looking at options). */
    boolean parse(Packet p) {
        if (p.transportLength < HEADER) {
            return false;
        }
        memory = p.memory;
        headerOffset = p.transportOffset;
        int ports = memory.get(IpHeader.INT, headerOffset);
        sourcePort = ports >>> 16;
        destinationPort = ports & 0xffff;
        sequence = memory.get(IpHeader.INT, headerOffset + 4);
        acknowledgment = memory.get(IpHeader.INT, headerOffset + 8);
        int word = memory.get(IpHeader.INT, headerOffset + 12);
        int headerLength = word >>> 28 << 2;
        flags = word >>> 16 & 0x3f;
        window = word & 0xffff;
        if (headerLength < HEADER || headerLength > p.transportLength) {
            return false;
        }
        payloadOffset = headerOffset + headerLength;
        payloadLength = p.transportLength - headerLength;
        parseOptions(headerLength - HEADER);
        return true;
    }

    private void parseOptions(int length) {
        hasTimestamp = false;
        sackBlocks = 0;
        mss = 0;
        windowScale = -1;
        sackPermitted = false;
        long at = headerOffset + HEADER;
        if (length >= ALIGNED_TIMESTAMP_LENGTH
                && memory.get(IpHeader.INT, at) == ALIGNED_TIMESTAMP) {
            readTimestamp(at + 2);
            if (length == ALIGNED_TIMESTAMP_LENGTH) {
                return;
            }
            at += ALIGNED_TIMESTAMP_LENGTH;
        }
        long end = headerOffset + HEADER + length;
        while (at < end) {
            int kind = IpHeader.u8(memory, at);
            if (kind == END) {
                return;
            }
            if (kind == NOP) {
                at++;
                continue;
            }
            if (at + 1 >= end) {
                return;
            }
            int size = IpHeader.u8(memory, at + 1);
            if (size < 2 || at + size > end) {
                return; // MUST-7: what was understood before the fault stays
            }
            option(kind, size, at);
            at += size;
        }
    }

    private void option(int kind, int size, long at) {
        boolean syn = has(TcpFlags.SYN);
        switch (kind) {
            case TIMESTAMP -> {
                if (size == TIMESTAMP_LENGTH) {
                    readTimestamp(at);
                }
            }
            case SACK -> {
                if (!syn && (size & 7) == 2) {
                    readSack(at + 2, (size - 2) >>> 3);
                }
            }
            case MSS -> {
                if (syn && size == 4) {
                    mss = IpHeader.u16(memory, at + 2);
                }
            }
            case WINDOW_SCALE -> {
                if (syn && size == 3) {
                    windowScale = Math.min(IpHeader.u8(memory, at + 2), TcpHandshake.MAX_SCALE);
                }
            }
            case SACK_PERMITTED -> {
                if (syn && size == 2) {
                    sackPermitted = true;
                }
            }
            default -> {
                // MUST-6: an option that is not known is skipped
            }
        }
    }

    private void readTimestamp(long at) {
        hasTimestamp = true;
        timestamp = memory.get(IpHeader.INT, at + 2);
        timestampEcho = memory.get(IpHeader.INT, at + 6);
    }

    private void readSack(long at, int blocks) {
        sackBlocks = Math.min(blocks, SACK_BLOCKS);
        for (int i = 0; i < sackBlocks; i++) {
            sackFrom[i] = memory.get(IpHeader.INT, at + 8L * i);
            sackTo[i] = memory.get(IpHeader.INT, at + 8L * i + 4);
        }
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** SEG.LEN: payload and the control bits that occupy sequence space. */
    int sequenceLength() {
        return payloadLength + (has(TcpFlags.SYN) ? 1 : 0) + (has(TcpFlags.FIN) ? 1 : 0);
    }
}
