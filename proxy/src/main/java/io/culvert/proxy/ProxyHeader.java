package io.culvert.proxy;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Tells a server behind us who its client is, by HAProxy's PROXY protocol. */
final class ProxyHeader {
    private ProxyHeader() {}

    /**
     * Writes the header as the first bytes of a connection. Called on its loop.
     *
     * @param version 1 (text) or 2 (binary)
     */
    static ChannelFuture write(DuplexChannel channel, int version, InetSocketAddress client) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addFirst(HAProxyMessageEncoder.INSTANCE);
        ChannelFuture writing =
                channel.writeAndFlush(
                        message(version, client, (InetSocketAddress) channel.remoteAddress()));
        pipeline.remove(HAProxyMessageEncoder.INSTANCE);
        return writing;
    }

    private static HAProxyMessage message(
            int version, InetSocketAddress client, InetSocketAddress server) {
        boolean four =
                client.getAddress() instanceof Inet4Address
                        && server.getAddress() instanceof Inet4Address;
        return new HAProxyMessage(
                version == 1 ? HAProxyProtocolVersion.V1 : HAProxyProtocolVersion.V2,
                HAProxyCommand.PROXY,
                four ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
                text(client.getAddress(), four),
                text(server.getAddress(), four),
                client.getPort(),
                server.getPort());
    }

    /** The header has room for one family only: in company of IPv6, IPv4 is mapped into it. */
    private static String text(InetAddress address, boolean four) {
        String plain = NetUtil.toAddressString(address);
        return address instanceof Inet4Address && !four ? "::ffff:" + plain : plain;
    }
}
