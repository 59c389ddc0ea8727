package io.culvert.tunnel;

import io.culvert.netstack.CloseCause;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpHandler;
import io.culvert.netstack.TcpListener;
import io.netty.channel.AbstractServerChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A listening TCP port inside a tunnel. Its children are {@link TunnelTcpChannel}s, made when their
 * handshake is complete; closing it leaves them open.
 */
final class TunnelServerChannel extends AbstractServerChannel {
    private final TunnelLoop tunnel;
    private final ChannelConfig config = new DefaultChannelConfig(this);
    private @Nullable TcpListener listener;
    private volatile @Nullable InetSocketAddress local;
    private volatile boolean open = true;

    TunnelServerChannel(TunnelLoop tunnel, ChannelHandler childInitializer) {
        this.tunnel = tunnel;
        pipeline().addLast(new ChildStarter(childInitializer));
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && local != null;
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop.equals(tunnel.loop());
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return local;
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        tunnel.flows().opened(this);
        promise.setSuccess();
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        InetSocketAddress at = (InetSocketAddress) address;
        if (tunnel.isClosing()) {
            throw TunnelLoop.closedException();
        }
        try {
            listener = tunnel.stack().listen(null, at.getPort(), _ -> new Acceptance());
        } catch (IllegalStateException taken) {
            BindException failure = new BindException(taken.getMessage());
            failure.initCause(taken);
            throw failure;
        }
        local = at;
    }

    @Override
    protected void doBeginRead() {} // connections are accepted as they come

    @Override
    protected void doClose() {
        open = false;
        tunnel.flows().closed(this);
        TcpListener l = listener;
        if (l != null) {
            listener = null;
            l.close();
        }
    }

    /** Handler of one incoming connection until it is established, then its channel's. */
    private final class Acceptance implements TcpHandler {
        private @Nullable TcpHandler channel;

        @Override
        public void connected(TcpConnection c) {
            if (!open) {
                c.abort();
                return;
            }
            TunnelTcpChannel child = new TunnelTcpChannel(tunnel, TunnelServerChannel.this);
            child.adopt(c, null);
            channel = child.events();
            pipeline().fireChannelRead(child);
            pipeline().fireChannelReadComplete();
        }

        @Override
        public void readable(TcpConnection c) {
            if (channel != null) {
                channel.readable(c);
            }
        }

        @Override
        public void writable(TcpConnection c) {
            if (channel != null) {
                channel.writable(c);
            }
        }

        @Override
        public void closed(TcpConnection c, CloseCause cause) {
            if (channel != null) {
                channel.closed(c, cause);
            }
        }
    }

    /** Gives each child its handler and its event loop. */
    private static final class ChildStarter extends ChannelInboundHandlerAdapter {
        private final ChannelHandler initializer;

        ChildStarter(ChannelHandler initializer) {
            this.initializer = initializer;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            Channel child = (Channel) message;
            child.pipeline().addLast(initializer);
            var _ = context.channel().eventLoop().register(child);
        }
    }
}
