package io.culvert.proxy;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * Prefixes of both families as sorted ranges that don't touch, searched by halving: ten thousand of
 * them cost fourteen comparisons. Immutable.
 */
final class IpRanges {
    private static final int IPV6_BYTES = 16;

    /**
     * First and last address of each range in turn, with the sign bit flipped to sort as unsigned.
     */
    private final int[] ipv4;

    /** The same in two words, high and low, for each address. */
    private final long[] ipv6;

    private IpRanges(int[] ipv4, long[] ipv6) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
    }

    boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == IPV6_BYTES
                ? containsIpv6(word(bytes, 0), word(bytes, Long.BYTES))
                : containsIpv4((int) (word(bytes, 0) >>> Integer.SIZE) ^ Integer.MIN_VALUE);
    }

    boolean isEmpty() {
        return ipv4.length == 0 && ipv6.length == 0;
    }

    private boolean containsIpv4(int address) {
        int low = 0;
        int high = ipv4.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (address < ipv4[2 * middle]) {
                high = middle - 1;
            } else if (address > ipv4[2 * middle + 1]) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    private boolean containsIpv6(long addressHigh, long addressLow) {
        int low = 0;
        int high = ipv6.length / 4 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int at = 4 * middle;
            if (compare(addressHigh, addressLow, ipv6[at], ipv6[at + 1]) < 0) {
                high = middle - 1;
            } else if (compare(addressHigh, addressLow, ipv6[at + 2], ipv6[at + 3]) > 0) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    private static int compare(long aHigh, long aLow, long bHigh, long bLow) {
        int high = Long.compareUnsigned(aHigh, bHigh);
        return high != 0 ? high : Long.compareUnsigned(aLow, bLow);
    }

    /** Up to eight bytes from an index on, big-endian, filled up with zeros. */
    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = from; i < from + Long.BYTES; i++) {
            word = word << Byte.SIZE | (i < bytes.length ? bytes[i] & 0xff : 0);
        }
        return word;
    }

    /** Collects prefixes in any order. */
    static final class Builder {
        private long[] ipv4 = new long[16];
        private int ipv4Size;
        private Range[] ipv6 = new Range[16];
        private int ipv6Size;

        /**
         * Adds a prefix; bits behind its length don't count.
         *
         * @param address 4 or 16 bytes
         * @param length 0 to 32 or 128
         */
        void add(byte[] address, int length) {
            long high = word(address, 0);
            if (address.length == IPV6_BYTES) {
                if (ipv6Size == ipv6.length) {
                    ipv6 = Arrays.copyOf(ipv6, 2 * ipv6Size);
                }
                long highMask = mask(Math.min(length, Long.SIZE));
                long lowMask = mask(Math.max(length - Long.SIZE, 0));
                long low = word(address, Long.BYTES) & lowMask;
                high &= highMask;
                ipv6[ipv6Size++] = new Range(high, low, high | ~highMask, low | ~lowMask);
                return;
            }
            if (ipv4Size == ipv4.length) {
                ipv4 = Arrays.copyOf(ipv4, 2 * ipv4Size);
            }
            int mask = (int) (mask(length) >>> Integer.SIZE);
            int first = (int) (high >>> Integer.SIZE) & mask;
            ipv4[ipv4Size++] =
                    (long) (first ^ Integer.MIN_VALUE) << Integer.SIZE
                            | (((first | ~mask) ^ Integer.MIN_VALUE) & 0xffffffffL);
        }

        IpRanges build() {
            return new IpRanges(mergedIpv4(), mergedIpv6());
        }

        private int[] mergedIpv4() {
            long[] sorted = Arrays.copyOf(ipv4, ipv4Size);
            Arrays.sort(sorted);
            int[] merged = new int[2 * ipv4Size];
            int size = 0;
            for (long range : sorted) {
                int first = (int) (range >> Integer.SIZE);
                int last = (int) range;
                if (size > 0 && (long) first <= (long) merged[size - 1] + 1) {
                    merged[size - 1] = Math.max(merged[size - 1], last);
                } else {
                    merged[size++] = first;
                    merged[size++] = last;
                }
            }
            return Arrays.copyOf(merged, size);
        }

        /** Prefixes are nested or apart, so that only what lies within another one is dropped. */
        private long[] mergedIpv6() {
            Range[] sorted = Arrays.copyOf(ipv6, ipv6Size);
            Arrays.sort(sorted, (a, b) -> compare(a.high, a.low, b.high, b.low));
            long[] merged = new long[4 * ipv6Size];
            int size = 0;
            for (Range range : sorted) {
                if (size > 0
                        && compare(range.high, range.low, merged[size - 2], merged[size - 1])
                                <= 0) {
                    if (compare(range.lastHigh, range.lastLow, merged[size - 2], merged[size - 1])
                            > 0) {
                        merged[size - 2] = range.lastHigh;
                        merged[size - 1] = range.lastLow;
                    }
                    continue;
                }
                merged[size++] = range.high;
                merged[size++] = range.low;
                merged[size++] = range.lastHigh;
                merged[size++] = range.lastLow;
            }
            return Arrays.copyOf(merged, size);
        }

        private static long mask(int bits) {
            return bits == 0 ? 0 : -1L << (Long.SIZE - bits);
        }

        private record Range(long high, long low, long lastHigh, long lastLow) {}
    }
}
