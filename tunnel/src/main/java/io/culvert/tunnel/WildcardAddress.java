package io.culvert.tunnel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** The unspecified address of each family, which {@link InetAddress} offers for one only. */
enum WildcardAddress {
    IPV4(4),
    IPV6(16);

    private final int length;

    WildcardAddress(int length) {
        this.length = length;
    }

    InetSocketAddress port(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[length]), port);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible); // only for a wrong length
        }
    }
}
