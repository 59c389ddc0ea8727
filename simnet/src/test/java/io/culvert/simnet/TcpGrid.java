package io.culvert.simnet;

import io.culvert.netstack.CongestionAlgorithm;
import io.culvert.netstack.TcpSettings;
import java.util.List;

/**
 * A point of the grid in which TCP has to prove itself: a path, both stacks, and what their
 * applications do.
 *
 * @param congestion control of both ends
 * @param roundTrip of the path without queue, nanoseconds
 * @param loss probability that a packet is lost, in each direction
 * @param burst share of time in which the path loses everything
 * @param reorder probability that a packet is held back for up to half a round trip
 * @param duplicate probability that a packet comes twice
 * @param jitter share of the delay by which it varies, in order
 * @param corrupt probability that a bit flips
 * @param narrow when packets of more than 1200 bytes (1300 of IPv6) begin to vanish unheard
 * @param rate of the bottleneck, bytes a millisecond; 0 for none
 * @param queue of the bottleneck in round trips at that rate
 * @param buffers of both ends
 * @param behaviour of the applications
 * @param ipv6 whether inside is IPv6
 */
record TcpGrid(
        CongestionAlgorithm congestion,
        long roundTrip,
        double loss,
        double burst,
        double reorder,
        double duplicate,
        double jitter,
        double corrupt,
        Narrow narrow,
        long rate,
        double queue,
        Buffers buffers,
        Behaviour behaviour,
        boolean ipv6) {
    static final int MTU = 1420;
    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;
    private static final int NARROW_V4 = 1200;
    private static final int NARROW_V6 = 1300;

    /** Outside, around the packet (IPv4 and UDP). */
    private static final int OVERHEAD = 28;

    private static final int LEAST_QUEUE = 6_000;

    /** Twice BBR's least window: a flow that probes a path which holds less loses much of it. */
    private static final int LEAST_PROBED = 8 * MTU;

    private static final double BURST_NANOS = 20 * MILLI;

    /** When the path becomes narrow without a word. */
    enum Narrow {
        NEVER,
        FROM_THE_START,
        IN_BETWEEN
    }

    /** Receive buffer at first and at most, send buffer at most, memory of the stack, KiB. */
    enum Buffers {
        DEFAULT(128, 16_384, 16_384, 65_536),
        FIXED(128, 128, 256, 65_536),
        SMALL(16, 64, 64, 65_536),
        TINY(4, 4, 8, 65_536),
        SCARCE(128, 16_384, 16_384, 768);

        final long receive;
        private final long mostReceive;
        private final long send;
        private final long memory;

        Buffers(long receive, long mostReceive, long send, long memory) {
            this.receive = receive << 10;
            this.mostReceive = mostReceive << 10;
            this.send = send << 10;
            this.memory = memory << 10;
        }
    }

    /** What the two applications do. */
    enum Behaviour {
        UPLOAD,
        DOWNLOAD,
        BOTH_WAYS,
        CHATTY,
        QUESTIONS_AND_ANSWERS,
        PAUSES_BETWEEN_WRITES,
        SLOW_READERS,
        READER_STOPS,
        IDLE_FOR_MINUTES,
        CLIENT_ABORTS,
        SERVER_ABORTS,
        CLIENT_CLOSES_EARLY,
        SERVER_CLOSES_EARLY
    }

    /** The values of each dimension; a point takes one of each. */
    private static final List<List<?>> VALUES =
            List.of(
                    List.of(CongestionAlgorithm.values()),
                    List.of(
                            200 * MICRO,
                            2 * MILLI,
                            20 * MILLI,
                            60 * MILLI,
                            150 * MILLI,
                            400 * MILLI),
                    List.of(0.0, 0.0, 0.001, 0.01, 0.03, 0.1),
                    List.of(0.0, 0.0, 0.005, 0.03),
                    List.of(0.0, 0.0, 0.001, 0.02, 0.2),
                    List.of(0.0, 0.0, 0.01, 0.1),
                    List.of(0.0, 0.1, 0.5),
                    List.of(0.0, 0.0, 0.001, 0.02),
                    List.of(Narrow.values()),
                    List.of(0L, 0L, 125L, 1_250L, 25_000L),
                    List.of(0.1, 0.5, 1.0, 4.0),
                    List.of(Buffers.values()),
                    List.of(Behaviour.values()),
                    List.of(false, true));

    /** How many values each dimension has; those that stand there twice are more frequent. */
    static int[] sizes() {
        return VALUES.stream().mapToInt(List::size).toArray();
    }

    /** The coordinates of a seed's point. */
    static int[] coordinates(SeededRandom random) {
        return VALUES.stream().mapToInt(values -> random.nextInt(values.size())).toArray();
    }

    static TcpGrid at(int[] coordinates) {
        Object[] v = new Object[coordinates.length];
        for (int i = 0; i < v.length; i++) {
            v[i] = VALUES.get(i).get(coordinates[i]);
        }
        return new TcpGrid(
                (CongestionAlgorithm) v[0],
                (Long) v[1],
                (Double) v[2],
                (Double) v[3],
                (Double) v[4],
                (Double) v[5],
                (Double) v[6],
                (Double) v[7],
                (Narrow) v[8],
                (Long) v[9],
                (Double) v[10],
                (Buffers) v[11],
                (Behaviour) v[12],
                (Boolean) v[13]);
    }

    SimPair.Options options(SeededRandom random) {
        TcpSettings tcp =
                TcpSettings.builder()
                        .congestionControl(congestion)
                        .receiveBuffer(buffers.receive)
                        .maxReceiveBuffer(buffers.mostReceive)
                        .maxSendBuffer(buffers.send)
                        .build();
        return SimPair.Options.DEFAULT
                .withoutTunnel()
                .withMtu(MTU)
                .withMemory(buffers.memory)
                .withTcp(tcp)
                .withHosts(HostProfile.random(random), HostProfile.random(random));
    }

    /** Both directions of the path. */
    LinkProfile path(boolean narrowNow) {
        int most = ipv6 ? NARROW_V6 : NARROW_V4;
        return LinkProfile.PERFECT
                .but()
                .delay(roundTrip / 2, (long) (jitter * (roundTrip / 2.0)))
                .loss(loss)
                .burst(BurstLoss.of(burst, BURST_NANOS))
                .reorder(reorder, roundTrip / 2)
                .duplicate(duplicate)
                .corrupt(corrupt, 1)
                .rate(rate, queueBytes())
                .mtu((narrowNow ? most : MTU) + OVERHEAD)
                .build();
    }

    private double bdp() {
        return rate * (roundTrip / (double) MILLI);
    }

    private long queueBytes() {
        return Math.max(LEAST_QUEUE, (long) (bdp() * queue));
    }

    /** Whether what a flow may send at once fits: also three trains of a millisecond. */
    boolean holdsATrain() {
        return rate == 0 || bdp() + queueBytes() >= Math.max(LEAST_PROBED, 3 * rate);
    }

    /**
     * Bytes of payload that a packet carries at least, when the path was found to be narrow. By
     * chance, the first that would fit is lost too, and the search begins further down.
     */
    int leastSegment() {
        if (narrow == Narrow.NEVER) {
            return MTU - 100;
        }
        return lost() == 0 ? 1000 : 450;
    }

    /** Chance that a packet doesn't arrive as it was. */
    double lost() {
        return loss + burst + corrupt;
    }

    /**
     * Seconds that so many bytes take at the rate of the bottleneck, of the window, or of Mathis et
     * al. (1997), whichever is the slowest, and slow start.
     */
    double idealSeconds(long bytes) {
        double seconds = roundTrip / 1e9 * (1 + jitter / 2) + 0.004;
        double rate = Math.min(buffers.receive, buffers.send) / seconds;
        rate = Math.min(rate, leastSegment() / seconds * 1.22 / Math.sqrt(Math.max(lost(), 1e-9)));
        if (this.rate > 0) {
            rate = Math.min(rate, this.rate * 900.0);
        }
        double slowStart = 3 + Math.log(Math.max(bytes, 14_600) / 14_600.0) / Math.log(2);
        return bytes / rate + slowStart * seconds;
    }
}
