package io.culvert.tunnel;

import io.culvert.netstack.EchoResult;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A ping of ours, and the exceptions of java.net for one that was not answered. */
final class OutgoingPing {
    private OutgoingPing() {}

    /** As {@link Tunnel#ping}, on the loop. */
    static void send(
            TunnelLoop tunnel,
            InetAddress host,
            byte[] payload,
            Duration patience,
            Promise<@Nullable Void> answer) {
        if (tunnel.isClosing()) {
            answer.setFailure(TunnelLoop.closedException());
        } else if (!tunnel.routable(host)) {
            answer.setFailure(ConnectFailure.noPeer(host));
        } else {
            long deadline = tunnel.now() + patience.toNanos();
            tunnel.stack()
                    .ping(
                            host,
                            payload,
                            deadline,
                            result -> {
                                if (result == EchoResult.REPLIED) {
                                    answer.trySuccess(null);
                                } else {
                                    answer.tryFailure(failure(result, host));
                                }
                            });
            tunnel.wake();
        }
    }

    private static IOException failure(EchoResult result, InetAddress host) {
        String name = host.getHostAddress();
        return switch (result) {
            case TIMED_OUT -> timeout(host);
            case NET_UNREACHABLE -> new NoRouteToHostException("Network is unreachable: " + name);
            case HOST_UNREACHABLE -> new NoRouteToHostException("host unreachable: " + name);
            case PROHIBITED -> new SocketException("Permission denied: " + name);
            case REPLIED, NOT_SENT -> new SocketException("ping of " + name + " was not sent");
        };
    }

    static IOException timeout(InetAddress host) {
        return new SocketTimeoutException("ping timed out: " + host.getHostAddress());
    }
}
