package io.culvert.simnet;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.UdpDatagram;
import io.culvert.netstack.UdpHandler;
import io.culvert.netstack.UdpSocket;
import java.net.InetSocketAddress;

/**
 * Sends every datagram of a forwarded flow back to the client, from the address to which the client
 * sent it.
 */
public final class SimUdpEcho implements UdpHandler {
    private final UdpDatagram datagram = new UdpDatagram();
    private long flows;
    private long echoed;
    private long closed;

    /** Without flows yet. */
    public SimUdpEcho() {}

    /** Takes a new flow. */
    public void take(UdpSocket flow) {
        flows++;
        flow.handler(this);
    }

    /** Flows taken. */
    public long flows() {
        return flows;
    }

    /** Flows that have closed. */
    public long closed() {
        return closed;
    }

    /** Datagrams sent back. */
    public long echoed() {
        return echoed;
    }

    @Override
    public void readable(UdpSocket flow) {
        while (flow.receive(datagram)) {
            Chunk chunk = datagram.chunk;
            InetSocketAddress destination = datagram.address;
            if (chunk == null || destination == null) {
                throw new AssertionError("a datagram without memory or destination");
            }
            echoed++;
            flow.send(destination, chunk.memory(), datagram.offset, datagram.length);
            chunk.release();
        }
    }

    @Override
    public void unreachable(
            UdpSocket flow, InetSocketAddress remote, io.culvert.netstack.Unreachable kind) {
        throw new AssertionError("the client " + flow.local() + " was told unreachable");
    }

    @Override
    public void closed(UdpSocket flow) {
        closed++;
    }
}
