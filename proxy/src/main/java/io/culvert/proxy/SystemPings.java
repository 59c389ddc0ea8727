package io.culvert.proxy;

import io.culvert.tunnel.PingSocket;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Pings by this machine's sockets, one for each family, opened by the first ping. Thread-safe.
 * Where the system doesn't let us, it says so once, and pings stay without an answer.
 */
final class SystemPings {
    private final Family four = new Family(false);
    private final Family six = new Family(true);
    private boolean closed;

    /** As {@link Outbound#ping}. */
    Future<?> ping(InetAddress host, Ping ping, EventLoop loop) {
        PingSocket socket = (host instanceof Inet6Address ? six : four).socket(loop);
        return socket == null
                ? loop.newFailedFuture(
                        new DialException(Failure.BLACKHOLED, "this system lets us ping nobody"))
                : socket.ping(host, ping.payload(), ping.hopLimit());
    }

    synchronized void close() {
        closed = true;
        four.close();
        six.close();
    }

    private final class Family {
        private final boolean ipv6;
        private @Nullable PingSocket socket;
        private boolean tried;

        private Family(boolean ipv6) {
            this.ipv6 = ipv6;
        }

        private @Nullable PingSocket socket(EventLoop loop) {
            synchronized (SystemPings.this) {
                if (!tried && !closed) {
                    tried = true;
                    try {
                        socket = PingSocket.open(loop, ipv6);
                    } catch (IOException e) {
                        String family = ipv6 ? "IPv6" : "IPv4";
                        Log.info("pings of " + family + " stay unanswered: " + e.getMessage());
                    }
                }
                return socket;
            }
        }

        private void close() {
            if (socket != null) {
                var _ = socket.close();
                socket = null;
            }
        }
    }
}
