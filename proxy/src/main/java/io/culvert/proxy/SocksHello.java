package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandRequest;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5ClientEncoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandResponse;
import io.netty.handler.codec.socksx.v5.Socks5CommandResponseDecoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialResponse;
import io.netty.handler.codec.socksx.v5.Socks5InitialResponseDecoder;
import io.netty.handler.codec.socksx.v5.Socks5Message;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthResponse;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthResponseDecoder;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client's side of SOCKS5, by RFC 1928 and RFC 1929. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failed writes to exceptionCaught
final class SocksHello extends ServerHello {

    /** RFC 1929 section 2: a byte tells how long each is. */
    static final int MAX_CREDENTIAL = 255;

    private static final int PASSWORD_VERSION = 1;

    private final Accounts.@Nullable Account account;
    private final Socks5CommandRequest request;
    private @Nullable HostPort bound;

    /**
     * Nothing said yet.
     *
     * @param server as for {@link ServerHello}
     * @throws IllegalArgumentException if the destination's name can't be said in SOCKS
     */
    SocksHello(
            String server,
            Accounts.@Nullable Account account,
            Socks5CommandType command,
            Destination destination) {
        super(server);
        this.account = account;
        this.request =
                new DefaultSocks5CommandRequest(
                        command, type(destination), destination.host(), destination.port());
    }

    private static Socks5AddressType type(Destination destination) {
        InetAddress address = destination.address();
        if (address == null) {
            return Socks5AddressType.DOMAIN;
        }
        return address instanceof Inet4Address ? Socks5AddressType.IPv4 : Socks5AddressType.IPv6;
    }

    /** What the server has bound for us, once it said so. */
    @Nullable HostPort bound() {
        return bound;
    }

    @Override
    protected void begin(ChannelHandlerContext ctx) {
        String name = ctx.name();
        ctx.pipeline().addBefore(name, null, Socks5ClientEncoder.DEFAULT);
        ctx.pipeline().addBefore(name, null, new Socks5InitialResponseDecoder());
        ctx.writeAndFlush(
                new DefaultSocks5InitialRequest(
                        account == null
                                ? List.of(Socks5AuthMethod.NO_AUTH)
                                : List.of(Socks5AuthMethod.NO_AUTH, Socks5AuthMethod.PASSWORD)));
    }

    @Override
    protected void answered(ChannelHandlerContext ctx, Object answer) {
        if (!(answer instanceof Socks5Message message) || message.decoderResult().isFailure()) {
            fail(ctx, Failure.OTHER, "does not speak SOCKS5");
            return;
        }
        switch (message) {
            case Socks5InitialResponse greeting -> greeted(ctx, greeting.authMethod());
            case Socks5PasswordAuthResponse login -> {
                if (login.status().isSuccess()) {
                    command(ctx, Socks5PasswordAuthResponseDecoder.class);
                } else {
                    fail(ctx, Failure.OTHER, "refuses the user or the password");
                }
            }
            case Socks5CommandResponse reply -> replied(ctx, reply);
            default -> fail(ctx, Failure.OTHER, "does not speak SOCKS5");
        }
    }

    private void greeted(ChannelHandlerContext ctx, Socks5AuthMethod method) {
        if (method.equals(Socks5AuthMethod.NO_AUTH)) {
            command(ctx, Socks5InitialResponseDecoder.class);
        } else if (method.equals(Socks5AuthMethod.PASSWORD) && account != null) {
            ctx.pipeline()
                    .replace(
                            Socks5InitialResponseDecoder.class,
                            null,
                            new Socks5PasswordAuthResponseDecoder());
            ctx.writeAndFlush(login(ctx.alloc(), account));
        } else {
            fail(
                    ctx,
                    Failure.OTHER,
                    account == null
                            ? "wants a user and a password"
                            : "accepts no user and password");
        }
    }

    /** Not by Netty's message, whose letters are ASCII only. */
    private static ByteBuf login(ByteBufAllocator allocator, Accounts.Account account) {
        byte[] user = account.user().getBytes(StandardCharsets.UTF_8);
        byte[] pass = account.pass().getBytes(StandardCharsets.UTF_8);
        return allocator
                .buffer(3 + user.length + pass.length)
                .writeByte(PASSWORD_VERSION)
                .writeByte(user.length)
                .writeBytes(user)
                .writeByte(pass.length)
                .writeBytes(pass);
    }

    private void command(
            ChannelHandlerContext ctx, Class<? extends ByteToMessageDecoder> decoderBefore) {
        ChannelHandler decoder = new Socks5CommandResponseDecoder();
        ctx.pipeline().replace(decoderBefore, null, decoder);
        ctx.writeAndFlush(request);
    }

    private void replied(ChannelHandlerContext ctx, Socks5CommandResponse reply) {
        Socks5CommandStatus status = reply.status();
        if (!status.isSuccess()) {
            fail(ctx, failure(status), words(status));
            return;
        }
        bound = new HostPort(reply.bndAddr() == null ? "" : reply.bndAddr(), reply.bndPort());
        ctx.pipeline().remove(Socks5CommandResponseDecoder.class);
        ctx.pipeline().remove(Socks5ClientEncoder.class);
        succeed(ctx);
    }

    private static Failure failure(Socks5CommandStatus status) {
        return switch (Byte.toUnsignedInt(status.byteValue())) {
            case 2 -> Failure.DENIED;
            case 3 -> Failure.NET_UNREACHABLE;
            case 4 -> Failure.HOST_UNREACHABLE;
            case 5 -> Failure.REFUSED;
            case 6 -> Failure.TIMEOUT;
            default -> Failure.OTHER;
        };
    }

    /** The replies of RFC 1928 section 6. */
    private String words(Socks5CommandStatus status) {
        String to = Destination.of(Network.TCP, request.dstAddr(), request.dstPort()).authority();
        int code = Byte.toUnsignedInt(status.byteValue());
        return switch (code) {
            case 1 -> "failed to reach " + to;
            case 2 -> "does not allow " + to;
            case 3 -> "has no route to the network of " + to;
            case 4 -> "has no way to the host " + to;
            case 5 -> "says that " + to + " refused the connection";
            case 6 -> "got no answer from " + to;
            case 7 ->
                    request.type().equals(Socks5CommandType.UDP_ASSOCIATE)
                            ? "carries no UDP"
                            : "knows no CONNECT";
            case 8 -> "does not take the kind of address of " + to;
            default -> "gives the unknown answer " + code + " for " + to;
        };
    }
}
