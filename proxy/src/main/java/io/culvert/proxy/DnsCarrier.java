package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;

/** What takes a resolver's own traffic to its servers. */
interface DnsCarrier {

    /** Opens a port as {@link Outbound#openUdp} does. */
    UdpPort openUdp(Destination server, EventLoop loop, UdpReceiver receiver);

    /** Dials as {@link Outbound#connect} does. */
    Future<DuplexChannel> connect(Destination server, EventLoop loop);

    /** Whether that goes by an outbound of that tag, as things stand. */
    boolean goesBy(Destination server, String outboundTag);
}
