package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071). A partial sum is a folded 16-bit ones' complement sum in
 * network byte order, 0..0xffff, of data that starts at an even place of what is summed.
 */
final class Checksum {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final boolean SWAP = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long LOW = 0xffffffffL;

    private Checksum() {}

    /** Partial sum of {@code length} bytes at {@code offset}. */
    static int sum(MemorySegment m, long offset, int length) {
        // Halves of 32 bits can't overflow the accumulators below 2^31 words, so no carry is looked
        // at.
        long s0 = 0;
        long s1 = 0;
        int i = 0;
        for (; i <= length - 16; i += 16) {
            long a = m.get(LONG, offset + i);
            long b = m.get(LONG, offset + i + 8);
            s0 += (a & LOW) + (a >>> 32);
            s1 += (b & LOW) + (b >>> 32);
        }
        return finishTail(s0 + s1, m, offset + i, length - i);
    }

    /** Copies {@code length} bytes and returns their partial sum, in one pass. */
    static int copyAndSum(
            MemorySegment source,
            long sourceOffset,
            MemorySegment target,
            long targetOffset,
            int length) {
        long s0 = 0;
        long s1 = 0;
        int i = 0;
        for (; i <= length - 16; i += 16) {
            long a = source.get(LONG, sourceOffset + i);
            long b = source.get(LONG, sourceOffset + i + 8);
            target.set(LONG, targetOffset + i, a);
            target.set(LONG, targetOffset + i + 8, b);
            s0 += (a & LOW) + (a >>> 32);
            s1 += (b & LOW) + (b >>> 32);
        }
        for (int j = i; j < length; j++) {
            target.set(
                    ValueLayout.JAVA_BYTE,
                    targetOffset + j,
                    source.get(ValueLayout.JAVA_BYTE, sourceOffset + j));
        }
        return finishTail(s0 + s1, target, targetOffset + i, length - i);
    }

    private static int finishTail(long wide, MemorySegment m, long offset, int length) {
        long s = (wide & LOW) + (wide >>> 32);
        int i = 0;
        for (; i <= length - 2; i += 2) {
            s += m.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset + i) & 0xffff;
        }
        if (i < length) {
            int last = m.get(ValueLayout.JAVA_BYTE, offset + i) & 0xff;
            s += SWAP ? last : last << 8;
        }
        int folded = fold(s);
        return SWAP ? swap(folded) : folded;
    }

    /** The sum of two partial sums, where what {@code b} sums starts at an even place. */
    static int add(int a, int b) {
        int s = a + b;
        return (s & 0xffff) + (s >>> 16);
    }

    /** The sum of {@code a}, of {@code lengthOfA} bytes, and {@code b} of the bytes behind them. */
    static int append(int a, int lengthOfA, int b) {
        return add(a, (lengthOfA & 1) == 0 ? b : swap(b));
    }

    /** The partial sum of the same data moved by one byte. */
    static int swap(int sum) {
        return (sum << 8 & 0xff00) | sum >>> 8;
    }

    /**
     * Partial sum of the pseudo-header: RFC 9293 section 3.1 for IPv4, RFC 8200 section 8.1 for
     * IPv6. (An IPv4-mapped address has a constant prefix, left out here.)
     */
    static int pseudoHeader(
            long srcHi, long srcLo, long dstHi, long dstLo, int protocol, int length) {
        long s = (long) (length & 0xffff) + (length >>> 16) + protocol;
        if (IpAddress.isV4(dstHi, dstLo)) {
            s += (srcLo & LOW) + (dstLo & LOW);
        } else {
            s += (srcHi & LOW) + (srcHi >>> 32) + (srcLo & LOW) + (srcLo >>> 32);
            s += (dstHi & LOW) + (dstHi >>> 32) + (dstLo & LOW) + (dstLo >>> 32);
        }
        return fold(s);
    }

    /** What goes into the header field: the complement. */
    static int finish(int sum) {
        return ~sum & 0xffff;
    }

    /** Folds a sum of 16- and 32-bit words to 16 bits. */
    static int fold(long s) {
        long t = (s & LOW) + (s >>> 32);
        t = (t & LOW) + (t >>> 32);
        t = (t & 0xffff) + (t >>> 16);
        t = (t & 0xffff) + (t >>> 16);
        return (int) t;
    }
}
