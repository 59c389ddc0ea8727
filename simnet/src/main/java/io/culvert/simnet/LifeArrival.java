package io.culvert.simnet;

import java.net.InetSocketAddress;

/** A datagram that arrived at a device. */
final class LifeArrival {
    final byte[] data;
    final int length;
    final InetSocketAddress source;

    LifeArrival(byte[] data, int length, InetSocketAddress source) {
        this.data = data;
        this.length = length;
        this.source = source;
    }
}
