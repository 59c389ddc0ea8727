package io.culvert.netstack;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Addresses as two longs, so that none is an object on the packet path. IPv4 is held as the
 * IPv4-mapped IPv6 address {@code ::ffff:a.b.c.d} (RFC 4291 section 2.5.5.2), a form that IPv6
 * packets on the wire must not use, so the families can't be mixed up.
 */
final class IpAddress {
    private static final long MAPPED = 0xffffL;

    private IpAddress() {}

    static boolean isV4(long hi, long lo) {
        return hi == 0 && lo >>> 32 == MAPPED;
    }

    /** Low long of the IPv4 address {@code address}; the high one is 0. */
    static long v4(int address) {
        return MAPPED << 32 | (address & 0xffffffffL);
    }

    static long hi(InetAddress address) {
        byte[] b = address.getAddress();
        return b.length == 4 ? 0 : bigEndian(b, 0);
    }

    static long lo(InetAddress address) {
        byte[] b = address.getAddress();
        if (b.length == 16) {
            return bigEndian(b, 8);
        }
        return v4((b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | (b[3] & 0xff));
    }

    static InetAddress toInetAddress(long hi, long lo) {
        try {
            if (isV4(hi, lo)) {
                int a = (int) lo;
                byte[] b = {(byte) (a >>> 24), (byte) (a >>> 16), (byte) (a >>> 8), (byte) a};
                return InetAddress.getByAddress(b);
            }
            byte[] b = new byte[16];
            for (int i = 0; i < 8; i++) {
                b[i] = (byte) (hi >>> (56 - 8 * i));
                b[8 + i] = (byte) (lo >>> (56 - 8 * i));
            }
            return Inet6Address.getByAddress(null, b, -1);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 and 16 bytes are always an address", e);
        }
    }

    static InetSocketAddress toSocketAddress(long hi, long lo, int port) {
        return new InetSocketAddress(toInetAddress(hi, lo), port);
    }

    /**
     * Whether the address can name one host that a packet may come from or go to (RFC 1122 section
     * 3.2.1.3, RFC 6890): not unspecified, loopback, multicast, broadcast, 0.0.0.0/8 or
     * 240.0.0.0/4.
     */
    static boolean isUnicast(long hi, long lo) {
        if (isV4(hi, lo)) {
            int first = (int) (lo >>> 24) & 0xff;
            return first != 0 && first != 127 && first < 224;
        }
        return hi >>> 56 != 0xff && (hi != 0 || lo >>> 1 != 0);
    }

    private static long bigEndian(byte[] b, int from) {
        long v = 0;
        for (int i = from; i < from + 8; i++) {
            v = v << 8 | (b[i] & 0xff);
        }
        return v;
    }
}
