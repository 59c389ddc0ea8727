package io.culvert.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** A CONNECT on its way from the request to the relay (RFC 9110 section 9.3.6). */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failed writes to exceptionCaught
final class HttpConnect {
    private static final byte[] ESTABLISHED =
            "HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ChannelHandlerContext ctx;
    private final DuplexChannel client;
    private final Policy policy;
    private final Consumer<FullHttpResponse> refuse;

    /**
     * A tunnel to be, whose bytes wait from now on.
     *
     * @param ctx of the client's handler, which passes on what follows the request
     * @param refuse answers the client and closes
     */
    HttpConnect(ChannelHandlerContext ctx, Policy policy, Consumer<FullHttpResponse> refuse) {
        this.ctx = ctx;
        this.client = (DuplexChannel) ctx.channel();
        this.policy = policy;
        this.refuse = refuse;
    }

    /**
     * Relays once there is a connection, and gives it up if the client does. Where the client is to
     * be listened to, it is answered first.
     */
    void begin(Session session, Dispatcher dispatcher) {
        Parking parking = Parking.park(client);
        if (session.inbound().sniffing().isWorthIt(session, dispatcher)) {
            // Not within the request's own handling: what came with it is still to be passed on.
            client.eventLoop()
                    .execute(() -> {
                        if (!ctx.isRemoved()) {
                            establish();
                            ForwardedConnection.open(client, parking, session, dispatcher, policy);
                        }
                    });
            return;
        }
        Future<Flow> connecting = dispatcher.connect(session, client.eventLoop());
        parking.whenGone(client, () -> connecting.cancel(false));
        connecting.addListener((Future<Flow> done) -> connected(done));
    }

    private void connected(Future<Flow> done) {
        if (done.isSuccess() && ctx.isRemoved()) {
            done.getNow().abandon();
        } else if (done.isSuccess()) {
            establish();
            Relay.splice(client, done.getNow(), policy);
        } else if (!done.isCancelled() && !ctx.isRemoved()) {
            refuse((DialException) done.cause());
        }
    }

    private void establish() {
        ChannelPipeline pipeline = ctx.pipeline();
        pipeline.remove(ProxyResponseEncoder.class);
        client.writeAndFlush(Unpooled.wrappedBuffer(ESTABLISHED));
        pipeline.remove(ProxyRequestDecoder.class);
        pipeline.remove(ctx.handler());
    }

    private void refuse(DialException failure) {
        byte[] farewell = failure.farewell();
        if (farewell == null) {
            refuse.accept(HttpAnswer.unreached(failure));
            return;
        }
        ctx.pipeline().remove(ProxyResponseEncoder.class);
        client.write(Unpooled.wrappedBuffer(ESTABLISHED), client.voidPromise());
        LingeringClose.after(client, Unpooled.wrappedBuffer(farewell));
    }
}
