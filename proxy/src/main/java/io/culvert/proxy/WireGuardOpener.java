package io.culvert.proxy;

import io.culvert.tunnel.PeerChanges;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opens an outbound's tunnel when it is first needed, and again if it broke. Endpoints that are
 * names are the tunnel's to resolve, outside of it; here it is remembered which could not be.
 */
final class WireGuardOpener {
    private static final Session NOBODY =
            new Session(
                    Dialer.OURS,
                    new InetSocketAddress(0),
                    null,
                    Destination.of(Network.UDP, "0.0.0.0", 0),
                    "");

    private final String tag;
    private final NameResolver system;
    private final EventLoop home;

    /** Why a peer has no address; home loop only. */
    private final Map<PublicKey, String> complaints = new LinkedHashMap<>();

    private volatile @Nullable Tunnel tunnel;

    /** Who is given each tunnel that opens; home loop only. */
    private final List<Consumer<Tunnel>> users = new ArrayList<>();

    // Home loop only.
    private Dialer dialer;
    private NameResolver outside;
    private WireGuardSettings settings;

    /** Done once no tunnel that was given up is there any more. */
    private Future<?> retired;

    /** Who opened the tunnel. */
    private Session opener = NOBODY;

    private boolean closed;

    /**
     * An opener for one outbound.
     *
     * @param dialer how the tunnel's datagrams travel
     * @param outside resolves the names of endpoints
     */
    WireGuardOpener(
            String tag,
            WireGuardSettings settings,
            Dialer dialer,
            NameResolver outside,
            EventLoop home) {
        this.tag = tag;
        this.settings = settings;
        this.dialer = dialer;
        this.system = outside;
        this.outside = settings.endpointOrder().over(outside);
        this.home = home;
        this.retired = home.newSucceededFuture(null);
    }

    /** The tunnel if it is open. Any thread. */
    @Nullable Tunnel current() {
        return tunnel;
    }

    /** Opens the tunnel for nobody in particular. */
    Future<Tunnel> open() {
        return open(NOBODY);
    }

    /**
     * Opens the tunnel unless it is open. Any thread.
     *
     * @param asked who wants it, which decides where it leaves from if the file says so
     * @return on the tunnel's loop; fails with a {@link DialException}
     */
    Future<Tunnel> open(Session asked) {
        Promise<Tunnel> result = home.newPromise();
        if (home.inEventLoop()) {
            open(asked, result);
        } else {
            home.execute(() -> open(asked, result));
        }
        return result;
    }

    /**
     * Opens the tunnel unless it is open, and gives it to somebody on its loop; from then on also
     * each that takes its place. Any thread.
     */
    void whenOpen(Consumer<Tunnel> user) {
        home.execute(() -> {
            users.add(user);
            Tunnel open = tunnel;
            if (open == null) {
                openOrWarn(NOBODY);
            } else {
                user.accept(open);
            }
        });
    }

    /** Gives no more tunnels to somebody. Any thread. */
    void forget(Consumer<Tunnel> user) {
        home.execute(() -> users.remove(user));
    }

    private void openOrWarn(Session asked) {
        open(asked)
                .addListener(opened -> {
                    if (!opened.isSuccess() && !closed) {
                        Log.warning(String.valueOf(opened.cause().getMessage()));
                    }
                });
    }

    private void open(Session asked, Promise<Tunnel> result) {
        DialException refusal = dialer.refusal();
        if (refusal != null) {
            result.setFailure(refusal);
            return;
        }
        Tunnel open = tunnel;
        if (open != null) {
            result.setSuccess(open);
            return;
        }
        if (closed) {
            result.setFailure(new DialException(Failure.OTHER, "the proxy is closing"));
            return;
        }
        if (!retired.isDone()) { // it may have the port
            retired.addListener(done -> open(asked, result));
            return;
        }
        complaints.clear();
        opener = asked;
        try {
            open = KernelTun.open(tag, settings, config(asked), home);
            if (settings.management() != null) {
                settings.management().open(open);
            }
            tunnel = open;
            result.setSuccess(open);
            for (Consumer<Tunnel> user : List.copyOf(users)) {
                user.accept(open);
            }
        } catch (StartException e) {
            if (open != null) {
                var _ = open.close();
            }
            result.setFailure(new DialException(Failure.OTHER, String.valueOf(e.getMessage()), e));
        } catch (TunnelException e) {
            result.setFailure(
                    new DialException(
                            Failure.OTHER,
                            "the tunnel of outbound " + tag + " does not open: " + e.getMessage(),
                            e));
        }
    }

    private TunnelConfig config(Session asked) {
        TunnelConfig.Builder config =
                settings.tunnel().listener(new Events()).endpointResolver(this::endpoint);
        carry(config, asked);
        for (WireGuardSettings.Peer peer : settings.peers()) {
            config.peer(peer.at(endpoint(peer.endpoint())));
        }
        return config.build();
    }

    private void carry(TunnelConfig.Builder config, Session asked) {
        Session outer = Dialer.toServer(asked, NOBODY.destination());
        dialer.carry(config, outer, settings.listenPort());
    }

    /** The address that the way fixes, else what the file's resolver says. */
    private Future<List<InetAddress>> endpoint(String name, EventLoop loop) {
        InetAddress pinned = dialer.pinned();
        return pinned == null
                ? outside.resolve(name, loop)
                : loop.newSucceededFuture(List.of(pinned));
    }

    /** Where a peer is as a file says: an address, or a name for the tunnel to resolve. */
    static @Nullable InetSocketAddress endpoint(@Nullable HostPort place) {
        if (place == null) {
            return null;
        }
        InetAddress literal = Destination.literal(place.host());
        return literal == null
                ? InetSocketAddress.createUnresolved(place.host(), place.port())
                : new InetSocketAddress(literal, place.port());
    }

    /**
     * What to say of a failed dial: if a peer has no address, that is why nobody answered. Home
     * loop only.
     */
    Throwable explain(Throwable failure) {
        boolean unanswered =
                failure instanceof DialException e
                        && (e.failure() == Failure.TIMEOUT || e.failure() == Failure.RESOLVE);
        return unanswered && !complaints.isEmpty()
                ? new DialException(
                        Failure.RESOLVE,
                        "outbound " + tag + ": " + complaints.values().iterator().next(),
                        failure)
                : failure;
    }

    /** Takes other peers; the tunnel, if it is open, goes on with the rest. Any thread. */
    void update(WireGuardSettings next) {
        home.execute(() -> take(next));
    }

    private void take(WireGuardSettings next) {
        PeerChanges changes = PeerDifference.between(settings.peers(), next.peers());
        settings = next;
        complaints.keySet().removeAll(changes.removed());
        Tunnel open = tunnel;
        if (open != null) {
            var _ = open.peers(changes);
        }
    }

    /**
     * Takes another way to the peers, and other peers. The tunnel, if it is open, goes on with its
     * sessions and connections; where it can't, they end, and it is opened anew by whoever needs
     * it. Any thread.
     */
    void reroute(WireGuardSettings next, Dialer below) {
        home.execute(() -> {
            dialer = below;
            outside = next.endpointOrder().over(system);
            take(next);
            Tunnel open = tunnel;
            if (open == null) {
                return;
            }
            TunnelConfig.Builder way = settings.tunnel();
            carry(way, opener);
            open.reroute(way.build())
                    .addListener(done -> {
                        if (done.isSuccess()) {
                            Log.info("outbound " + tag + ": its tunnel goes on by another way");
                        } else {
                            giveUp(open, done.cause());
                        }
                    });
        });
    }

    /** The tunnel ends the way it has; the next takes the other. */
    private void giveUp(Tunnel open, Throwable cause) {
        if (open.equals(tunnel)) {
            tunnel = null;
            Log.warning(
                    "outbound "
                            + tag
                            + ": its tunnel cannot go on by another way, and is opened anew: "
                            + cause.getMessage());
            retired = open.close();
            if (settings.management() != null || !users.isEmpty()) {
                openOrWarn(opener);
            }
        }
    }

    /** Closes the tunnel for good. Any thread. */
    Future<?> close() {
        Promise<Void> done = home.newPromise();
        home.execute(() -> {
            closed = true;
            Tunnel open = tunnel;
            tunnel = null;
            Future<?> last = open == null ? retired : open.close();
            last.addListener(ended -> retired.addListener(gone -> done.trySuccess(null)));
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
        }

        @Override
        public void endpointResolved(PublicKey peer, List<InetSocketAddress> addresses) {
            complaints.remove(peer);
        }

        @Override
        public void endpointUnresolved(PublicKey peer, String reason) {
            complaints.put(peer, reason);
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
