package io.culvert.netstack;

import java.util.function.Predicate;

/** A middlebox that takes options out of SYNs, so that both ends do without them. */
final class OptionStripper implements Predicate<byte[]> {
    static final int WINDOW_SCALE = 3;
    static final int SACK_PERMITTED = 4;
    static final int TIMESTAMP = 8;

    private final int kinds;

    /**
     * @param kinds bit for each kind to take out
     */
    OptionStripper(int kinds) {
        this.kinds = kinds;
    }

    @Override
    public boolean test(byte[] p) {
        int ip = p[0] >> 4 == 6 ? 40 : 20;
        boolean tcp = p[ip == 40 ? 6 : 9] == 6;
        if (!tcp || (p[ip + 13] & 2) == 0) {
            return true;
        }
        int end = ip + ((p[ip + 12] & 0xf0) >> 2);
        int sum = ~((p[ip + 16] & 0xff) << 8 | (p[ip + 17] & 0xff)) & 0xffff;
        int at = ip + 20;
        while (at < end) {
            int kind = p[at];
            int length = kind < 2 ? 1 : p[at + 1];
            if (kind > 1 && (kinds & 1 << kind) != 0) {
                for (int i = at; i < at + length; i++) {
                    sum += change(p, i, (byte) 1, ip);
                }
            }
            at += length;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        p[ip + 16] = (byte) (~sum >> 8);
        p[ip + 17] = (byte) ~sum;
        return true;
    }

    /** Replaces a byte; returns by what the sum of words grows, modulo 0xffff (RFC 1624). */
    private static int change(byte[] p, int at, byte value, int ip) {
        int shift = (at - ip & 1) == 0 ? 8 : 0;
        int before = (p[at] & 0xff) << shift;
        p[at] = value;
        int after = (value & 0xff) << shift;
        return after + 0xffff - before;
    }
}
