package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.util.EnumSet;
import java.util.List;

/**
 * How an outbound that speaks to a server of its own reaches that server: by the sockets of this
 * machine or through another outbound.
 *
 * @param way takes the connections and datagrams to the server
 * @param direct whether nothing stands between this machine and the server
 */
record ServerDialer(Outbound way, boolean direct) {

    /** Whoever wrote the server's address into the file may reach it, wherever it is. */
    private static final FinalRules ANYWHERE =
            new FinalRules(
                    List.of(
                            new FinalRules.FinalRule(
                                    true,
                                    EnumSet.noneOf(Network.class),
                                    null,
                                    null,
                                    BlockDelay.NONE)));

    /** By the sockets of this machine; the operating system resolves names. */
    static ServerDialer direct(Services services) {
        FreedomOutbound.Settings settings =
                new FreedomOutbound.Settings(AddressOrder.ANY, ANYWHERE, null, 0);
        return new ServerDialer(new FreedomOutbound("direct", settings, services), true);
    }

    /** As {@link Outbound#connect}, to a server in place of the session's destination. */
    Future<DuplexChannel> connect(Session session, HostPort server, EventLoop loop) {
        return way.connect(session.to(server.destination(Network.TCP)), loop);
    }

    /** As {@link Outbound#openUdp}. */
    UdpPort openUdp(Session session, HostPort server, EventLoop loop, UdpReceiver receiver) {
        return way.openUdp(session.to(server.destination(Network.UDP)), loop, receiver);
    }
}
