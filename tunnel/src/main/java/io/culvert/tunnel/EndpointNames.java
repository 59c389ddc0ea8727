package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The names of a tunnel's peers: resolves them when told to, and while one has no address at all,
 * again and again by itself. A failure leaves the addresses that were. Event loop only.
 */
final class EndpointNames {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /** Pauses between attempts for a name without any address: 1, 2, 4, 8, 10, 10… seconds. */
    private static final long LONGEST_PAUSE = 10;

    private final EventLoop loop;
    private final Device device;
    private final List<TunnelConfig.Peer> configured;
    private final EndpointResolver resolver;
    private @Nullable Underlay underlay;
    private final MonotonicClock clock;
    private final TunnelListener listener;
    private final Runnable wake;
    private final Map<PublicKey, Name> names = new HashMap<>();
    private boolean closed;

    /** One peer's name and what is known of it. */
    private static final class Name {
        final String host;
        final int port;
        List<InetSocketAddress> addresses = List.of();
        @Nullable Instant resolved;
        @Nullable String problem;
        long pause = 1;
        boolean underway;

        Name(InetSocketAddress unresolved) {
            host = unresolved.getHostString();
            port = unresolved.getPort();
        }
    }

    /**
     * @param wake has a turn run soon
     */
    EndpointNames(
            EventLoop loop,
            Device device,
            TunnelConfig config,
            MonotonicClock clock,
            Runnable wake) {
        this.loop = loop;
        this.device = device;
        configured = config.peers();
        resolver = config.endpointResolver();
        underlay = config.underlay();
        listener = config.listener();
        this.clock = clock;
        this.wake = wake;
    }

    /** Takes the names of all peers that were configured with one. */
    void begin() {
        for (TunnelConfig.Peer peer : configured) {
            InetSocketAddress endpoint = peer.endpoint();
            if (endpoint != null && endpoint.isUnresolved()) {
                set(peer.publicKey(), endpoint);
            }
        }
    }

    /** The peer is where this name or address says. */
    void set(PublicKey key, InetSocketAddress endpoint) {
        Peer peer = device.peer(key);
        if (peer == null) {
            return;
        }
        if (!endpoint.isUnresolved()) {
            names.remove(key);
            peer.endpoint(endpoint);
            return;
        }
        names.put(key, new Name(endpoint));
        peer.endpoints(List.of(), clock.now());
        resolve(key);
    }

    /**
     * There is another network below, where names may have other addresses: none of the old ones is
     * used any more.
     */
    void underlay(@Nullable Underlay next) {
        underlay = next;
        for (PublicKey key : List.copyOf(names.keySet())) {
            Peer peer = device.peer(key);
            Name name = names.get(key);
            if (peer != null && name != null && peer.hasNamedEndpoint()) {
                peer.endpoint(null);
                set(key, InetSocketAddress.createUnresolved(name.host, name.port));
            }
        }
    }

    /** The peer is gone, or nobody knows where it is. */
    void forget(PublicKey key) {
        names.remove(key);
    }

    void close() {
        closed = true;
    }

    /** What is known of the peer's name; null if it has none. */
    TunnelStats.@Nullable Resolution resolution(Peer peer) {
        Name name = names.get(peer.publicKey());
        return name == null || !peer.hasNamedEndpoint()
                ? null
                : new TunnelStats.Resolution(
                        name.host, name.port, name.addresses, name.resolved, name.problem);
    }

    /** Asks for the addresses of the peer's name, unless that is being done. */
    void resolve(PublicKey key) {
        Name name = names.get(key);
        if (closed || name == null || name.underway) {
            return;
        }
        name.underway = true;
        ask(name)
                .addListener((Future<List<InetAddress>> done) -> {
                    name.underway = false;
                    Peer peer = device.peer(key);
                    if (closed
                            || names.get(key) != name
                            || peer == null
                            || !peer.hasNamedEndpoint()) {
                        return; // someone said something else meanwhile
                    }
                    if (done.isSuccess() && !done.getNow().isEmpty()) {
                        resolved(peer, name, done.getNow());
                    } else {
                        failed(
                                peer,
                                name,
                                done.isSuccess() ? () -> "no address" : () -> reason(done));
                    }
                });
    }

    private Future<List<InetAddress>> ask(Name name) {
        try {
            return resolver.resolve(name.host, loop);
        } catch (RuntimeException e) {
            return loop.newFailedFuture(e);
        }
    }

    private static String reason(Future<?> failed) {
        Throwable cause = failed.cause();
        return cause == null || cause.getMessage() == null
                ? String.valueOf(cause)
                : cause.getMessage();
    }

    private void resolved(Peer peer, Name name, List<InetAddress> found) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (InetAddress address : found) {
            addresses.add(new InetSocketAddress(address, name.port));
        }
        boolean news = !addresses.equals(name.addresses) || name.problem != null;
        name.addresses = List.copyOf(addresses);
        name.resolved = Instant.now();
        name.problem = null;
        name.pause = 1;
        if (news) {
            LOG.log(
                    Level.INFO,
                    "the endpoint {0} of peer {1} is at {2}",
                    name.host,
                    peer.publicKey(),
                    texts(addresses));
        }
        // What this machine has a route to says nothing about another network.
        boolean ours = underlay == null;
        peer.endpoints(ours ? RouteProbe.routedFirst(addresses) : addresses, clock.now());
        wake.run();
        tell(() -> listener.endpointResolved(peer.publicKey(), name.addresses));
    }

    private void failed(Peer peer, Name name, Supplier<String> why) {
        String problem = "the endpoint " + name.host + " could not be resolved: " + why.get();
        if (name.problem == null) {
            LOG.log(Level.WARNING, "peer {0}: {1}", peer.publicKey(), problem);
        }
        name.problem = problem;
        tell(() -> listener.endpointUnresolved(peer.publicKey(), problem));
        if (name.addresses.isEmpty()) {
            var _ =
                    loop.schedule(
                            () -> {
                                if (names.get(peer.publicKey()) == name) {
                                    resolve(peer.publicKey());
                                }
                            },
                            name.pause,
                            TimeUnit.SECONDS);
            name.pause = Math.min(2 * name.pause, LONGEST_PAUSE);
        }
    }

    private static void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "the tunnel's listener failed", e);
        }
    }

    private static String texts(List<InetSocketAddress> addresses) {
        List<String> texts = new ArrayList<>();
        for (InetSocketAddress address : addresses) {
            texts.add(DeviceEvents.text(address));
        }
        return String.join(", ", texts);
    }
}
