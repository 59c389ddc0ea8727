package io.culvert.tunnel;

import io.culvert.netstack.Refusal;
import io.culvert.netstack.TcpForwardRequest;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import java.net.InetSocketAddress;

/**
 * A client's wish for a TCP connection to {@link #destination}, not answered yet. Thread-safe; the
 * first of {@link #accept} and {@link #refuse} counts, and neither does anything after the client
 * gave up.
 */
public final class TcpRequest {
    private final TunnelLoop tunnel;
    private final TcpForwardRequest request;
    private final InetSocketAddress source;
    private final InetSocketAddress destination;
    private boolean answered;

    TcpRequest(TunnelLoop tunnel, TcpForwardRequest request) {
        this.tunnel = tunnel;
        this.request = request;
        source = request.source();
        destination = request.destination();
    }

    public InetSocketAddress source() {
        return source;
    }

    public InetSocketAddress destination() {
        return destination;
    }

    /**
     * Answers the client. The channel's local address is the destination, its remote address the
     * client; it has keepalive on.
     *
     * @param handler first handler of the channel's pipeline
     * @return completed when the client confirmed, with a {@link TunnelTcpChannel}
     */
    public ChannelFuture accept(ChannelHandler handler) {
        TunnelTcpChannel channel = new TunnelTcpChannel(tunnel);
        ChannelPromise promise = new DefaultChannelPromise(channel, tunnel.loop());
        onLoop(() -> accept(channel, handler, promise));
        return promise;
    }

    private void accept(TunnelTcpChannel channel, ChannelHandler handler, ChannelPromise promise) {
        if (answered || tunnel.isClosing()) {
            promise.tryFailure(
                    answered
                            ? new IllegalStateException("the request was answered before")
                            : TunnelLoop.closedException());
            return;
        }
        answered = true;
        channel.tcpConfig().keepAliveByDefault();
        channel.pipeline().addLast(handler);
        channel.adopt(request.accept(channel.events()), promise);
        var _ = tunnel.loop().register(channel);
        tunnel.wake();
    }

    /** Says no, in the way that {@code how} describes. */
    public void refuse(Refusal how) {
        onLoop(() -> {
            if (!answered) {
                answered = true;
                request.refuse(how);
                tunnel.wake();
            }
        });
    }

    /**
     * Has {@code run} called on the event loop when the client resets or gives up while it waits
     * for the answer.
     */
    public void onCancel(Runnable run) {
        onLoop(() -> request.onCancel(run));
    }

    private void onLoop(Runnable work) {
        if (tunnel.loop().inEventLoop()) {
            work.run();
        } else {
            tunnel.loop().execute(work);
        }
    }
}
