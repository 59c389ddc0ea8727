package io.culvert.tunnel;

import io.culvert.netstack.Refusal;
import io.culvert.netstack.UdpDatagram;
import io.culvert.netstack.UdpSocket;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.net.InetSocketAddress;

/**
 * All datagrams of one address and port of a client, whatever their destination
 * (endpoint-independent, RFC 4787 section 4.1). Event loop only, within {@link
 * TunnelForwarder#udp}.
 */
public final class UdpFlow {
    private final TunnelLoop tunnel;
    private final UdpSocket flow;

    UdpFlow(TunnelLoop tunnel, UdpSocket flow) {
        this.tunnel = tunnel;
        this.flow = flow;
    }

    /** The client. */
    public InetSocketAddress source() {
        return flow.local();
    }

    /**
     * Takes the flow.
     *
     * @param handler first handler of the channel's pipeline
     * @return a {@link TunnelDatagramChannel}, active; it closes when idle for too long
     */
    public Channel accept(ChannelHandler handler) {
        TunnelDatagramChannel channel = new TunnelDatagramChannel(tunnel, flow);
        channel.pipeline().addLast(handler);
        var _ = tunnel.loop().register(channel);
        return channel;
    }

    /** Answers what the client sent so far in the way {@code how} describes, and forgets it. */
    public void refuse(Refusal how) {
        UdpDatagram datagram = new UdpDatagram();
        while (flow.receive(datagram)) {
            InetSocketAddress destination = datagram.address;
            if (datagram.chunk != null) {
                datagram.chunk.release();
            }
            if (destination != null) {
                flow.unreachable(destination, how);
            }
        }
        flow.close();
        tunnel.wake();
    }
}
