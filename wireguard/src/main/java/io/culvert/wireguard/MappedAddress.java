package io.culvert.wireguard;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * IPv4-mapped IPv6 addresses (RFC 4291 section 2.5.5.2): a socket for IPv6 alone can't send to one.
 */
final class MappedAddress {
    private static final int PREFIX_LENGTH = 12;
    private static final int ZEROS = 10;

    private MappedAddress() {}

    /** The same place as an IPv4 address where it is a mapped one. */
    static InetSocketAddress unmapped(InetSocketAddress address) {
        if (!(address.getAddress() instanceof Inet6Address v6)) {
            return address;
        }
        byte[] bytes = v6.getAddress();
        for (int i = 0; i < PREFIX_LENGTH; i++) {
            if (bytes[i] != (i < ZEROS ? 0 : (byte) 0xff)) {
                return address;
            }
        }
        try {
            // which makes an IPv4 address of such bytes
            return new InetSocketAddress(InetAddress.getByAddress(bytes), address.getPort());
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible); // only for a wrong length
        }
    }
}
