package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.*;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pings hosts of the network that this machine is in (RFC 792, RFC 4443 section 4), by a socket
 * that Linux lets every member of the groups in {@code net.ipv4.ping_group_range} have, or by a raw
 * one where it lets us. Thread-safe.
 */
public final class PingSocket {
    /** How long iputils' ping waits for the last answer. */
    private static final long PATIENCE_SECONDS = 10;

    /** Pings that may wait; beyond these none is sent. */
    private static final int MOST = 4096;

    private static final int HEADER = 8;
    private static final int V4_ECHO_REPLY = 0;
    private static final int V4_ECHO = 8;
    private static final int V6_ECHO = 128;
    private static final int V6_ECHO_REPLY = 129;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final EventLoop loop;
    private final boolean ipv6;
    private final boolean raw;
    private final int fd;
    private final EpollDatagramChannel channel;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment capture = LinuxCalls.newCapture(arena);
    private final MemorySegment value = arena.allocate(4, 4);

    /** Which ping program we are, on a raw socket; else the kernel says. */
    private final int identifier = ThreadLocalRandom.current().nextInt(0x10000);

    /** By the number of the request. On the loop. */
    private final Map<Integer, Waiting> waiting = new HashMap<>();

    private int sequence;
    private int hopLimit;

    private record Waiting(InetAddress host, Promise<@Nullable Void> answer) {}

    private PingSocket(EventLoop loop, boolean ipv6, boolean raw, int fd) {
        this.loop = loop;
        this.ipv6 = ipv6;
        this.raw = raw;
        this.fd = fd;
        channel = new EpollDatagramChannel(fd);
    }

    /**
     * Opens a socket of one family.
     *
     * @param loop an epoll loop, on which it lives
     * @throws IOException if this system doesn't let us ping; says why
     */
    public static PingSocket open(EventLoop loop, boolean ipv6) throws IOException {
        String reason = UdpTransportChoice.reasonAgainstLinux(loop);
        if (reason != null) {
            throw new SocketException("no ping sockets: " + reason);
        }
        return open(loop, ipv6, SOCK_DGRAM, SOCK_RAW);
    }

    /** Tries these types of sockets, one after the other. */
    static PingSocket open(EventLoop loop, boolean ipv6, int... types) throws IOException {
        MemorySegment capture = LinuxCalls.newCapture(Arena.ofAuto());
        int family = ipv6 ? AF_INET6 : AF_INET;
        int protocol = ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
        for (int type : types) {
            int fd =
                    LinuxCalls.socket(
                            capture, family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
            if (fd >= 0) {
                PingSocket socket = new PingSocket(loop, ipv6, type == SOCK_RAW, fd);
                socket.start();
                return socket;
            }
        }
        throw new SocketException(
                "no ping sockets: "
                        + LinuxCalls.describe(LinuxCalls.errno(capture))
                        + "; net.ipv4.ping_group_range may allow them");
    }

    private void start() throws IOException {
        if (raw) {
            takeRepliesOnly();
        }
        channel.pipeline().addLast(new Replies());
        ChannelFuture registering = loop.register(channel);
        registering.addListener(done -> {
            if (!done.isSuccess()) {
                LOG.log(Level.DEBUG, "registering a ping socket", done.cause());
            }
        });
    }

    /** A raw socket gets all ICMP of the machine; this keeps the rest out. */
    private void takeRepliesOnly() {
        int words = ipv6 ? 8 : 1; // struct icmp6_filter, struct icmp_filter: a bit blocks a type
        int type = ipv6 ? V6_ECHO_REPLY : V4_ECHO_REPLY;
        MemorySegment filter = arena.allocate(4L * words, 4);
        filter.fill((byte) 0xff);
        int word = filter.get(ValueLayout.JAVA_INT, 4L * (type / 32));
        filter.set(ValueLayout.JAVA_INT, 4L * (type / 32), word & ~(1 << type % 32));
        LinuxCalls.setsockopt(
                capture,
                fd,
                ipv6 ? IPPROTO_ICMPV6 : SOL_RAW,
                ICMP_FILTER,
                filter,
                (int) filter.byteSize());
    }

    /**
     * Sends an echo request and waits ten seconds for the answer.
     *
     * @param host of the socket's family
     * @param ttl TTL or hop limit, 1..255
     * @return on the socket's loop; fails with {@link java.net.NoRouteToHostException}, {@link
     *     java.net.SocketTimeoutException} or another {@link IOException}
     */
    public Future<@Nullable Void> ping(InetAddress host, byte[] payload, int ttl) {
        Promise<@Nullable Void> answer = loop.newPromise();
        if (loop.inEventLoop()) {
            send(host, payload, ttl, answer);
        } else {
            loop.execute(() -> send(host, payload, ttl, answer));
        }
        return answer;
    }

    private void send(InetAddress host, byte[] payload, int ttl, Promise<@Nullable Void> answer) {
        if (!channel.isActive() || waiting.size() == MOST) {
            answer.setFailure(
                    new SocketException("ping of " + host.getHostAddress() + " was not sent"));
            return;
        }
        hopLimit(ttl);
        do {
            sequence = sequence + 1 & 0xffff;
        } while (waiting.containsKey(sequence));
        int number = sequence;
        waiting.put(number, new Waiting(host, answer));
        Future<?> timeout =
                loop.schedule(
                        () -> answer.tryFailure(OutgoingPing.timeout(host)),
                        PATIENCE_SECONDS,
                        TimeUnit.SECONDS);
        answer.addListener(_ -> {
            waiting.remove(number);
            timeout.cancel(false);
        });
        channel.writeAndFlush(
                        new DatagramPacket(
                                request(number, payload), new InetSocketAddress(host, 0)))
                .addListener(sent -> {
                    if (!sent.isSuccess()) {
                        answer.tryFailure(failure(sent.cause(), host));
                    }
                });
    }

    private static IOException failure(Throwable cause, InetAddress host) {
        String name = host.getHostAddress();
        if (cause instanceof Errors.NativeIoException e && e.expectedErr() == -EHOSTUNREACH) {
            return new NoRouteToHostException("host unreachable: " + name);
        }
        return cause instanceof IOException e
                ? e
                : new SocketException("ping of " + name + " was not sent: " + cause);
    }

    private void hopLimit(int ttl) {
        if (ttl != hopLimit) {
            value.set(ValueLayout.JAVA_INT, 0, ttl);
            int level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
            int option = ipv6 ? IPV6_UNICAST_HOPS : IP_TTL;
            LinuxCalls.setsockopt(capture, fd, level, option, value, 4);
            hopLimit = ttl;
        }
    }

    /** The kernel makes the checksum, but for a raw socket of IPv4. */
    private ByteBuf request(int number, byte[] payload) {
        ByteBuf message = Unpooled.buffer(HEADER + payload.length, HEADER + payload.length);
        message.writeByte(ipv6 ? V6_ECHO : V4_ECHO).writeZero(3);
        message.writeShort(identifier).writeShort(number).writeBytes(payload);
        if (raw && !ipv6) {
            message.setShort(2, checksum(message));
        }
        return message;
    }

    /** RFC 1071. */
    static int checksum(ByteBuf message) {
        int sum = 0;
        for (int i = 0; i < message.readableBytes(); i++) {
            sum += message.getUnsignedByte(message.readerIndex() + i) << (i % 2 == 0 ? 8 : 0);
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return ~(sum + (sum >>> 16)) & 0xffff;
    }

    /** A raw socket of IPv4 hands out the IP header too. */
    private void reply(ByteBuf message, InetAddress from) {
        if (raw && !ipv6) {
            int header =
                    message.isReadable() ? (message.getByte(message.readerIndex()) & 15) * 4 : 0;
            if (header > message.readableBytes()) {
                return;
            }
            message.skipBytes(header);
        }
        if (message.readableBytes() < HEADER
                || message.readUnsignedByte() != (ipv6 ? V6_ECHO_REPLY : V4_ECHO_REPLY)) {
            return;
        }
        message.skipBytes(3);
        boolean ours = message.readUnsignedShort() == identifier || !raw;
        Waiting ping = waiting.get(message.readUnsignedShort());
        if (ours && ping != null && ping.host.equals(from)) {
            ping.answer.trySuccess(null);
        }
    }

    /** Closes the socket; what still waits fails. */
    public Future<?> close() {
        return channel.close();
    }

    private final class Replies extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            reply(packet.content(), packet.sender().getAddress());
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            for (Waiting ping : waiting.values().toArray(new Waiting[0])) {
                ping.answer.tryFailure(new SocketException("the ping socket is closed"));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.log(Level.DEBUG, "ping socket", cause);
        }
    }
}
