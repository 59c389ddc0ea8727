package io.culvert.simnet;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/**
 * A UDP socket on the virtual network, possibly behind a NAT: its address is the one that others
 * see.
 */
public final class VirtualSocket {
    private final VirtualNetwork network;
    private final String name;
    private final Receiver receiver;
    private InetSocketAddress address;

    /** Takes what arrives at a socket. */
    @FunctionalInterface
    public interface Receiver {
        /**
         * One datagram.
         *
         * @param data the receiver's from now on; may be longer than the datagram
         * @param length of the datagram in bytes
         */
        void received(byte[] data, int length, InetSocketAddress source);
    }

    VirtualSocket(
            VirtualNetwork network, String name, InetSocketAddress address, Receiver receiver) {
        this.network = network;
        this.name = name;
        this.address = address;
        this.receiver = receiver;
    }

    public String name() {
        return name;
    }

    public VirtualNetwork network() {
        return network;
    }

    /** The address that others see. */
    public InetSocketAddress address() {
        return address;
    }

    /** Sends a copy of the datagram; where it cannot go, it is lost without a word. */
    public void send(MemorySegment memory, long offset, int length, InetSocketAddress destination) {
        network.send(this, memory, offset, length, destination);
    }

    /**
     * Moves to another address: a roaming host, or a NAT that forgot the mapping and made a new
     * one. What is under way to the old address is lost.
     */
    public void rebind(InetSocketAddress next) {
        network.rebind(this, next);
        address = next;
    }

    void deliver(byte[] data, int length, InetSocketAddress source) {
        receiver.received(data, length, source);
    }
}
