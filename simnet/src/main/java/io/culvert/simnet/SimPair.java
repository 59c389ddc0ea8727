package io.culvert.simnet;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.tunnel.TunnelCore;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
    private final PrivateKey clientKey;
    private final PrivateKey serverKey;
    private final PresharedKey presharedKey;
    private final WireGuardCheck check = new WireGuardCheck();
    private SimHost server;
    private final SimServer services = new SimServer();
    private SimHost client;
    private int clients;
    private int servers;

    /**
     * What can be chosen.
     *
     * @param tunnel whether there is a tunnel; without one, IP packets travel as they are
     * @param mtu of the tunnel, in bytes
     * @param memory capacity of each host's chunk pool in bytes
     * @param keepalive the client's persistent keepalive in seconds, 0 for none
     */
    public record Options(
            boolean tunnel,
            int mtu,
            long memory,
            int keepalive,
            HostProfile client,
            HostProfile server) {
        public static final Options DEFAULT =
                new Options(true, 1420, 64L << 20, 0, HostProfile.BATCHING, HostProfile.BATCHING);

        public Options withoutTunnel() {
            return new Options(false, mtu, memory, keepalive, client, server);
        }

        public Options withMtu(int bytes) {
            return new Options(tunnel, bytes, memory, keepalive, client, server);
        }

        public Options withMemory(long bytes) {
            return new Options(tunnel, mtu, bytes, keepalive, client, server);
        }

        public Options withKeepalive(int seconds) {
            return new Options(tunnel, mtu, memory, seconds, client, server);
        }

        public Options withHosts(HostProfile clientProfile, HostProfile serverProfile) {
            return new Options(tunnel, mtu, memory, keepalive, clientProfile, serverProfile);
        }
    }

    public SimPair(SimWorld world, Options options) {
        this.world = world;
        this.options = options;
        SeededEntropy entropy = new SeededEntropy(world.random("keys"));
        clientKey = PrivateKey.generate(entropy);
        serverKey = PrivateKey.generate(entropy);
        presharedKey = PresharedKey.generate(entropy);
        if (options.tunnel()) {
            world.network().observe(check);
        }
        server = startServer();
        services.forwardOn(server);
        client = startClient();
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
     * The client crashes, and starts again with the same keys and nothing else. The faults of the
     * links are gone.
     */
    public SimHost restartClient() {
        client.crash();
        client = startClient();
        return client;
    }

    /** The server crashes, and starts again with the same keys and services and nothing else. */
    public SimHost restartServer() {
        server.crash();
        server = startServer();
        services.forwardOn(server);
        return server;
    }

    private SimHost startClient() {
        String name = clients == 0 ? "client" : "client-" + clients;
        clients++;
        return start(name, CLIENT_OUTSIDE, CLIENT, options.client());
    }

    private SimHost startServer() {
        String name = servers == 0 ? "server" : "server-" + servers;
        servers++;
        return start(name, SERVER_OUTSIDE, SERVER, options.server());
    }

    private SimHost start(
            String name, InetSocketAddress outside, List<InetAddress> inside, HostProfile profile) {
        boolean isServer = outside.equals(SERVER_OUTSIDE);
        SeededRandom random = world.random(name);
        SeededEntropy entropy = new SeededEntropy(random.stream("entropy"));
        byte[] secret = new byte[32];
        entropy.fill(secret, 0, secret.length);
        ChunkPool pool = new ChunkPool(CHUNK, options.memory());
        List<InetAddress> addresses =
                options.mtu() < IPV6_MTU ? inside.subList(0, 1) : inside; // the first is IPv4
        NetStackConfig config =
                NetStackConfig.builder()
                        .mtu(options.mtu())
                        .addresses(addresses)
                        .secret(secret)
                        .pool(pool)
                        .build();
        NetStack stack = new NetStack(config);
        HostEngine engine;
        if (options.tunnel()) {
            check.expect(name, options.mtu());
            Device device = new Device(entropy, options.mtu());
            configure(device, isServer, profile.clockBase() + world.scheduler().now());
            engine = new TunnelEngine(new TunnelCore(device, stack), options.mtu());
        } else {
            engine =
                    new PlainEngine(
                            stack, options.mtu(), isServer ? CLIENT_OUTSIDE : SERVER_OUTSIDE);
        }
        SimHost host =
                new SimHost(
                        name,
                        world.network(),
                        outside,
                        profile,
                        random.stream("host"),
                        engine,
                        pool);
        return world.add(host);
    }

    private void configure(Device device, boolean isServer, long now) {
        device.privateKey(isServer ? serverKey : clientKey, now);
        Peer peer = device.addPeer((isServer ? clientKey : serverKey).publicKey());
        peer.presharedKey(presharedKey);
        if (isServer) {
            CLIENT.forEach(a -> peer.allow(new Cidr(a, a.getAddress().length * 8)));
        } else {
            peer.allow(Cidr.parse("0.0.0.0/0"));
            peer.allow(Cidr.parse("::/0"));
            peer.endpoint(SERVER_OUTSIDE);
            peer.persistentKeepalive(options.keepalive(), now);
        }
        device.up(now);
    }

    private static InetAddress address(String literal) {
        return InetAddress.ofLiteral(literal);
    }
}
