package io.culvert.proxy;

import io.culvert.tunnel.EndpointResolver;
import io.culvert.tunnel.InterfaceAddress;
import io.culvert.tunnel.TunNetwork;
import io.culvert.tunnel.Tunnel;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.tunnel.TunnelListener;
import io.culvert.tunnel.UapiServer;
import io.culvert.wireguard.Cidr;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel that the whole machine uses by a network interface, as wg-quick makes it: {@link #open},
 * {@link #route}, and {@link #close}, from any thread that is no event loop.
 */
public final class MachineTunnel implements AutoCloseable {
    /** The routing of wg-quick's {@code Table = auto}, and of {@code off}. */
    public static final int TABLE_AUTO = 0;

    public static final int TABLE_OFF = -1;

    /** What WireGuard adds to a packet at most, rounded as wg-quick does. */
    private static final int OVERHEAD = 80;

    private static final int LEAST_MTU = 1280;
    private static final long CLOSE_SECONDS = 8;

    /** To ask for the way of whatever has no way of its own. */
    private static final InetAddress ANYWHERE = InetAddress.ofLiteral("1.1.1.1");

    /**
     * What a file says beside the tunnel's own settings.
     *
     * @param addresses of the interface, such as {@code 10.0.0.2/24}
     * @param mtu 0 = what fits the way to the peers
     * @param table a number, {@link #TABLE_AUTO} or {@link #TABLE_OFF}
     * @param fwmark of the datagrams sent; 0 = none, or one that is free where one is needed
     */
    public record Routing(List<String> addresses, int mtu, int table, int fwmark) {}

    private final WireGuardSettings settings;
    private final Routing routing;
    private final CompletableFuture<@Nullable Throwable> ended = new CompletableFuture<>();
    private @Nullable Sockets sockets;
    private @Nullable TunNetwork network;
    private @Nullable Tunnel tunnel;

    private MachineTunnel(WireGuardSettings settings, Routing routing) {
        this.settings = settings;
        this.routing = routing;
    }

    /**
     * Checks the settings, without any side effect.
     *
     * @param settings as of a {@code wireguard} outbound, whose peers need no endpoint
     * @return null if they are wrong
     */
    public static @Nullable MachineTunnel create(
            ConfigNode settings, Routing routing, Problems problems) {
        WireGuardSettings read = WireGuardReader.ofInterface(problems).read(settings);
        settings.reportUnused(problems);
        return read == null || problems.hasErrors() ? null : new MachineTunnel(read, routing);
    }

    private static InterfaceAddress address(String text) {
        int slash = text.indexOf('/');
        Cidr network = Cidr.parse(text);
        InetAddress host = Cidr.parse(slash < 0 ? text : text.substring(0, slash)).address();
        return new InterfaceAddress(host, network.prefixLength());
    }

    /** Leaves the terminal, whose end would otherwise be the process's. */
    public static void leaveTerminal() {
        TunNetwork.leaveTerminal();
    }

    /**
     * Makes the interface, with nothing on it.
     *
     * @throws StartException with one sentence; then nothing is left
     */
    public void open(String name) throws StartException {
        try {
            TunNetwork.undoOrphans();
            network = TunNetwork.open(name);
        } catch (IOException e) {
            throw new StartException(name + ": " + e.getMessage(), e);
        }
    }

    /**
     * Opens the tunnel, and gives the interface its addresses. Nothing goes by it before {@link
     * #route}, but for what its addresses bring along.
     *
     * @throws StartException with one sentence; {@link #close} has to follow
     */
    public void up() throws StartException {
        TunNetwork onto = opened();
        // Before there are routes: a name server may lie behind the tunnel afterwards.
        KnownEndpoints endpoints = KnownEndpoints.resolve(settings.peers());
        try {
            int mtu = routing.mtu() == 0 ? fittingMtu(onto, endpoints.all()) : routing.mtu();
            Sockets loops = new Sockets(1);
            sockets = loops;
            if (!(loops.loop(0) instanceof IoEventLoop loop)) {
                throw new StartException("a network interface needs Netty's epoll", null);
            }
            TunnelConfig config = config(mtu, endpoints);
            Tunnel made = Tunnel.open(config, onto, loop);
            tunnel = made;
            if (mark() != 0) {
                setMark(made, mark());
            }
            UapiServer.open(made, UapiServer.DEFAULT_DIRECTORY, onto.name());
            onto.up(routing.addresses().stream().map(MachineTunnel::address).toList(), mtu);
        } catch (IOException e) {
            throw new StartException(onto.name() + ": " + e.getMessage(), e);
        }
    }

    private TunNetwork opened() {
        TunNetwork onto = network;
        if (onto == null) {
            throw new IllegalStateException("not open");
        }
        return onto;
    }

    private static int fittingMtu(TunNetwork network, List<InetAddress> endpoints)
            throws IOException {
        int largest = 0;
        for (InetAddress endpoint : endpoints) {
            largest = Math.max(largest, network.mtuTowards(endpoint));
        }
        if (largest == 0) {
            largest = network.mtuTowards(ANYWHERE);
        }
        return largest == 0
                ? TunnelConfig.DEFAULT_MTU
                : Math.clamp(largest - OVERHEAD, LEAST_MTU, TunnelConfig.MAX_MTU);
    }

    private TunnelConfig config(int mtu, EndpointResolver endpoints) {
        TunnelConfig.Builder config =
                settings.tunnel().mtu(mtu).listener(new Events()).endpointResolver(endpoints);
        if (settings.listenPort() != 0) {
            config.listen(new InetSocketAddress(settings.listenPort()));
        }
        for (WireGuardSettings.Peer peer : settings.peers()) {
            config.peer(peer.at(WireGuardOpener.endpoint(peer.endpoint())));
        }
        return config.build();
    }

    private boolean isWholeMachine() {
        return routing.table() == TABLE_AUTO
                && destinations().stream().anyMatch(d -> d.prefixLength() == 0);
    }

    private int mark;

    private int mark() throws IOException {
        if (mark == 0) {
            mark =
                    routing.fwmark() != 0 || !isWholeMachine()
                            ? routing.fwmark()
                            : opened().freeMark();
        }
        return mark;
    }

    /** On its loop, and before anything goes by the tunnel that shouldn't. */
    private static void setMark(Tunnel tunnel, int mark) throws IOException {
        Future<Void> set =
                tunnel.loop()
                        .submit(() -> {
                            tunnel.fwmark(mark);
                            return null;
                        });
        if (!set.awaitUninterruptibly().isSuccess()) {
            throw new SocketException(String.valueOf(set.cause().getMessage()));
        }
    }

    /** The widest last, as the others are ways around it. */
    private List<Cidr> destinations() {
        return settings.peers().stream()
                .flatMap(peer -> peer.allowedIps().stream())
                .distinct()
                .sorted(Comparator.comparingInt(Cidr::prefixLength).reversed())
                .toList();
    }

    /**
     * Sends what the peers are allowed for by the interface.
     *
     * @throws StartException with one sentence; {@link #close} has to follow
     */
    public void route() throws StartException {
        TunNetwork by = opened();
        Tunnel open = tunnel;
        if (routing.table() == TABLE_OFF || open == null) {
            return;
        }
        try {
            List<Cidr> several = new ArrayList<>(destinations());
            if (isWholeMachine()) {
                several.removeIf(d -> d.prefixLength() == 0);
            }
            int table = routing.table() == TABLE_AUTO ? TunNetwork.mainTable() : routing.table();
            by.route(several, table);
            if (isWholeMachine()) {
                for (Cidr all : destinations()) {
                    if (all.prefixLength() == 0) {
                        boolean ipv6 = all.address() instanceof Inet6Address;
                        by.carryEverything(ipv6, mark(), open.local().getPort());
                    }
                }
            }
        } catch (IOException e) {
            throw new StartException(by.name() + ": " + e.getMessage(), e);
        }
    }

    /** What the system has to forget if this process dies, for {@link #undo}. */
    public List<String> made() {
        return opened().made();
    }

    /**
     * Takes away what a process that died had made.
     *
     * @param made as {@link #made} told it
     * @throws IOException if something is left
     */
    public static void undo(List<String> made) throws IOException {
        TunNetwork.undo(made);
    }

    /** Completed when the tunnel ended: with null after {@link #close}, or else why it failed. */
    public CompletableFuture<@Nullable Throwable> ended() {
        return ended;
    }

    /** Takes everything away again. */
    @Override
    public void close() {
        Tunnel open = tunnel;
        TunNetwork made = network;
        tunnel = null;
        network = null;
        if (open != null) {
            open.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
        if (made != null) {
            try {
                made.close(); // the tunnel did, if there was one
            } catch (IOException e) {
                Log.warning("a routing rule is left behind: " + e.getMessage());
            }
        }
        if (sockets != null) {
            sockets.close().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        }
        ended.complete(null);
    }

    private final class Events implements TunnelListener {
        @Override
        public void closed(@Nullable Throwable cause) {
            ended.complete(cause);
        }
    }
}
