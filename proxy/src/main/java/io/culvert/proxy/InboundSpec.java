package io.culvert.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every inbound has.
 *
 * @param listen null = every address of this machine
 * @param ports 0 = whatever the system gives
 * @param place where the file says so, for complaints about it at start
 * @param userLevel of its clients, for the policy
 * @param acceptProxyProtocol whether connections come by a proxy that says whose they are
 * @param sockets what is set on what listens
 */
record InboundSpec(
        String tag,
        String protocol,
        @Nullable InetAddress listen,
        List<Integer> ports,
        Place place,
        Sniffing sniffing,
        int userLevel,
        boolean acceptProxyProtocol,
        SocketSettings sockets) {

    InetSocketAddress address(int port) {
        return listen == null ? new InetSocketAddress(port) : new InetSocketAddress(listen, port);
    }

    InboundIdentity identity() {
        return new InboundIdentity(tag, protocol, new Traffic(), sniffing, userLevel);
    }

    /** The sentence for an address that could not be bound. */
    StartException cannotListen(Network network, int port, Throwable cause) {
        String where =
                listen == null
                        ? network + " port " + port
                        : Destination.of(network, address(port)).toString();
        return new StartException(
                place + ": cannot listen on " + where + ": " + reason(cause), cause);
    }

    /** Linux numbers of errno stand in the messages of Netty's native transport. */
    private static String reason(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        if (message.contains("error(-98)") || message.contains("already in use")) {
            return "the address is already in use";
        }
        if (message.contains("error(-13)") || message.contains("Permission denied")) {
            return "the system does not permit it";
        }
        if (message.contains("error(-99)") || message.contains("assign requested address")) {
            return "this machine does not have that address";
        }
        return message;
    }
}
