package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;

/**
 * How an outbound that speaks to a server of its own reaches that server: by the sockets of this
 * machine or through another outbound.
 *
 * @param dialer takes the connections and datagrams to the server
 * @param direct whether nothing stands between this machine and the server
 */
record ServerDialer(Dialer dialer, boolean direct) {

    /** As {@link Outbound#connect}, to a server in place of the session's destination. */
    Future<DuplexChannel> connect(Session session, HostPort server, EventLoop loop) {
        return dialer.connect(Dialer.toServer(session, server.destination(Network.TCP)), loop);
    }

    /** As {@link Outbound#openUdp}. */
    UdpPort openUdp(Session session, HostPort server, EventLoop loop, UdpReceiver receiver) {
        Session toServer = Dialer.toServer(session, server.destination(Network.UDP));
        return dialer.openUdp(toServer, loop, receiver);
    }
}
