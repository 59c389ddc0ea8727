package io.culvert.netstack;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a stack is made with. Immutable; the defaults suit a tunnel. */
public final class NetStackConfig {
    /** RFC 791: every module must be able to forward 68, and every host to take 576. */
    public static final int MIN_MTU = 576;

    /** Largest total length of an IP packet. */
    public static final int MAX_MTU = 65535;

    /** MTU that WireGuard gives its interface on an Ethernet path. */
    public static final int DEFAULT_MTU = 1420;

    private static final long SECOND = 1_000_000_000L;

    private final int mtu;
    private final List<InetAddress> addresses;
    private final byte[] secret;
    private final ChunkPool pool;
    private final SendBudget sendBudget;
    private final EchoPolicy forwardedEcho;
    private final boolean answerHopLimitExceeded;
    private final int icmpPerSecond;
    private final int icmpBurst;
    private final int hopLimit;
    private final int smallestFragment;
    private final int udpFlows;
    private final int udpFlowsPerParty;
    private final UdpMapping udpMapping;
    private final int udpQueueBytes;
    private final long udpIdleNanos;
    private final long udpDnsIdleNanos;
    private final TcpSettings tcp;

    private NetStackConfig(Builder b, byte[] secret, ChunkPool pool) {
        mtu = b.mtu;
        addresses = List.copyOf(b.addresses);
        this.secret = secret;
        this.pool = pool;
        sendBudget = b.sendBudget == null ? new SendBudget(pool.capacity()) : b.sendBudget;
        forwardedEcho = b.forwardedEcho;
        answerHopLimitExceeded = b.answerHopLimitExceeded;
        icmpPerSecond = b.icmpPerSecond;
        icmpBurst = b.icmpBurst;
        hopLimit = b.hopLimit;
        smallestFragment = b.smallestFragment;
        udpFlows = b.udpFlows;
        udpFlowsPerParty = b.udpFlowsPerParty > 0 ? b.udpFlowsPerParty : perParty(b.udpFlows);
        udpMapping = b.udpMapping;
        udpQueueBytes = b.udpQueueBytes;
        boolean cone = udpMapping == UdpMapping.CONE;
        udpIdleNanos = b.udpIdleNanos > 0 ? b.udpIdleNanos : (cone ? 300 : 120) * SECOND;
        udpDnsIdleNanos = b.udpDnsIdleNanos;
        tcp = b.tcp;
    }

    /** Two thirds: whoever comes second still finds room (netstack.md c.4). */
    private static int perParty(int all) {
        return Math.max(1, (int) (all * 2L / 3));
    }

    /** Settings with their defaults; the secret has none. */
    public static Builder builder() {
        return new Builder();
    }

    /** Largest packet in both directions, bytes. */
    public int mtu() {
        return mtu;
    }

    /** The stack's own addresses; the first of a family is the source of what it starts. */
    public List<InetAddress> addresses() {
        return addresses;
    }

    /** What flows may hold of the memory that is lent to them for sending. */
    public SendBudget sendBudget() {
        return sendBudget;
    }

    /** The memory budget. */
    public ChunkPool pool() {
        return pool;
    }

    /** What happens to echo requests to forwarded addresses. */
    public EchoPolicy forwardedEcho() {
        return forwardedEcho;
    }

    /** Whether a forwarded packet at the end of its hop limit is answered. */
    public boolean answerHopLimitExceeded() {
        return answerHopLimitExceeded;
    }

    /** ICMP errors to one host in a second, at most. */
    public int icmpPerSecond() {
        return icmpPerSecond;
    }

    /** ICMP errors to one host at once, at most. */
    public int icmpBurst() {
        return icmpBurst;
    }

    /** TTL or hop limit of what the stack sends. */
    public int hopLimit() {
        return hopLimit;
    }

    /** Payload bytes that a fragment must have unless it is its datagram's last. */
    public int smallestFragment() {
        return smallestFragment;
    }

    /** Most forwarded UDP flows. */
    public int udpFlows() {
        return udpFlows;
    }

    /** Most forwarded UDP flows of one peer or, where peers aren't known, of one address. */
    public int udpFlowsPerParty() {
        return udpFlowsPerParty;
    }

    /** What makes a forwarded UDP flow. */
    public UdpMapping udpMapping() {
        return udpMapping;
    }

    /** Bytes that a UDP socket queues at most, in each direction. */
    public int udpQueueBytes() {
        return udpQueueBytes;
    }

    /** After how long without traffic a forwarded UDP flow is closed, nanoseconds. */
    public long udpIdleNanos() {
        return udpIdleNanos;
    }

    /** The same for a flow that only ever spoke to port 53 and got an answer. */
    public long udpDnsIdleNanos() {
        return udpDnsIdleNanos;
    }

    public TcpSettings tcp() {
        return tcp;
    }

    /** Key of a hash of its own for each purpose. */
    SipHash hash(int purpose) {
        return SipHash.derive(secret, purpose);
    }

    /** Collects the settings; {@link #build} checks them. */
    public static final class Builder {
        private int mtu = DEFAULT_MTU;
        private final List<InetAddress> addresses = new ArrayList<>();
        private byte @Nullable [] secret;
        private @Nullable ChunkPool pool;
        private @Nullable SendBudget sendBudget;
        private EchoPolicy forwardedEcho = EchoPolicy.DROP;
        private boolean answerHopLimitExceeded = true;
        private int icmpPerSecond = 1000;
        private int icmpBurst = 50;
        private int hopLimit = IpHeader.HOP_LIMIT;
        private int smallestFragment = 256;
        private int udpFlows = 8192;
        private int udpFlowsPerParty;
        private UdpMapping udpMapping = UdpMapping.CONE;
        private int udpQueueBytes = 512 * 1024;
        private long udpIdleNanos;
        private long udpDnsIdleNanos = 15 * SECOND;
        private TcpSettings tcp = TcpSettings.DEFAULT;

        private Builder() {}

        /**
         * Largest packet, {@value NetStackConfig#MIN_MTU}..{@value NetStackConfig#MAX_MTU}; IPv6
         * needs 1280.
         */
        public Builder mtu(int bytes) {
            mtu = bytes;
            return this;
        }

        /** The stack's own addresses. None is fine for a stack that only forwards. */
        public Builder addresses(List<InetAddress> own) {
            addresses.clear();
            addresses.addAll(own);
            return this;
        }

        /** 32 random bytes, from which sequence numbers, ports and table hashes come. Required. */
        public Builder secret(byte[] random) {
            secret = random.clone();
            return this;
        }

        /**
         * What flows may hold of the memory that is lent to them for sending. Default: one of its
         * own, as large as the memory budget.
         */
        public Builder sendBudget(SendBudget shared) {
            sendBudget = shared;
            return this;
        }

        /** The memory budget. Default: 64 MiB of its own. */
        public Builder pool(ChunkPool shared) {
            pool = shared;
            return this;
        }

        /**
         * Echo requests to forwarded addresses; as of those to own addresses, ten thousand a second
         * of one host at most. Default: dropped.
         */
        public Builder forwardedEcho(EchoPolicy policy) {
            forwardedEcho = policy;
            return this;
        }

        /**
         * Whether a packet to a forwarded address whose hop limit ends here is answered with ICMP
         * time exceeded, which makes traceroute honest. Default: true.
         */
        public Builder answerHopLimitExceeded(boolean answer) {
            answerHopLimitExceeded = answer;
            return this;
        }

        /**
         * ICMP errors sent to one host at most: a second, and at once. All hosts together get four
         * times as many. Default: 1000 and 50.
         */
        public Builder icmpRate(int perSecond, int burst) {
            icmpPerSecond = perSecond;
            icmpBurst = burst;
            return this;
        }

        /** TTL or hop limit of what the stack sends, 1..255. Default: 64. */
        public Builder hopLimit(int value) {
            hopLimit = value;
            return this;
        }

        /**
         * Payload bytes that a fragment must have unless it is its datagram's last, 8..1280:
         * smaller ones only serve to use up memory and time. Default: 256.
         */
        public Builder smallestFragment(int bytes) {
            smallestFragment = bytes;
            return this;
        }

        /** Most forwarded UDP flows; beyond it the longest idle one gives way. Default: 8192. */
        public Builder udpFlows(int most) {
            udpFlows = most;
            return this;
        }

        /**
         * Of those, of one peer or, where peers aren't known, of one address; beyond it its own
         * longest idle one gives way. Default: two thirds.
         */
        public Builder udpFlowsPerParty(int most) {
            udpFlowsPerParty = most;
            return this;
        }

        /** What makes a forwarded UDP flow. Default: {@link UdpMapping#CONE}. */
        public Builder udpMapping(UdpMapping mapping) {
            udpMapping = mapping;
            return this;
        }

        /** Bytes that a UDP socket queues at most, in each direction. Default: 512 KiB. */
        public Builder udpQueueBytes(int bytes) {
            udpQueueBytes = bytes;
            return this;
        }

        /**
         * After how long a forwarded UDP flow without traffic is closed: in general (RFC 4787
         * section 4.3 recommends 5 minutes, the default; of {@link UdpMapping#FLOW} 2 minutes), and
         * when it only ever spoke to port 53 and got an answer (default 15 s; twice as long before
         * the answer). Traffic of both directions counts.
         */
        public Builder udpIdle(long nanos, long dnsNanos) {
            require(nanos > 0, "udpIdleNanos", nanos);
            udpIdleNanos = nanos;
            udpDnsIdleNanos = dnsNanos;
            return this;
        }

        /** Numbers of TCP. */
        public Builder tcp(TcpSettings settings) {
            tcp = settings;
            return this;
        }

        /**
         * Checks and freezes the settings.
         *
         * @throws IllegalArgumentException with the offending value
         */
        public NetStackConfig build() {
            byte[] key = secret;
            if (key == null || key.length != 32) {
                throw new IllegalArgumentException("secret must be 32 random bytes");
            }
            require(mtu >= MIN_MTU && mtu <= MAX_MTU, "mtu", mtu);
            require(
                    icmpPerSecond >= 0 && icmpPerSecond <= 1_000_000,
                    "icmpPerSecond",
                    icmpPerSecond);
            require(icmpBurst >= 0 && icmpBurst <= 1_000_000, "icmpBurst", icmpBurst);
            require(udpFlows > 0, "udpFlows", udpFlows);
            require(udpQueueBytes >= 4096, "udpQueueBytes", udpQueueBytes);
            require(udpFlowsPerParty >= 0, "udpFlowsPerParty", udpFlowsPerParty);
            require(hopLimit >= 1 && hopLimit <= 255, "hopLimit", hopLimit);
            require(
                    smallestFragment >= 8 && smallestFragment <= IpHeader.V6_MIN_MTU,
                    "smallestFragment",
                    smallestFragment);
            require(udpDnsIdleNanos > 0, "udpDnsIdleNanos", udpDnsIdleNanos);
            for (InetAddress a : addresses) {
                long hi = IpAddress.hi(a);
                long lo = IpAddress.lo(a);
                if (!IpAddress.isUnicast(hi, lo)) {
                    throw new IllegalArgumentException(
                            "address " + a.getHostAddress() + " can't be an interface's own");
                }
                if (!IpAddress.isV4(hi, lo) && mtu < IpHeader.V6_MIN_MTU) {
                    throw new IllegalArgumentException(
                            "mtu " + mtu + " is below 1280, which IPv6 needs (RFC 8200 section 5)");
                }
            }
            ChunkPool budget = pool;
            if (budget == null) {
                budget = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 64L << 20);
            }
            return new NetStackConfig(this, key, budget);
        }

        private static void require(boolean holds, String name, long value) {
            if (!holds) {
                throw new IllegalArgumentException(name + " is out of range: " + value);
            }
        }
    }
}
