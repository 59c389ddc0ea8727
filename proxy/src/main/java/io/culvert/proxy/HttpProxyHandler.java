package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One client of the HTTP proxy, request after request. Requests that arrive while one is under way
 * wait, and so does the rest of the connection: there is never more than one exchange.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failed writes to exceptionCaught
final class HttpProxyHandler extends ChannelInboundHandlerAdapter implements HttpOrigin.Client {
    private enum State {
        /** Waits for a request. */
        IDLE,
        /** Waits for a connection to the origin. */
        DIALING,
        /** Moves a request out and its response back. */
        EXCHANGING,
        /** After a CONNECT or a change of protocol: bytes only. */
        TUNNEL,
        /** Says its last words; whatever still comes is thrown away. */
        CLOSING
    }

    private final InboundIdentity identity;
    private final HttpInbound.Settings settings;
    private final Services services;
    private final Dispatcher dispatcher;
    private final DuplexChannel client;
    private final IdleWatch idle;
    private final Queue<Object> pending = new ArrayDeque<>();
    private State state = State.IDLE;
    private String user = "";
    private boolean inputEnded;
    private boolean draining;
    private @Nullable Future<Flow> dialing;
    private @Nullable HttpOrigin origin;
    private @Nullable HttpExchange exchange;
    private @Nullable HttpResponsePath response;

    HttpProxyHandler(
            DuplexChannel client,
            InboundIdentity identity,
            HttpInbound.Settings settings,
            Services services,
            Dispatcher dispatcher) {
        this.client = client;
        this.identity = identity;
        this.settings = settings;
        this.services = services;
        this.dispatcher = dispatcher;
        this.idle = new IdleWatch(client.eventLoop(), client::bytesBeforeUnwritable, client::close);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        pending.add(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        idle.movedIf(state != State.IDLE || !pending.isEmpty());
        drain(ctx);
    }

    private boolean accepts() {
        return switch (state) {
            case IDLE, TUNNEL, CLOSING -> true;
            case DIALING -> false;
            case EXCHANGING ->
                    exchange != null
                            && !exchange.requestDone
                            && origin != null
                            && origin.isWritable();
        };
    }

    /**
     * Takes what may be taken. Not from within itself: a write that fills the origin's buffer tells
     * so in the middle of an encoder's work, where nothing else may be written.
     */
    private void drain(ChannelHandlerContext ctx) {
        if (draining) {
            return;
        }
        draining = true;
        try {
            do {
                takeAll(ctx);
                if (origin != null) {
                    origin.flush();
                }
            } while (accepts() && !pending.isEmpty());
        } finally {
            draining = false;
        }
        if (state != State.TUNNEL && client.isActive()) {
            client.config().setAutoRead(accepts() && pending.isEmpty());
        }
    }

    private void takeAll(ChannelHandlerContext ctx) {
        while (accepts()) {
            Object message = pending.poll();
            if (message == null) {
                return;
            }
            take(ctx, message);
        }
    }

    private void take(ChannelHandlerContext ctx, Object message) {
        if (state == State.TUNNEL && message instanceof ByteBuf) {
            ctx.fireChannelRead(message);
        } else if (state == State.IDLE && message instanceof HttpRequest request) {
            begin(ctx, request);
        } else if (state == State.EXCHANGING && message instanceof HttpContent content) {
            body(content);
        } else {
            // The end of a request that was refused, or behind the last words.
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest request) {
        HandshakeDeadline.met(client);
        idle.start(services.policy(identity).connIdle());
        FullHttpResponse objection = objection(request);
        if (objection != null) {
            refuse(objection);
        } else if (request.method().equals(HttpMethod.CONNECT)) {
            tunnel(ctx, request);
        } else {
            forward(ctx, request);
        }
    }

    private @Nullable FullHttpResponse objection(HttpRequest request) {
        FullHttpResponse objection = HttpAnswer.objection(request);
        if (objection != null) {
            return objection;
        }
        String name = HttpCredentials.user(request, settings.accounts(), client);
        if (name == null) {
            return HttpAnswer.authenticate();
        }
        user = name;
        return null;
    }

    private void tunnel(ChannelHandlerContext ctx, HttpRequest request) {
        HttpTarget target = HttpTarget.ofConnect(request);
        if (target == null || HttpFraming.hasBody(request)) {
            refuse(HttpAnswer.badRequest("CONNECT needs a host and a port, and has no body."));
            return;
        }
        closeOrigin();
        state = State.TUNNEL;
        idle.stop();
        Session session = target.session(identity, client, user, Content.UNKNOWN);
        new HttpConnect(ctx, services.policy(session), this::refuse).begin(session, dispatcher);
    }

    private void forward(ChannelHandlerContext ctx, HttpRequest request) {
        HttpTarget target = HttpTarget.of(request, settings.transparent());
        if (target == null) {
            refuse(
                    HttpAnswer.badRequest(
                            "This is a proxy: ask for a whole http:// URI, or use CONNECT."));
            return;
        }
        exchange = new HttpExchange(request, target);
        boolean sameWay = !dispatcher.asksFor(Rule.Need.ATTRIBUTES);
        if (origin != null && sameWay && origin.serves(target.destination())) {
            exchange(exchange, origin);
        } else {
            closeOrigin();
            dial(ctx, exchange);
        }
    }

    private void dial(ChannelHandlerContext ctx, HttpExchange next) {
        state = State.DIALING;
        dialing =
                dispatcher.connect(
                        next.target().session(identity, client, user, next.content()),
                        client.eventLoop());
        dialing.addListener((Future<Flow> done) -> dialed(ctx, next, done));
    }

    private void dialed(ChannelHandlerContext ctx, HttpExchange next, Future<Flow> done) {
        dialing = null;
        if (done.isSuccess() && ctx.isRemoved()) {
            done.getNow().abandon();
        } else if (done.isSuccess()) {
            services.policy(identity).bound(done.getNow().remote());
            origin = HttpOrigin.over(done.getNow(), client.eventLoop(), this);
            exchange(next, origin);
            drain(ctx);
        } else if (!done.isCancelled() && !ctx.isRemoved()) {
            refuse(HttpAnswer.unreached((DialException) done.cause()));
        }
    }

    private void exchange(HttpExchange next, HttpOrigin with) {
        state = State.EXCHANGING;
        response =
                new HttpResponsePath(
                        next, client, client.pipeline().get(ProxyResponseEncoder.class));
        with.begin(next);
        if (next.isRepeated()) {
            with.write(LastHttpContent.EMPTY_LAST_CONTENT);
            with.flush();
        }
    }

    private void body(HttpContent content) {
        if (content.decoderResult().isFailure() || origin == null || exchange == null) {
            content.release();
            fail(HttpAnswer.badRequest("The request's body is malformed."));
            return;
        }
        if (content instanceof LastHttpContent) {
            exchange.requestDone = true;
        }
        origin.write(content);
    }

    @Override
    public void received(HttpOrigin from, Object message) {
        if (!from.equals(origin) || exchange == null || response == null) {
            // Nobody asked.
            ReferenceCountUtil.release(message);
            from.close();
            return;
        }
        switch (response.take(message)) {
            case MORE -> from.reading(client.isWritable());
            case DONE -> done(exchange);
            case SWITCHED -> switched(from);
            case BROKEN -> {
                closeOrigin();
                fail(HttpAnswer.badGateway("The server's answer is not valid HTTP."));
            }
        }
    }

    @Override
    public void receivedAll(HttpOrigin from) {
        idle.moved();
        client.flush();
    }

    private void done(HttpExchange finished) {
        exchange = null;
        response = null;
        if (!finished.originKeepsAlive() || !finished.requestDone) {
            closeOrigin();
        }
        if (!finished.keepsAlive() || !finished.requestDone || inputEnded) {
            state = State.CLOSING;
            LingeringClose.after(client, Unpooled.EMPTY_BUFFER);
            return;
        }
        state = State.IDLE;
        client.flush();
        drain(client.pipeline().context(this));
    }

    /** Encoders go first: what decoders still hold is bytes for the other side. */
    private void switched(HttpOrigin from) {
        state = State.TUNNEL;
        idle.stop();
        origin = null;
        client.flush();
        ChannelPipeline pipeline = client.pipeline();
        pipeline.remove(ProxyResponseEncoder.class);
        from.switchTo(Relay.spliceDelivered(client, from.flow(), services.policy(identity)));
        pipeline.remove(ProxyRequestDecoder.class);
        pipeline.remove(this);
    }

    @Override
    public void closed(HttpOrigin from) {
        if (!from.equals(origin)) {
            return;
        }
        origin = null;
        if (exchange == null || response == null) {
            return;
        }
        if (from.isReused() && exchange.isRepeatable() && !response.isStarted()) {
            exchange.repeat();
            dial(client.pipeline().context(this), exchange);
            return;
        }
        fail(HttpAnswer.badGateway("The server closed the connection before it answered."));
    }

    /** Ends an exchange that went wrong: by an answer, or visibly in the middle of one. */
    private void fail(FullHttpResponse answer) {
        closeOrigin();
        if (response == null || !response.isStarted()) {
            refuse(answer);
            return;
        }
        answer.release();
        state = State.CLOSING;
        if (exchange != null && exchange.isCloseDelimited()) {
            // An orderly end would make the part look like the whole.
            Relay.reset(client);
        } else {
            LingeringClose.after(client, Unpooled.EMPTY_BUFFER);
        }
    }

    private void refuse(FullHttpResponse answer) {
        state = State.CLOSING;
        closeOrigin();
        client.pipeline().get(ProxyResponseEncoder.class).answeringHead(false);
        LingeringClose.after(client, answer);
    }

    @Override
    public void writabilityChanged(HttpOrigin from) {
        if (state == State.EXCHANGING) {
            drain(client.pipeline().context(this));
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (origin != null) {
            origin.reading(client.isWritable());
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (state == State.TUNNEL) {
            ctx.fireUserEventTriggered(event);
        } else if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            boolean asked = state == State.DIALING || (exchange != null && exchange.requestDone);
            if (!asked && pending.isEmpty() && state != State.CLOSING) {
                client.close();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (dialing != null) {
            dialing.cancel(false);
        }
        closeOrigin();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        idle.stop();
        pending.forEach(ReferenceCountUtil::release);
        pending.clear();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            Log.unexpected("http client " + client.remoteAddress(), cause);
        }
        ctx.close();
    }

    private void closeOrigin() {
        HttpOrigin closing = origin;
        origin = null;
        if (closing != null) {
            closing.close();
        }
    }
}
