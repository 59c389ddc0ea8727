package io.culvert.proxy;

import io.culvert.tunnel.Tunnel;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.tunnel.TunnelException;
import io.culvert.tunnel.TunnelListener;
import io.culvert.wireguard.PublicKey;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Opens an outbound's tunnel when it is first needed, and again if it broke. Endpoints that are
 * names are resolved by the operating system: before the tunnel opens, again while they have no
 * address, and whenever a peer stopped answering.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of tasks that nobody waits for
final class WireGuardOpener {
    private static final long RETRY_SECONDS = 10;

    private final String tag;
    private final WireGuardSettings settings;
    private final NameResolver system;
    private final EventLoop home;
    private final Map<PublicKey, HostPort> named = new HashMap<>();
    private @Nullable Promise<Tunnel> opening;
    private volatile @Nullable Tunnel tunnel;
    private boolean closed;

    WireGuardOpener(String tag, WireGuardSettings settings, Services services, EventLoop home) {
        this.tag = tag;
        this.settings = settings;
        this.system = settings.order().over(services.systemResolver());
        this.home = home;
        for (WireGuardSettings.Peer peer : settings.peers()) {
            HostPort endpoint = peer.endpoint();
            if (endpoint != null && Destination.literal(endpoint.host()) == null) {
                named.put(peer.publicKey(), endpoint);
            }
        }
    }

    /** The tunnel if it is open. Any thread. */
    @Nullable Tunnel current() {
        return tunnel;
    }

    /**
     * Opens the tunnel unless it is open. Any thread.
     *
     * @return on the tunnel's loop; fails with a {@link DialException}
     */
    Future<Tunnel> open() {
        Promise<Tunnel> result = home.newPromise();
        if (home.inEventLoop()) {
            open(result);
        } else {
            home.execute(() -> open(result));
        }
        return result;
    }

    private void open(Promise<Tunnel> result) {
        Tunnel open = tunnel;
        if (open != null) {
            result.setSuccess(open);
            return;
        }
        if (closed) {
            result.setFailure(new DialException(Failure.OTHER, "the proxy is closing"));
            return;
        }
        Promise<Tunnel> underway = opening;
        if (underway == null) {
            underway = home.newPromise();
            opening = underway;
            begin(underway);
        }
        underway.addListener((Future<Tunnel> done) -> {
            if (done.isSuccess()) {
                result.setSuccess(done.getNow());
            } else {
                result.setFailure(done.cause());
            }
        });
    }

    private void begin(Promise<Tunnel> underway) {
        Map<PublicKey, InetSocketAddress> endpoints = new HashMap<>();
        List<WireGuardSettings.Peer> waiting = new ArrayList<>();
        for (WireGuardSettings.Peer peer : settings.peers()) {
            HostPort endpoint = peer.endpoint();
            if (endpoint == null) {
                continue;
            }
            InetAddress literal = Destination.literal(endpoint.host());
            if (literal == null) {
                waiting.add(peer);
            } else {
                endpoints.put(peer.publicKey(), new InetSocketAddress(literal, endpoint.port()));
            }
        }
        resolve(waiting, endpoints, underway);
    }

    private void resolve(
            List<WireGuardSettings.Peer> waiting,
            Map<PublicKey, InetSocketAddress> endpoints,
            Promise<Tunnel> underway) {
        if (waiting.isEmpty()) {
            openWith(endpoints, underway);
            return;
        }
        WireGuardSettings.Peer peer = waiting.removeFirst();
        HostPort endpoint = named.get(peer.publicKey());
        if (endpoint == null) {
            resolve(waiting, endpoints, underway);
            return;
        }
        system.resolve(endpoint.host(), home)
                .addListener((Future<List<InetAddress>> resolved) -> {
                    if (resolved.isSuccess()) {
                        endpoints.put(
                                peer.publicKey(),
                                EndpointChoice.of(resolved.getNow(), endpoint.port()));
                    } else {
                        Log.warning(complaint(endpoint));
                    }
                    resolve(waiting, endpoints, underway);
                });
    }

    private void openWith(Map<PublicKey, InetSocketAddress> endpoints, Promise<Tunnel> underway) {
        opening = null;
        if (endpoints.isEmpty() && settings.management() == null) {
            underway.setFailure(
                    new DialException(
                            Failure.RESOLVE,
                            "no endpoint of outbound " + tag + " could be resolved"));
            return;
        }
        if (closed) {
            underway.setFailure(new DialException(Failure.OTHER, "the proxy is closing"));
            return;
        }
        try {
            Tunnel open = Tunnel.open(config(endpoints), home);
            if (settings.management() != null) {
                settings.management().open(open);
            }
            tunnel = open;
            for (PublicKey peer : named.keySet()) {
                if (!endpoints.containsKey(peer)) {
                    home.schedule(() -> resolveAgain(peer), RETRY_SECONDS, TimeUnit.SECONDS);
                }
            }
            underway.setSuccess(open);
        } catch (StartException e) {
            underway.setFailure(
                    new DialException(Failure.OTHER, String.valueOf(e.getMessage()), e));
        } catch (TunnelException e) {
            underway.setFailure(
                    new DialException(
                            Failure.OTHER,
                            "the tunnel of outbound " + tag + " does not open: " + e.getMessage(),
                            e));
        }
    }

    private TunnelConfig config(Map<PublicKey, InetSocketAddress> endpoints) {
        TunnelConfig.Builder config = settings.tunnel().listener(new Events());
        if (settings.listenPort() != 0) {
            config.listen(new InetSocketAddress(settings.listenPort()));
        }
        for (WireGuardSettings.Peer peer : settings.peers()) {
            config.peer(peer.at(endpoints.get(peer.publicKey())));
        }
        return config.build();
    }

    private void resolveAgain(PublicKey peer) {
        HostPort endpoint = named.get(peer);
        if (endpoint == null || tunnel == null) {
            return;
        }
        system.resolve(endpoint.host(), home)
                .addListener((Future<List<InetAddress>> resolved) -> {
                    Tunnel open = tunnel;
                    if (open == null) {
                        return;
                    }
                    if (resolved.isSuccess()) {
                        open.endpoint(peer, EndpointChoice.of(resolved.getNow(), endpoint.port()));
                    } else {
                        Log.warning(complaint(endpoint));
                        home.schedule(() -> resolveAgain(peer), RETRY_SECONDS, TimeUnit.SECONDS);
                    }
                });
    }

    private String complaint(HostPort endpoint) {
        return "outbound " + tag + ": the endpoint " + endpoint.host() + " could not be resolved";
    }

    /** Closes the tunnel for good. Any thread. */
    Future<?> close() {
        Promise<Void> done = home.newPromise();
        home.execute(() -> {
            closed = true;
            Tunnel open = tunnel;
            tunnel = null;
            if (open == null) {
                done.setSuccess(null);
            } else {
                open.close().addListener(ended -> done.trySuccess(null));
            }
        });
        return done;
    }

    /** What the tunnel tells, on its loop. */
    private final class Events implements TunnelListener {
        @Override
        public void handshakeCompleted(PublicKey peer) {
            Log.debug("outbound " + tag + ": session with peer " + peer);
        }

        @Override
        public void handshakeGaveUp(PublicKey peer) {
            Log.info("outbound " + tag + ": peer " + peer + " does not answer");
            resolveAgain(peer);
        }

        @Override
        public void closed(@Nullable Throwable cause) {
            if (cause != null) {
                Log.warning("outbound " + tag + ": the tunnel failed: " + cause.getMessage());
                tunnel = null;
            }
        }
    }
}
