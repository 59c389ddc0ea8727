package io.culvert.tunnel;

import io.culvert.netstack.CloseCause;
import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;

/** The exceptions of java.net for what a {@link CloseCause} says. */
final class ConnectFailure {
    private ConnectFailure() {}

    /** Why a connection did not come about. */
    static IOException connecting(CloseCause cause, InetSocketAddress remote) {
        return switch (cause) {
            case REFUSED, RESET -> new ConnectException("connection refused: " + remote);
            case TIMEOUT -> new ConnectTimeoutException("connection timed out: " + remote);
            case UNREACHABLE -> new NoRouteToHostException("host unreachable: " + remote);
            case CLOSED, ABORTED -> new ConnectException("connection aborted: " + remote);
        };
    }

    /** Why an established connection broke. */
    static IOException established(CloseCause cause) {
        return switch (cause) {
            case REFUSED, RESET -> new SocketException("connection reset by peer");
            case TIMEOUT -> new SocketException("connection timed out");
            case UNREACHABLE -> new NoRouteToHostException("host unreachable");
            case CLOSED, ABORTED -> new SocketException("connection aborted");
        };
    }

    static IOException noPeer(Object remote) {
        return new NoRouteToHostException("no peer is allowed for " + remote);
    }
}
