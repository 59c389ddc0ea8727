package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The beginning of a connection that comes by a proxy, which says whose it is by HAProxy's PROXY
 * protocol. Nobody gets on without having said so.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails is a close
final class ProxiedClient extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<InetSocketAddress> ADDRESS =
            AttributeKey.valueOf(ProxiedClient.class, "address");

    private final ChannelHandler then;

    private ProxiedClient(ChannelHandler then) {
        this.then = then;
    }

    /** Waits for the header, no longer than for a request, and adds a handler behind it. */
    static void expect(Channel accepted, ChannelHandler then, Policy policy) {
        accepted.pipeline().addLast(new HAProxyMessageDecoder(), new ProxiedClient(then));
        HandshakeDeadline.start(accepted, policy);
    }

    /** Where a client is, be it behind a proxy or not. */
    static InetSocketAddress address(Channel accepted) {
        InetSocketAddress told = accepted.attr(ADDRESS).get();
        return told == null ? (InetSocketAddress) accepted.remoteAddress() : told;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HAProxyMessage header)) {
            // What follows the header, while the handler behind it is there already.
            ctx.fireChannelRead(message);
            return;
        }
        try {
            InetAddress source =
                    header.sourceAddress() == null
                            ? null
                            : Destination.literal(header.sourceAddress());
            if (source != null) {
                ctx.channel().attr(ADDRESS).set(new InetSocketAddress(source, header.sourcePort()));
            }
        } finally {
            ReferenceCountUtil.release(header);
        }
        HandshakeDeadline.met(ctx.channel());
        ctx.pipeline().addLast(then);
        ctx.pipeline().remove(this);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.info(
                ctx.channel().remoteAddress()
                        + " does not begin with a PROXY header, which acceptProxyProtocol asks for");
        ctx.close();
    }
}
