package io.culvert.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.socksx.SocksMessage;
import io.netty.handler.codec.socksx.v4.DefaultSocks4CommandResponse;
import io.netty.handler.codec.socksx.v4.Socks4CommandRequest;
import io.netty.handler.codec.socksx.v4.Socks4CommandStatus;
import io.netty.handler.codec.socksx.v4.Socks4CommandType;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5PasswordAuthResponse;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequest;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthStatus;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** One client's negotiation, by RFC 1928, RFC 1929 and SOCKS4a, up to the relay. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
final class SocksHandler extends ChannelInboundHandlerAdapter {
    private final InboundIdentity identity;
    private final SocksInbound.Settings settings;
    private final Services services;
    private final Dispatcher dispatcher;
    private String user = "";
    private boolean authenticated;
    private boolean parked;

    SocksHandler(
            InboundIdentity identity,
            SocksInbound.Settings settings,
            Services services,
            Dispatcher dispatcher) {
        this.identity = identity;
        this.settings = settings;
        this.services = services;
        this.dispatcher = dispatcher;
        this.authenticated = !settings.accounts().required();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof SocksMessage request)) {
            if (parked) {
                ctx.fireChannelRead(message);
            } else {
                ReferenceCountUtil.release(message);
            }
            return;
        }
        switch (request) {
            case Socks5InitialRequest greeting when greeting.decoderResult().isSuccess() ->
                    greet(ctx, greeting);
            case Socks5PasswordAuthRequest login when login.decoderResult().isSuccess() ->
                    login(ctx, login);
            case Socks5CommandRequest command -> command(ctx, command);
            case Socks4CommandRequest command when command.decoderResult().isSuccess() ->
                    command(ctx, command);
            default -> ctx.close();
        }
    }

    private void greet(ChannelHandlerContext ctx, Socks5InitialRequest greeting) {
        Socks5AuthMethod wanted =
                settings.accounts().required()
                        ? Socks5AuthMethod.PASSWORD
                        : Socks5AuthMethod.NO_AUTH;
        if (!greeting.authMethods().contains(wanted)) {
            rejected(ctx, "no matching authentication method");
            refuse(ctx, new DefaultSocks5InitialResponse(Socks5AuthMethod.UNACCEPTED));
            return;
        }
        ctx.writeAndFlush(new DefaultSocks5InitialResponse(wanted));
        replace(
                ctx,
                Socks5InitialRequestDecoder.class,
                settings.accounts().required()
                        ? new SocksLoginDecoder()
                        : new Socks5CommandRequestDecoder(new SocksAddressDecoder()));
    }

    private void login(ChannelHandlerContext ctx, Socks5PasswordAuthRequest login) {
        if (!settings.accounts().accepts(login.username(), login.password())) {
            Log.info("wrong user or password from " + ctx.channel().remoteAddress());
            rejected(ctx, "invalid username or password");
            refuse(ctx, new DefaultSocks5PasswordAuthResponse(Socks5PasswordAuthStatus.FAILURE));
            return;
        }
        authenticated = true;
        user = login.username();
        ctx.writeAndFlush(new DefaultSocks5PasswordAuthResponse(Socks5PasswordAuthStatus.SUCCESS));
        replace(
                ctx,
                SocksLoginDecoder.class,
                new Socks5CommandRequestDecoder(new SocksAddressDecoder()));
    }

    private void command(ChannelHandlerContext ctx, Socks5CommandRequest command) {
        if (!command.decoderResult().isSuccess()) {
            rejected(ctx, "malformed request");
            boolean type =
                    command.decoderResult().cause() instanceof SocksAddressDecoder.UnknownType;
            refuse(
                    ctx,
                    reply(
                            type
                                    ? Socks5CommandStatus.ADDRESS_UNSUPPORTED
                                    : Socks5CommandStatus.FAILURE));
        } else if (command.type().equals(Socks5CommandType.CONNECT)) {
            if (!HostPort.isHost(command.dstAddr())) {
                refuse(ctx, reply(Socks5CommandStatus.FAILURE));
                return;
            }
            connect(ctx, command.dstAddr(), command.dstPort(), new Socks5Answers());
        } else if (command.type().equals(Socks5CommandType.UDP_ASSOCIATE) && settings.udp()) {
            associate(ctx);
        } else {
            rejected(ctx, "command not supported");
            refuse(ctx, reply(Socks5CommandStatus.COMMAND_UNSUPPORTED));
        }
    }

    private void command(ChannelHandlerContext ctx, Socks4CommandRequest command) {
        boolean acceptable =
                authenticated
                        && command.type().equals(Socks4CommandType.CONNECT)
                        && HostPort.isHost(command.dstAddr());
        if (acceptable) {
            connect(ctx, command.dstAddr(), command.dstPort(), new Socks4Answers());
        } else {
            rejected(
                    ctx,
                    authenticated
                            ? "command not supported"
                            : "SOCKS 4 has no password, which accounts ask for");
            refuse(ctx, new DefaultSocks4CommandResponse(Socks4CommandStatus.REJECTED_OR_FAILED));
        }
    }

    private void connect(ChannelHandlerContext ctx, String host, int port, Answers answers) {
        DuplexChannel client = (DuplexChannel) ctx.channel();
        HandshakeDeadline.met(client);
        Session session = session(client, Destination.of(Network.TCP, host, port));
        Parking parking = Parking.park(client);
        parked = true;
        removeDecoder(ctx);
        if (session.inbound().sniffing().isWorthIt(session, dispatcher)) {
            // The client speaks only once it was told that it may.
            ctx.writeAndFlush(answers.success());
            ctx.pipeline().remove(answers.encoder());
            ctx.pipeline().remove(this);
            ForwardedConnection.open(
                    client, parking, session, dispatcher, services.policy(session));
            return;
        }
        Future<Flow> dialing = dispatcher.connect(session, client.eventLoop());
        parking.whenGone(client, () -> dialing.cancel(false));
        dialing.addListener((Future<Flow> done) -> connected(ctx, done, answers));
    }

    private void connected(ChannelHandlerContext ctx, Future<Flow> done, Answers answers) {
        DuplexChannel client = (DuplexChannel) ctx.channel();
        if (done.isCancelled() || ctx.isRemoved()) {
            if (done.isSuccess()) {
                done.getNow().abandon();
            }
            return;
        }
        if (done.isSuccess()) {
            ctx.writeAndFlush(answers.success());
            ctx.pipeline().remove(answers.encoder());
            ctx.pipeline().remove(this);
            Relay.splice(client, done.getNow(), services.policy(identity));
            return;
        }
        DialException failure = DialException.of(done.cause(), Destination.of(Network.TCP, "", 0));
        byte[] farewell = failure.farewell();
        if (farewell == null) {
            refuse(ctx, answers.failure(failure.failure()));
        } else {
            ctx.write(answers.success());
            ctx.pipeline().remove(answers.encoder());
            refuse(ctx, Unpooled.wrappedBuffer(farewell));
        }
    }

    private void associate(ChannelHandlerContext ctx) {
        DuplexChannel control = (DuplexChannel) ctx.channel();
        HandshakeDeadline.met(control);
        removeDecoder(ctx);
        Session base = session(control, Destination.of(Network.UDP, "0.0.0.0", 0));
        ChannelFuture opening = SocksAssociation.open(control, base, dispatcher, services);
        opening.addListener(done -> {
            if (!done.isSuccess()) {
                Log.warning("no socket for a UDP association: " + done.cause());
                refuse(ctx, reply(Socks5CommandStatus.FAILURE));
                return;
            }
            InetSocketAddress bound = (InetSocketAddress) opening.channel().localAddress();
            InetAddress told =
                    settings.udpAddress() == null ? bound.getAddress() : settings.udpAddress();
            ctx.writeAndFlush(reply(told, bound.getPort()));
        });
    }

    /** The control connection of an association ends with the client's half of it. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (parked) {
            ctx.fireUserEventTriggered(event);
        } else {
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug("socks: " + cause);
        ctx.close();
    }

    private Session session(DuplexChannel client, Destination destination) {
        return new Session(
                identity,
                ProxiedClient.address(client),
                (InetSocketAddress) client.localAddress(),
                destination,
                user);
    }

    private static void rejected(ChannelHandlerContext ctx, String why) {
        AccessLog.rejected(ProxiedClient.address(ctx.channel()), "proxy/socks: " + why);
    }

    private static void refuse(ChannelHandlerContext ctx, Object answer) {
        LingeringClose.after((DuplexChannel) ctx.channel(), answer);
    }

    /** What the client sent along for the next step goes to the next decoder. */
    private static void replace(
            ChannelHandlerContext ctx,
            Class<? extends ByteToMessageDecoder> before,
            ChannelHandler after) {
        ctx.pipeline().replace(before, null, after);
    }

    private static void removeDecoder(ChannelHandlerContext ctx) {
        ctx.pipeline().remove(ByteToMessageDecoder.class);
    }

    private static DefaultSocks5CommandResponse reply(Socks5CommandStatus status) {
        return new DefaultSocks5CommandResponse(status, Socks5AddressType.IPv4);
    }

    private static DefaultSocks5CommandResponse reply(InetAddress address, int port) {
        return new DefaultSocks5CommandResponse(
                Socks5CommandStatus.SUCCESS,
                address.getAddress().length == 4 ? Socks5AddressType.IPv4 : Socks5AddressType.IPv6,
                address.getHostAddress(),
                port);
    }

    /** How each version of the protocol says that a connection stands, or why not. */
    private sealed interface Answers {
        Object success();

        Object failure(Failure failure);

        Class<? extends ChannelHandler> encoder();
    }

    private static final class Socks5Answers implements Answers {
        @Override
        public Object success() {
            return reply(Socks5CommandStatus.SUCCESS);
        }

        @Override
        public Object failure(Failure failure) {
            return reply(
                    switch (failure) {
                        case REFUSED -> Socks5CommandStatus.CONNECTION_REFUSED;
                        case HOST_UNREACHABLE, RESOLVE -> Socks5CommandStatus.HOST_UNREACHABLE;
                        case NET_UNREACHABLE -> Socks5CommandStatus.NETWORK_UNREACHABLE;
                        case TIMEOUT -> Socks5CommandStatus.TTL_EXPIRED;
                        case DENIED, BLACKHOLED -> Socks5CommandStatus.FORBIDDEN;
                        case OTHER -> Socks5CommandStatus.FAILURE;
                    });
        }

        @Override
        public Class<? extends ChannelHandler> encoder() {
            return io.netty.handler.codec.socksx.v5.Socks5ServerEncoder.class;
        }
    }

    private static final class Socks4Answers implements Answers {
        @Override
        public Object success() {
            return new DefaultSocks4CommandResponse(Socks4CommandStatus.SUCCESS);
        }

        @Override
        public Object failure(Failure failure) {
            return new DefaultSocks4CommandResponse(Socks4CommandStatus.REJECTED_OR_FAILED);
        }

        @Override
        public Class<? extends ChannelHandler> encoder() {
            return io.netty.handler.codec.socksx.v4.Socks4ServerEncoder.class;
        }
    }
}
