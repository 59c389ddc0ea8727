package io.culvert.simnet;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.netstack.TcpSettings;
import io.culvert.tunnel.TunnelCore;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A client and a server host that know each other, with a tunnel between them or without. The
 * client routes everything to the server, which forwards for every address ({@link #services}).
 * Below an MTU of 1280 there is no IPv6.
 */
public final class SimPair {
    /** The client's addresses inside. */
    public static final List<InetAddress> CLIENT =
            List.of(address("10.77.0.2"), address("fd77::2"));

    /** The server's addresses inside. */
    public static final List<InetAddress> SERVER =
            List.of(address("10.77.0.1"), address("fd77::1"));

    /** The client's address outside. */
    public static final InetSocketAddress CLIENT_OUTSIDE =
            new InetSocketAddress(address("192.0.2.2"), 40_000);

    /** The server's address outside. */
    public static final InetSocketAddress SERVER_OUTSIDE =
            new InetSocketAddress(address("198.51.100.1"), 51_820);

    private static final int CHUNK = 16 * 1024;

    /** RFC 8200, section 5. */
    private static final int IPV6_MTU = 1280;

    private final SimWorld world;
    private final Options options;
    private final SeededEntropy keys;
    private final PrivateKey serverKey;
    private final List<Identity> identities = new ArrayList<>();
    private final WireGuardCheck check = new WireGuardCheck();
    private SimHost server;
    private final SimServer services = new SimServer();
    private SimHost client;
    private int clientStarts;
    private int serverStarts;

    /** A client as the server knows it. */
    private record Identity(PrivateKey key, PresharedKey presharedKey, List<InetAddress> inside) {}

    /**
     * What can be chosen.
     *
     * @param tunnel whether there is a tunnel; without one, IP packets travel as they are
     * @param mtu of the tunnel, in bytes
     * @param memory capacity of each host's chunk pool in bytes
     * @param keepalive the client's persistent keepalive in seconds, 0 for none
     * @param tcp of both stacks
     */
    public record Options(
            boolean tunnel,
            int mtu,
            long memory,
            int keepalive,
            HostProfile client,
            HostProfile server,
            TcpSettings tcp) {
        public static final Options DEFAULT =
                new Options(
                        true,
                        1420,
                        64L << 20,
                        0,
                        HostProfile.BATCHING,
                        HostProfile.BATCHING,
                        TcpSettings.builder().build());

        public Options withoutTunnel() {
            return new Options(false, mtu, memory, keepalive, client, server, tcp);
        }

        public Options withMtu(int bytes) {
            return new Options(tunnel, bytes, memory, keepalive, client, server, tcp);
        }

        public Options withMemory(long bytes) {
            return new Options(tunnel, mtu, bytes, keepalive, client, server, tcp);
        }

        public Options withKeepalive(int seconds) {
            return new Options(tunnel, mtu, memory, seconds, client, server, tcp);
        }

        public Options withHosts(HostProfile clientProfile, HostProfile serverProfile) {
            return new Options(tunnel, mtu, memory, keepalive, clientProfile, serverProfile, tcp);
        }

        public Options withTcp(TcpSettings settings) {
            return new Options(tunnel, mtu, memory, keepalive, client, server, settings);
        }
    }

    public SimPair(SimWorld world, Options options) {
        this.world = world;
        this.options = options;
        keys = new SeededEntropy(world.random("keys"));
        serverKey = PrivateKey.generate(keys);
        Identity identity = identity(CLIENT);
        if (options.tunnel()) {
            world.network().observe(check);
        }
        server = startServer();
        client = startClient("client", CLIENT_OUTSIDE, identity);
    }

    private Identity identity(List<InetAddress> inside) {
        Identity identity =
                new Identity(PrivateKey.generate(keys), PresharedKey.generate(keys), inside);
        identities.add(identity);
        return identity;
    }

    public SimHost client() {
        return client;
    }

    public SimHost server() {
        return server;
    }

    /** What the server forwards to. */
    public SimServer services() {
        return services;
    }

    /** What was seen of the tunnel on the wire. */
    public WireGuardCheck check() {
        return check;
    }

    /** Sets the faults of both directions. */
    public void profile(LinkProfile up, LinkProfile down) {
        world.network().connect(client.socket(), server.socket(), up, down);
    }

    /** The link from the client to the server. */
    public Link uplink() {
        return world.network().link(client.socket(), server.socket());
    }

    /** The link from the server to the client. */
    public Link downlink() {
        return world.network().link(server.socket(), client.socket());
    }

    /**
     * Starts one more client of the same server, with keys and addresses of its own.
     *
     * @throws IllegalStateException when there is no tunnel
     */
    public SimHost addClient() {
        int number = identities.size() + 2;
        Identity identity =
                identity(List.of(address("10.77.0." + number), address("fd77::" + number)));
        if (!(server.engine() instanceof TunnelEngine tunnel)) {
            throw new IllegalStateException("without a tunnel there is one client");
        }
        server.execute(() -> addPeer(tunnel.core().device(), identity));
        InetSocketAddress outside =
                new InetSocketAddress(address("192.0.2." + number), CLIENT_OUTSIDE.getPort());
        return startClient("client of 10.77.0." + number, outside, identity);
    }

    /**
     * The client crashes, and starts again with the same keys and nothing else. The faults of the
     * links are gone.
     */
    public SimHost restartClient() {
        client.crash();
        client = startClient("client-" + ++clientStarts, CLIENT_OUTSIDE, identities.getFirst());
        return client;
    }

    /** The server crashes, and starts again with the same keys and services and nothing else. */
    public SimHost restartServer() {
        server.crash();
        server = startServer();
        return server;
    }

    private SimHost startClient(String name, InetSocketAddress outside, Identity identity) {
        HostProfile profile = options.client();
        NetStackParts parts = new NetStackParts(name, identity.inside());
        if (!options.tunnel()) {
            HostEngine plain = new PlainEngine(parts.stack, options.mtu(), SERVER_OUTSIDE);
            return start(name, outside, profile, plain, parts);
        }
        long now = profile.clockBase() + world.scheduler().now();
        Device device = new Device(parts.entropy, options.mtu());
        device.privateKey(identity.key(), now);
        Peer peer = device.addPeer(serverKey.publicKey());
        peer.presharedKey(identity.presharedKey());
        peer.allow(Cidr.parse("0.0.0.0/0"));
        peer.allow(Cidr.parse("::/0"));
        peer.endpoint(SERVER_OUTSIDE);
        peer.persistentKeepalive(options.keepalive(), now);
        device.up(now);
        return start(name, outside, profile, engine(name, device, parts), parts);
    }

    private SimHost startServer() {
        String name = serverStarts == 0 ? "server" : "server-" + serverStarts;
        serverStarts++;
        HostProfile profile = options.server();
        NetStackParts parts = new NetStackParts(name, SERVER);
        HostEngine engine = new PlainEngine(parts.stack, options.mtu(), CLIENT_OUTSIDE);
        if (options.tunnel()) {
            long now = profile.clockBase() + world.scheduler().now();
            Device device = new Device(parts.entropy, options.mtu());
            device.privateKey(serverKey, now);
            identities.forEach(identity -> addPeer(device, identity));
            device.up(now);
            engine = engine(name, device, parts);
        }
        SimHost host = start(name, SERVER_OUTSIDE, profile, engine, parts);
        services.forwardOn(host);
        return host;
    }

    private static void addPeer(Device device, Identity identity) {
        Peer peer = device.addPeer(identity.key().publicKey());
        peer.presharedKey(identity.presharedKey());
        identity.inside().forEach(a -> peer.allow(new Cidr(a, a.getAddress().length * 8)));
    }

    private HostEngine engine(String name, Device device, NetStackParts parts) {
        check.expect(name, options.mtu());
        return new TunnelEngine(new TunnelCore(device, parts.stack), options.mtu());
    }

    private SimHost start(
            String name,
            InetSocketAddress outside,
            HostProfile profile,
            HostEngine engine,
            NetStackParts parts) {
        SeededRandom random = world.random(name).stream("host");
        return world.add(
                new SimHost(name, world.network(), outside, profile, random, engine, parts.pool));
    }

    /** A stack and what it is made of. */
    private final class NetStackParts {
        private final SeededEntropy entropy;
        private final ChunkPool pool = new ChunkPool(CHUNK, options.memory());
        private final NetStack stack;

        NetStackParts(String name, List<InetAddress> inside) {
            entropy = new SeededEntropy(world.random(name).stream("entropy"));
            byte[] secret = new byte[32];
            entropy.fill(secret, 0, secret.length);
            boolean ipv6 = options.mtu() >= IPV6_MTU;
            stack =
                    new NetStack(
                            NetStackConfig.builder()
                                    .mtu(options.mtu())
                                    .addresses(ipv6 ? inside : inside.subList(0, 1))
                                    .secret(secret)
                                    .pool(pool)
                                    .tcp(options.tcp())
                                    .build());
        }
    }

    private static InetAddress address(String literal) {
        return InetAddress.ofLiteral(literal);
    }
}
