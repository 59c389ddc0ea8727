package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071). A partial sum is a folded 16-bit ones' complement sum in
 * network byte order, 0..0xffff, of data that starts at an even place of what is summed.
 */
public final class Checksum {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final boolean SWAP = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long LOW = 0xffffffffL;

    private Checksum() {}

    /** Partial sum of {@code length} bytes at {@code offset}. */
    public static int sum(MemorySegment m, long offset, int length) {
        // Halves of 32 bits can't overflow 64, so no carry is looked at; and one plain loop is what
        // the
        // compiler turns into vector instructions, while an unrolled one it doesn't.
        long s = 0;
        int longs = length >>> 3;
        for (int i = 0; i < longs; i++) {
            long v = m.get(LONG, offset + 8L * i);
            s += (v & LOW) + (v >>> 32);
        }
        s = (s & LOW) + (s >>> 32);
        int i = longs << 3;
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

    /**
     * Copies {@code length} bytes and returns their partial sum. A vectorized copy and a vectorized
     * sum of what is in the cache by then are faster than one loop that does both, which isn't
     * vectorized.
     */
    public static int copyAndSum(
            MemorySegment source,
            long sourceOffset,
            MemorySegment target,
            long targetOffset,
            int length) {
        MemorySegment.copy(source, sourceOffset, target, targetOffset, length);
        return sum(target, targetOffset, length);
    }

    /** The sum of two partial sums, where what {@code b} sums starts at an even place. */
    public static int add(int a, int b) {
        int s = a + b;
        return (s & 0xffff) + (s >>> 16);
    }

    /** The sum of {@code a}, of {@code lengthOfA} bytes, and {@code b} of the bytes behind them. */
    public static int append(int a, int lengthOfA, int b) {
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
    public static int finish(int sum) {
        return ~sum & 0xffff;
    }

    /** Folds a sum of 16- and 32-bit words to 16 bits. */
    public static int fold(long s) {
        long t = (s & LOW) + (s >>> 32);
        t = (t & LOW) + (t >>> 32);
        t = (t & 0xffff) + (t >>> 16);
        t = (t & 0xffff) + (t >>> 16);
        return (int) t;
    }
}
