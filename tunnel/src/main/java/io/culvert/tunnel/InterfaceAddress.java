package io.culvert.tunnel;

import java.net.InetAddress;

/**
 * An address of an interface and the network that is reached by it.
 *
 * @param prefixLength 0..32 or 0..128
 */
public record InterfaceAddress(InetAddress address, int prefixLength) {
    /** An address alone. */
    public static InterfaceAddress host(InetAddress address) {
        return new InterfaceAddress(address, address.getAddress().length * Byte.SIZE);
    }
}
