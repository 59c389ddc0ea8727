package io.culvert.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one origin server, for one client, kept from request to request. Used on the
 * client's loop; its events arrive there, wherever its channel lives.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failed writes to exceptionCaught
final class HttpOrigin extends ChannelInboundHandlerAdapter {

    /** The client's side of it. */
    interface Client {
        /** A part of a response; taken over. */
        void received(HttpOrigin from, Object message);

        void receivedAll(HttpOrigin from);

        void writabilityChanged(HttpOrigin from);

        /** The origin has closed, or broke. */
        void closed(HttpOrigin from);
    }

    private final Flow flow;
    private final Client client;
    private final DuplexChannel channel;
    private @Nullable ChannelInboundHandler successor;
    private int requests;
    private boolean over;

    private HttpOrigin(Flow flow, Client client) {
        this.flow = flow;
        this.client = client;
        this.channel = flow.remote();
    }

    /** Takes a fresh connection, whose flow ends with it. */
    static HttpOrigin over(Flow flow, EventLoop loop, Client client) {
        HttpOrigin origin = new HttpOrigin(flow, client);
        DuplexChannel channel = flow.remote();
        channel.pipeline()
                .addLast(
                        new FlowMeter(flow),
                        new HttpClientCodec(ProxyRequestDecoder.config(), false, false),
                        Crossing.to(loop, channel, origin));
        Parking.release(channel);
        channel.config().setAutoRead(true);
        return origin;
    }

    /** Whether another request to this destination may be sent here. */
    boolean serves(Destination destination) {
        return !over && channel.isActive() && flow.session().destination().equals(destination);
    }

    /** Whether an earlier request went this way, so that the origin may be about to close. */
    boolean isReused() {
        return requests > 1;
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    Flow flow() {
        return flow;
    }

    void begin(HttpExchange exchange) {
        requests++;
        channel.write(exchange.request(), channel.voidPromise());
    }

    /** Writes a part of the request's body; taken over. */
    void write(Object message) {
        channel.write(message, channel.voidPromise());
    }

    void flush() {
        channel.flush();
    }

    /** Stops or resumes the response. */
    void reading(boolean on) {
        channel.config().setAutoRead(on);
    }

    void close() {
        end();
        channel.close();
    }

    /** From now on bytes are passed to somebody else, who also ends the flow. */
    void switchTo(ChannelInboundHandler other) {
        successor = other;
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.remove(FlowMeter.class);
        pipeline.remove(HttpClientCodec.class);
    }

    private void end() {
        over = true;
        flow.end();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (successor == null) {
            client.received(this, message);
        } else if (message instanceof HttpContent content) {
            // The decoder took it for a body before it was out of the way.
            successor.channelRead(ctx, content.content());
        } else {
            successor.channelRead(ctx, message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (successor != null) {
            successor.channelReadComplete(ctx);
        } else {
            client.receivedAll(this);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        if (successor != null) {
            successor.channelWritabilityChanged(ctx);
        } else {
            client.writabilityChanged(this);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (successor != null) {
            successor.userEventTriggered(ctx, event);
        } else if (event instanceof ChannelInputShutdownEvent) {
            closed();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        if (successor != null) {
            successor.channelInactive(ctx);
        } else {
            closed();
        }
    }

    @Override
    @SuppressWarnings("deprecation") // of ChannelHandler; its inbound override is what is meant
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
        if (successor != null) {
            successor.exceptionCaught(ctx, cause);
        } else {
            Log.debug("http origin " + flow.session().destination() + ": " + cause);
            closed();
        }
    }

    private void closed() {
        if (!over) {
            close();
            client.closed(this);
        }
    }
}
