package io.culvert.proxy;

import io.culvert.netstack.Refusal;
import io.culvert.tunnel.PeerChanges;
import io.culvert.tunnel.PingRequest;
import io.culvert.tunnel.TcpRequest;
import io.culvert.tunnel.Tunnel;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.tunnel.TunnelException;
import io.culvert.tunnel.TunnelForwarder;
import io.culvert.tunnel.TunnelStats;
import io.culvert.tunnel.UdpFlow;
import io.culvert.wireguard.PublicKey;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuard server: every TCP connection and UDP flow inside the tunnel goes to the dispatcher.
 * Dial first: a client's SYN is answered when the destination has been reached, and refused in the
 * way in which the destination refused.
 */
final class WireGuardInbound implements Inbound, TunnelForwarder {
    private final InboundSpec spec;
    private final InboundIdentity identity;
    private final WireGuardSettings settings;
    private final Services services;
    private final Dispatcher dispatcher;
    private final EventLoop loop;
    private final UdpSessions sessions;
    private volatile @Nullable Tunnel tunnel;

    /** Who the file says that peers are. */
    private volatile Map<PublicKey, PeerUser> users;

    /** As they were given last; under the proxy's lock. */
    private List<WireGuardSettings.Peer> peers;

    /**
     * An inbound that is not open yet.
     *
     * @param loop where the tunnel is going to live
     */
    WireGuardInbound(
            InboundSpec spec,
            WireGuardSettings settings,
            Services services,
            Dispatcher dispatcher,
            EventLoop loop) {
        this.spec = spec;
        this.identity = spec.identity();
        this.settings = settings;
        this.services = services;
        this.dispatcher = dispatcher;
        this.loop = loop;
        this.sessions = new UdpSessions(loop);
        this.peers = settings.peers();
        this.users = users(peers);
    }

    private static Map<PublicKey, PeerUser> users(List<WireGuardSettings.Peer> peers) {
        Map<PublicKey, PeerUser> users = new HashMap<>();
        for (WireGuardSettings.Peer peer : peers) {
            if (!peer.user().equals(PeerUser.NOBODY)) {
                users.put(peer.publicKey(), peer.user());
            }
        }
        return users;
    }

    /**
     * Who speaks from an address inside: whose allowed IPs have it now, whoever gave it them. On
     * the tunnel's loop.
     */
    private PeerUser user(InetAddress source) {
        Map<PublicKey, PeerUser> known = users;
        Tunnel open = tunnel;
        PublicKey peer = known.isEmpty() || open == null ? null : open.peerOf(source);
        return peer == null ? PeerUser.NOBODY : known.getOrDefault(peer, PeerUser.NOBODY);
    }

    @Override
    public InboundIdentity identity() {
        return identity;
    }

    @Override
    public List<InetSocketAddress> addresses() {
        Tunnel open = tunnel;
        return open == null ? List.of() : List.of(open.local());
    }

    @Override
    public Optional<TunnelStats> tunnelStats() {
        return Optional.ofNullable(tunnel).map(Tunnel::stats);
    }

    @Override
    public void start() throws StartException {
        TunnelConfig.Builder config = settings.tunnel().reserved(null);
        config.listen(spec.address(spec.ports().getFirst()));
        config.socketOptions(spec.sockets().udp());
        for (WireGuardSettings.Peer peer : peers) {
            config.peer(peer.at(null));
        }
        try {
            Tunnel open = Tunnel.open(config.build(), loop);
            if (settings.management() != null) {
                settings.management().open(open);
            }
            tunnel = open;
            open.forward(this);
        } catch (TunnelException e) {
            throw spec.cannotListen(
                    Network.UDP, spec.ports().getFirst(), e.getCause() == null ? e : e.getCause());
        }
        Log.info("wireguard inbound " + identity.label() + " on " + addresses());
    }

    @Override
    public @Nullable Runnable update(InboundSettings settings) {
        Tunnel open = tunnel;
        if (!(settings instanceof WireGuardSettings next) || open == null) {
            return null;
        }
        return () -> {
            PeerChanges changes = PeerDifference.between(peers, next.peers());
            peers = next.peers();
            users = users(peers);
            var _ = open.peers(changes);
        };
    }

    @Override
    public Future<?> close() {
        Tunnel open = tunnel;
        if (open == null) {
            return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
        }
        loop.execute(sessions::close);
        return open.close();
    }

    @Override
    public void tcp(TcpRequest request) {
        Destination to = Destination.of(Network.TCP, request.destination());
        PeerUser user = user(request.source().getAddress());
        Session session =
                new Session(identity, request.source(), null, to, user.name())
                        .atLevel(user.level());
        if (identity.sniffing().isWorthIt(session, dispatcher)) {
            accept(
                    request,
                    client ->
                            ForwardedConnection.open(
                                    client,
                                    Parking.of(client),
                                    session,
                                    dispatcher,
                                    services.policy(session)),
                    () -> {});
            return;
        }
        Future<Flow> dialing = dispatcher.connect(session, loop);
        request.onCancel(() -> dialing.cancel(false));
        dialing.addListener((Future<Flow> done) -> answer(request, done));
    }

    private void answer(TcpRequest request, Future<Flow> done) {
        if (done.isSuccess()) {
            Flow flow = done.getNow();
            accept(
                    request,
                    client -> Relay.splice(client, flow, services.policy(flow.session())),
                    () -> {
                        flow.end();
                        Relay.reset(flow.remote());
                    });
        } else if (done.cause() instanceof DialException failure) {
            byte[] farewell = failure.farewell();
            if (farewell == null) {
                request.refuse(refusal(failure.failure()));
            } else {
                accept(
                        request,
                        client -> LingeringClose.after(client, Unpooled.wrappedBuffer(farewell)),
                        () -> {});
            }
        }
    }

    private void accept(TcpRequest request, Consumer<DuplexChannel> then, Runnable otherwise) {
        ChannelFuture accepting = request.accept(new Sockets.ParkingInitializer());
        services.open().add(accepting.channel());
        accepting.addListener(done -> {
            if (done.isSuccess()) {
                then.accept((DuplexChannel) accepting.channel());
            } else {
                otherwise.run();
            }
        });
    }

    /** What the client sees of a destination that was not reached. */
    private static Refusal refusal(Failure failure) {
        return switch (failure) {
            case REFUSED, OTHER -> Refusal.RESET;
            case HOST_UNREACHABLE, RESOLVE -> Refusal.HOST_UNREACHABLE;
            case NET_UNREACHABLE -> Refusal.NET_UNREACHABLE;
            case DENIED -> Refusal.PROHIBITED;
            case TIMEOUT, BLACKHOLED -> Refusal.SILENT;
        };
    }

    @Override
    public void ping(PingRequest request) {
        Destination to =
                Destination.of(Network.ICMP, new InetSocketAddress(request.destination(), 0));
        InetSocketAddress client = new InetSocketAddress(request.source(), 0);
        PeerUser user = user(request.source());
        Session session =
                new Session(identity, client, null, to, user.name()).atLevel(user.level());
        Ping.relay(request, session, dispatcher, loop);
    }

    @Override
    public void udp(UdpFlow flow) {
        PeerUser user = user(flow.source().getAddress());
        Session base =
                new Session(
                                identity,
                                flow.source(),
                                null,
                                Destination.of(Network.UDP, "0.0.0.0", 0),
                                user.name())
                        .atLevel(user.level());
        if (WireGuardFlow.accept(flow, base, dispatcher, sessions) == null) {
            flow.refuse(Refusal.SILENT);
        }
    }
}
