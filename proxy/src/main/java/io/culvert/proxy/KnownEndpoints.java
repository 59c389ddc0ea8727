package io.culvert.proxy;

import io.culvert.tunnel.EndpointResolver;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The addresses of peers that were asked for before there was a tunnel, by which the name server
 * may be reached afterwards. Each is told once; later on the system is asked.
 */
final class KnownEndpoints implements EndpointResolver {
    /** At the start of a machine its network may need a moment. */
    private static final int ATTEMPTS = 10;

    private final Map<String, List<InetAddress>> unused = new ConcurrentHashMap<>();
    private final List<InetAddress> all = new ArrayList<>();

    private KnownEndpoints() {}

    /**
     * Asks, which takes as long as it takes.
     *
     * @throws StartException if a name has no address
     */
    static KnownEndpoints resolve(List<WireGuardSettings.Peer> peers) throws StartException {
        KnownEndpoints known = new KnownEndpoints();
        for (WireGuardSettings.Peer peer : peers) {
            if (peer.endpoint() != null) {
                String host = peer.endpoint().host();
                InetAddress literal = Destination.literal(host);
                List<InetAddress> addresses = literal == null ? ask(host) : List.of(literal);
                known.unused.put(host, addresses);
                known.all.addAll(addresses);
            }
        }
        return known;
    }

    private static List<InetAddress> ask(String host) throws StartException {
        for (int attempt = 1; ; attempt++) {
            try {
                return List.of(InetAddress.getAllByName(host));
            } catch (UnknownHostException e) {
                if (attempt == ATTEMPTS) {
                    throw new StartException("the name " + host + " could not be resolved", e);
                }
            }
            try {
                TimeUnit.SECONDS.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StartException("interrupted while resolving " + host, e);
            }
        }
    }

    /** All addresses that were found. */
    List<InetAddress> all() {
        return List.copyOf(all);
    }

    @Override
    public Future<List<InetAddress>> resolve(String host, EventLoop loop) {
        List<InetAddress> known = unused.remove(host);
        return known == null
                ? EndpointResolver.system().resolve(host, loop)
                : loop.newSucceededFuture(known);
    }
}
