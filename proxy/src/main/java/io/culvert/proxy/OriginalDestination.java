package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where a client wanted to go before netfilter's REDIRECT led it here: {@code SO_ORIGINAL_DST} of
 * linux/netfilter_ipv4.h, {@code IP6T_SO_ORIGINAL_DST} of linux/netfilter_ipv6/ip6_tables.h.
 */
final class OriginalDestination {
    private static final int SOL_IP = 0;
    private static final int SOL_IPV6 = 41;
    private static final int SO_ORIGINAL_DST = 80;

    /** struct sockaddr_in: family, port, address, padding. */
    private static final RawUnixChannelOption IPV4 =
            new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, SO_ORIGINAL_DST, 16);

    /** struct sockaddr_in6: family, port, flow, address, scope. */
    private static final RawUnixChannelOption IPV6 =
            new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", SOL_IPV6, SO_ORIGINAL_DST, 28);

    private static final int PORT_AT = 2;
    private static final int IPV4_AT = 4;
    private static final int IPV6_AT = 8;

    private OriginalDestination() {}

    /** Null if the connection was not redirected, or the system can't tell. */
    static @Nullable InetSocketAddress of(Channel accepted) {
        if (!(accepted instanceof EpollSocketChannel)
                || !(accepted.localAddress() instanceof InetSocketAddress local)) {
            return null;
        }
        boolean six = local.getAddress().getAddress().length != 4;
        InetSocketAddress original;
        try {
            original = parse(accepted.config().getOption(six ? IPV6 : IPV4), six);
        } catch (ChannelException e) {
            Log.debug("no original destination of " + accepted + ": " + e.getCause());
            return null;
        }
        return original.equals(local) ? null : original;
    }

    /** Whether an address is this machine's; what can't be told is. */
    static boolean isOwn(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return true;
        }
    }

    private static InetSocketAddress parse(ByteBuffer sockaddr, boolean six) {
        byte[] address = new byte[six ? 16 : 4];
        sockaddr.get(six ? IPV6_AT : IPV4_AT, address);
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(address),
                    Short.toUnsignedInt(sockaddr.getShort(PORT_AT)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + address.length + " bytes", e);
        }
    }
}
