package io.culvert.tunnel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.List;

/**
 * Finds the addresses of a peer's name, outside the tunnel. Asked when the tunnel opens and again
 * whenever the peer doesn't answer, at most every 10 s a peer; so it should not answer from an old
 * memory. Called on the tunnel's event loop, which it must not block.
 */
@FunctionalInterface
public interface EndpointResolver {
    /**
     * Asks for the addresses of a name.
     *
     * @param loop on which the answer is given
     * @return addresses in the order in which they should be tried; failed, or empty, when there is
     *     none now
     */
    Future<List<InetAddress>> resolve(String host, EventLoop loop);

    /**
     * The operating system's, on threads of its own. The JVM remembers its answers for as long as
     * the security property {@code networkaddress.cache.ttl} says, which is 30 s by default.
     */
    static EndpointResolver system() {
        return SystemEndpointResolver.INSTANCE;
    }
}
