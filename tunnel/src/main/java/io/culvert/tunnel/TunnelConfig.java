package io.culvert.tunnel;

import io.culvert.netstack.CongestionAlgorithm;
import io.culvert.netstack.NetStackConfig;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a tunnel is made with. Immutable. */
public final class TunnelConfig {
    /** What WireGuard gives its interface on an Ethernet path: 1500 less 80 of overhead. */
    public static final int DEFAULT_MTU = 1420;

    /** The largest packet whose encrypted form still fits a UDP datagram over IPv4. */
    public static final int MAX_MTU = 65_472;

    /** Memory for received data and small writes of all connections together, in bytes. */
    public static final long DEFAULT_MEMORY = 64L << 20;

    /** Below this a handful of connections could not be kept going. */
    public static final long MIN_MEMORY = 1 << 20;

    /** How long {@link Tunnel#close} waits for connections to end in order. */
    public static final Duration DEFAULT_CLOSE_GRACE = Duration.ofSeconds(2);

    private static final int MIN_MTU_IPV6 = 1280;

    private final PrivateKey privateKey;
    private final List<InetAddress> addresses;
    private final int mtu;
    private final @Nullable InetSocketAddress listen;
    private final List<Peer> peers;
    private final byte @Nullable [] reserved;
    private final CongestionAlgorithm congestion;
    private final long memory;
    private final Duration closeGrace;
    private final TunnelListener listener;
    private final EndpointResolver endpointResolver;
    private final List<SocketOption> socketOptions;
    private final @Nullable Underlay underlay;

    /**
     * A WireGuard peer.
     *
     * @param presharedKey mixed into the handshake; null for none
     * @param endpoint where it is: an address, or a name (unresolved) that is resolved when the
     *     tunnel opens and whenever the peer doesn't answer; null to wait until it calls
     * @param allowedIps destinations that go to it, and sources that it may use
     * @param persistentKeepalive seconds, 0..65535; 0 is off
     * @param reserved the three reserved bytes of what is sent to it; null for the tunnel's
     */
    @SuppressWarnings("ArrayRecordComponent") // copied in and out, and nobody compares peers
    public record Peer(
            PublicKey publicKey,
            @Nullable PresharedKey presharedKey,
            @Nullable InetSocketAddress endpoint,
            List<Cidr> allowedIps,
            int persistentKeepalive,
            byte @Nullable [] reserved) {
        /** A peer that has the tunnel's reserved bytes. */
        public Peer(
                PublicKey publicKey,
                @Nullable PresharedKey presharedKey,
                @Nullable InetSocketAddress endpoint,
                List<Cidr> allowedIps,
                int persistentKeepalive) {
            this(publicKey, presharedKey, endpoint, allowedIps, persistentKeepalive, null);
        }

        /**
         * @throws IllegalArgumentException with the offending value
         */
        public Peer {
            allowedIps = List.copyOf(allowedIps);
            if (endpoint != null && endpoint.getPort() == 0) {
                throw new IllegalArgumentException("endpoint " + endpoint + " has no port");
            }
            if (persistentKeepalive < 0 || persistentKeepalive > 65535) {
                throw new IllegalArgumentException(
                        "persistentKeepalive " + persistentKeepalive + " is not within 0..65535");
            }
            if (reserved != null && reserved.length != Framing.RESERVED_LENGTH) {
                throw new IllegalArgumentException(
                        "reserved is 3 bytes or none, not " + reserved.length);
            }
            reserved = reserved == null ? null : reserved.clone();
        }

        @Override
        public byte @Nullable [] reserved() {
            return reserved == null ? null : reserved.clone();
        }

        /** The same peer with reserved bytes of its own. */
        public Peer withReserved(byte[] bytes) {
            return new Peer(
                    publicKey, presharedKey, endpoint, allowedIps, persistentKeepalive, bytes);
        }
    }

    private TunnelConfig(Builder b, PrivateKey privateKey) {
        this.privateKey = privateKey;
        addresses = List.copyOf(b.addresses);
        mtu = b.mtu;
        listen = b.listen;
        peers = List.copyOf(b.peers);
        reserved = b.reserved == null ? null : b.reserved.clone();
        congestion = b.congestion;
        memory = b.memory;
        closeGrace = b.closeGrace;
        listener = b.listener;
        endpointResolver = b.endpointResolver;
        socketOptions = List.copyOf(b.socketOptions);
        underlay = b.underlay;
    }

    public static Builder builder() {
        return new Builder();
    }

    public PrivateKey privateKey() {
        return privateKey;
    }

    public List<InetAddress> addresses() {
        return addresses;
    }

    public int mtu() {
        return mtu;
    }

    public @Nullable InetSocketAddress listen() {
        return listen;
    }

    public List<Peer> peers() {
        return peers;
    }

    public byte @Nullable [] reserved() {
        return reserved == null ? null : reserved.clone();
    }

    public CongestionAlgorithm congestion() {
        return congestion;
    }

    public long memory() {
        return memory;
    }

    public Duration closeGrace() {
        return closeGrace;
    }

    public TunnelListener listener() {
        return listener;
    }

    public EndpointResolver endpointResolver() {
        return endpointResolver;
    }

    public List<SocketOption> socketOptions() {
        return socketOptions;
    }

    public @Nullable Underlay underlay() {
        return underlay;
    }

    /** Collects the settings; {@link #build} checks them. */
    public static final class Builder {
        private static final TunnelListener SILENT = new TunnelListener() {};

        private @Nullable PrivateKey privateKey;
        private final List<InetAddress> addresses = new ArrayList<>();
        private int mtu = DEFAULT_MTU;
        private @Nullable InetSocketAddress listen;
        private final List<Peer> peers = new ArrayList<>();
        private byte @Nullable [] reserved;
        private CongestionAlgorithm congestion = CongestionAlgorithm.BBR;
        private long memory = DEFAULT_MEMORY;
        private Duration closeGrace = DEFAULT_CLOSE_GRACE;
        private TunnelListener listener = SILENT;
        private EndpointResolver endpointResolver = EndpointResolver.system();
        private List<SocketOption> socketOptions = List.of();
        private @Nullable Underlay underlay;

        private Builder() {}

        /** Our own key. Required. The tunnel keeps a copy. */
        public Builder privateKey(PrivateKey key) {
            privateKey = key;
            return this;
        }

        /** Our own addresses inside the tunnel. None is fine for a tunnel that only forwards. */
        public Builder addresses(List<InetAddress> own) {
            addresses.clear();
            addresses.addAll(own);
            return this;
        }

        /**
         * Largest packet inside the tunnel in bytes, 576..{@value TunnelConfig#MAX_MTU}, with an
         * IPv6 address of ours at least 1280. Default {@value TunnelConfig#DEFAULT_MTU}.
         */
        public Builder mtu(int bytes) {
            mtu = bytes;
            return this;
        }

        /**
         * Where the UDP socket is bound: a wildcard address means both families, any other its own
         * family alone; port 0 or null let the system choose. Default null.
         */
        public Builder listen(@Nullable InetSocketAddress address) {
            listen = address;
            return this;
        }

        /** Adds a peer. */
        public Builder peer(Peer peer) {
            peers.add(peer);
            return this;
        }

        /**
         * The three bytes behind the message type of every datagram sent, which the protocol has as
         * zero and some servers want to be something else; a peer may have its own. Null for zero.
         */
        public Builder reserved(byte @Nullable [] bytes) {
            reserved = bytes == null ? null : bytes.clone();
            return this;
        }

        /**
         * How the connections inside the tunnel decide how much to send. Default {@link
         * CongestionAlgorithm#BBR}.
         */
        public Builder congestion(CongestionAlgorithm algorithm) {
            congestion = algorithm;
            return this;
        }

        /** Memory budget in bytes. Default {@link TunnelConfig#DEFAULT_MEMORY}, 64 MiB. */
        public Builder memory(long bytes) {
            memory = bytes;
            return this;
        }

        /** How long {@link Tunnel#close} waits for connections to end. Default 2 s. */
        public Builder closeGrace(Duration grace) {
            closeGrace = grace;
            return this;
        }

        /** Who hears what happens. Default: nobody. */
        public Builder listener(TunnelListener listener) {
            this.listener = listener;
            return this;
        }

        /** Who resolves endpoints that are names. Default: the operating system. */
        public Builder endpointResolver(EndpointResolver resolver) {
            endpointResolver = resolver;
            return this;
        }

        /**
         * What is set on each UDP socket before it is bound; where one can't be set the tunnel
         * doesn't open. Default: nothing.
         */
        public Builder socketOptions(List<SocketOption> options) {
            socketOptions = options;
            return this;
        }

        /**
         * What carries the datagrams instead of UDP sockets of this machine; null for sockets, the
         * default. {@link #listen} and {@link #socketOptions} are of no use beside it.
         */
        public Builder underlay(@Nullable Underlay carrier) {
            underlay = carrier;
            return this;
        }

        /**
         * Checks and freezes the settings.
         *
         * @throws IllegalArgumentException with the offending value
         */
        public TunnelConfig build() {
            PrivateKey key = privateKey;
            if (key == null) {
                throw new IllegalArgumentException("privateKey is missing");
            }
            boolean ipv6 = addresses.stream().anyMatch(Inet6Address.class::isInstance);
            int least = ipv6 ? MIN_MTU_IPV6 : NetStackConfig.MIN_MTU;
            require(mtu >= least && mtu <= MAX_MTU, "mtu", mtu);
            require(memory >= MIN_MEMORY, "memory", memory);
            require(!closeGrace.isNegative(), "closeGrace", closeGrace);
            if (reserved != null) {
                int length = reserved.length;
                require(length == Framing.RESERVED_LENGTH, "length of reserved", length);
            }
            if (listen != null) {
                require(!listen.isUnresolved(), "listen", listen);
            }
            Set<PublicKey> keys = new HashSet<>();
            for (Peer peer : peers) {
                require(keys.add(peer.publicKey()), "publicKey used twice", peer.publicKey());
            }
            return new TunnelConfig(this, key);
        }

        private static void require(boolean holds, String name, Object value) {
            if (!holds) {
                throw new IllegalArgumentException(name + " is not possible: " + value);
            }
        }
    }
}
