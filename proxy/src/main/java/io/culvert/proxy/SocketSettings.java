package io.culvert.proxy;

import io.culvert.tunnel.SocketOption;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a file's {@code sockopt} sets on sockets. Where one of the first two can't be set there is
 * no socket, since its traffic would go another way than the file says; of the last it is said once
 * that they can't.
 *
 * @param tcp decide which way TCP goes, or were asked for by number
 * @param udp the same for UDP
 * @param tuning of TCP connections
 * @param ipv6Only a socket listening on all of IPv6's addresses has none of IPv4's
 */
@SuppressWarnings("FutureReturnValueIgnored") // whoever binds hears by the promise
record SocketSettings(
        List<SocketOption> tcp,
        List<SocketOption> udp,
        List<SocketOption> tuning,
        boolean ipv6Only) {

    static final SocketSettings NONE = new SocketSettings(List.of(), List.of(), List.of(), false);

    /** What was said to be impossible already. */
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    // Numbers of <asm-generic/socket.h>, <linux/in.h> and <linux/in6.h>.
    private static final int IPPROTO_IP = 0;
    private static final int IP_FREEBIND = 15;
    private static final int IP_BIND_ADDRESS_NO_PORT = 24;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPV6_FREEBIND = 78;
    private static final SocketOption V6_ONLY =
            SocketOption.of("IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, 1);

    /** The kernel chooses the port when the destination is known, so that ports don't run out. */
    static final SocketOption PORT_LATER =
            SocketOption.of("IP_BIND_ADDRESS_NO_PORT", IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);

    SocketSettings {
        tcp = List.copyOf(tcp);
        udp = List.copyOf(udp);
        tuning = List.copyOf(tuning);
    }

    /** Lets a socket be bound to an address that no interface has. */
    static SocketOption freebind(InetAddress local) {
        return local instanceof Inet4Address
                ? SocketOption.of("IP_FREEBIND", IPPROTO_IP, IP_FREEBIND, 1)
                : SocketOption.of("IPV6_FREEBIND", IPPROTO_IPV6, IPV6_FREEBIND, 1);
    }

    boolean isEmpty() {
        return tcp.isEmpty() && udp.isEmpty() && tuning.isEmpty();
    }

    /**
     * Sets what a TCP socket needs before it is bound or connected.
     *
     * @throws SocketException where the way can't be had
     */
    void applyTcp(Channel channel) throws SocketException {
        apply(channel, tcp);
        for (SocketOption option : tuning) {
            try {
                apply(channel, List.of(option));
            } catch (SocketException e) {
                if (SAID.add(option.name())) {
                    Log.warning(e.getMessage() + ": going on without it");
                }
            }
        }
    }

    /**
     * Sets what a UDP socket needs before it is bound.
     *
     * @throws SocketException where the way can't be had
     */
    void applyUdp(Channel channel) throws SocketException {
        apply(channel, udp);
    }

    /** Binds a listening TCP socket once all is set. */
    ChannelFuture bindTcp(ServerBootstrap bootstrap, InetSocketAddress local) {
        return ipv6Only || !isEmpty()
                ? bind(bootstrap.register(), local, this::applyTcp)
                : bootstrap.bind(local);
    }

    /** Binds a UDP socket once all is set. */
    ChannelFuture bindUdp(Bootstrap bootstrap, InetSocketAddress local) {
        return ipv6Only || !isEmpty()
                ? bind(bootstrap.register(), local, this::applyUdp)
                : bootstrap.bind(local);
    }

    private ChannelFuture bind(ChannelFuture registering, InetSocketAddress local, Setting set) {
        Channel channel = registering.channel();
        ChannelPromise bound = channel.newPromise();
        registering.addListener(done -> {
            if (!done.isSuccess()) {
                bound.tryFailure(done.cause());
                return;
            }
            try {
                set.on(channel);
                if (ipv6Only && local.getAddress() instanceof Inet6Address) {
                    apply(channel, List.of(V6_ONLY));
                }
            } catch (SocketException e) {
                bound.tryFailure(e);
                channel.close();
                return;
            }
            channel.bind(local, bound);
        });
        return bound;
    }

    /** One of the two ways to set everything. */
    private interface Setting {
        void on(Channel channel) throws SocketException;
    }

    /** Sets options on a socket, all or an exception. */
    static void apply(Channel channel, List<SocketOption> options) throws SocketException {
        for (SocketOption option : options) {
            byte[] value = option.value();
            String reason = "the system has no such option";
            try {
                RawUnixChannelOption raw =
                        new RawUnixChannelOption(
                                option.name(), option.level(), option.number(), value.length);
                if (channel.config().setOption(raw, ByteBuffer.wrap(value))) {
                    continue;
                }
            } catch (ChannelException e) {
                reason = reason(e.getCause() == null ? e : e.getCause());
            }
            throw new SocketException("cannot set " + option.name() + ": " + reason);
        }
    }

    private static String reason(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        for (String call : List.of("): ", " failed: ")) {
            int end = message.indexOf(call);
            if (end >= 0) {
                return message.substring(end + call.length());
            }
        }
        return message;
    }
}
