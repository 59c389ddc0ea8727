package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * Any number of senders and receivers whose data share one bottleneck, in virtual time: the
 * standard topology for judging congestion control. Real stacks, no object per packet; 200 Mb/s for
 * 40 s take about a second.
 */
final class Dumbbell {
    static final long SECOND = 1_000_000_000L;
    static final long MILLI = 1_000_000L;
    static final int PORT = 80;
    static final int MTU = 1420;

    /** Payload of a full segment over the bytes it takes on the wire. */
    static final double PAYLOAD_SHARE = 1368.0 / Bottleneck.wire(MTU);

    private static final int KIND_SHIFT = 60;
    private static final int HOST_SHIFT = 32;
    private static final long ARRIVAL = 0;
    private static final long WAKE = 1;
    private static final long ACTION = 2;
    private static final long BIG_BUFFER = 64L << 20;

    final PacketSlots packets = new PacketSlots();
    final Bottleneck bottleneck;
    final List<DumbbellPath> paths = new ArrayList<>();
    private final EventHeap events = new EventHeap();
    private final List<Runnable> actions = new ArrayList<>();
    private final long seed;
    long now = 1000 * SECOND;

    /** Called after every event. */
    Runnable inspector = () -> {};

    /**
     * @param queueBytes that may wait in front of the bottleneck
     */
    Dumbbell(long seed, long bitsPerSecond, long queueBytes) {
        this.seed = seed;
        bottleneck = new Bottleneck(packets, bitsPerSecond, queueBytes);
    }

    /** A bottleneck whose queue is {@code queue} times the product of rate and round trip. */
    static Dumbbell of(long seed, double megabits, double roundTripMillis, double queue) {
        long rate = Math.round(megabits * 1e6);
        return new Dumbbell(seed, rate, (long) (rate / 8e3 * roundTripMillis * queue));
    }

    /** A number for the seed of one of many random streams. */
    long seed(int stream) {
        return new Random(seed * 31 + stream).nextLong();
    }

    DumbbellPath path(double roundTripMillis) {
        return path(roundTripMillis, b -> b, b -> b);
    }

    /** A path whose sender uses CUBIC. */
    DumbbellPath cubic(double roundTripMillis) {
        return path(roundTripMillis, b -> b.congestionControl(CongestionAlgorithm.CUBIC), b -> b);
    }

    /**
     * Another pair of hosts.
     *
     * @param sending settings of the sender's stack, {@code receiving} of the receiver's
     */
    DumbbellPath path(
            double roundTripMillis,
            UnaryOperator<TcpSettings.Builder> sending,
            UnaryOperator<TcpSettings.Builder> receiving) {
        int index = paths.size();
        DumbbellPath path =
                new DumbbellPath(
                        this,
                        index,
                        config("10.0.0.1", 4 * index, sending),
                        config("10.0.0.2", 4 * index + 1, receiving),
                        seed(4 * index + 2));
        paths.add(path);
        return path.roundTrip((long) (roundTripMillis * MILLI));
    }

    private NetStackConfig config(
            String address, int stream, UnaryOperator<TcpSettings.Builder> settings) {
        byte[] secret = new byte[32];
        new Random(seed(stream)).nextBytes(secret);
        TcpSettings.Builder tcp =
                TcpSettings.builder().maxReceiveBuffer(BIG_BUFFER).maxSendBuffer(BIG_BUFFER);
        return NetStackConfig.builder()
                .mtu(MTU)
                .addresses(List.of(Host.address(address)))
                .secret(secret)
                .pool(new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 4 * BIG_BUFFER))
                .tcp(settings.apply(tcp).build())
                .build();
    }

    void arriveAt(long time, int host, int packet) {
        events.add(time, ARRIVAL << KIND_SHIFT | (long) host << HOST_SHIFT | packet);
    }

    void wakeAt(long time, int host) {
        events.add(time, WAKE << KIND_SHIFT | (long) host << HOST_SHIFT);
    }

    /** Does something after a while. */
    void after(long nanos, Runnable action) {
        actions.add(action);
        events.add(now + nanos, ACTION << KIND_SHIFT | (actions.size() - 1));
    }

    /** Does something again and again, from {@code interval} after now on. */
    void every(long interval, Runnable action) {
        int number = actions.size();
        Runnable again =
                () -> {
                    action.run();
                    events.add(now + interval, ACTION << KIND_SHIFT | number);
                };
        after(interval, again);
    }

    /** The next event; false: none comes before {@code until}, which it is now. */
    private boolean step(long until) {
        long departure = bottleneck.departsAt();
        long first = events.firstTime();
        long next = Math.min(departure, first);
        if (next > until) {
            now = until;
            return false;
        }
        now = next;
        if (departure <= first) {
            int packet = bottleneck.depart();
            paths.get(packets.path(packet)).departed(packet);
            return true;
        }
        long event = events.take();
        int host = (int) (event >>> HOST_SHIFT) & 0xffff;
        int kind = (int) (event >>> KIND_SHIFT);
        if (kind == ACTION) {
            actions.get((int) event).run();
        } else if (kind == WAKE) {
            host(host).wake(now);
        } else {
            arrivals(host, (int) event);
        }
        inspector.run();
        return true;
    }

    private void arrivals(int host, int packet) {
        DumbbellHost h = host(host);
        h.arrive(packet);
        long following = ARRIVAL << KIND_SHIFT | host;
        while (events.firstTime() == now && events.firstEvent() >>> HOST_SHIFT == following) {
            h.arrive((int) events.take());
        }
        h.arrived();
    }

    private DumbbellHost host(int number) {
        DumbbellPath path = paths.get(number >> 1);
        return (number & 1) == 0 ? path.sender : path.receiver;
    }

    void run(long nanos) {
        long end = now + nanos;
        while (step(end)) {
            // goes on
        }
    }

    void runSeconds(double seconds) {
        run((long) (seconds * SECOND));
    }

    /** Runs until the condition holds; fails when it takes longer than {@code limit}. */
    void runUntil(BooleanSupplier done, long limit) {
        long end = now + limit;
        while (!done.getAsBoolean()) {
            if (!step(end)) {
                assertThat(done.getAsBoolean()).as("done within " + limit + " ns").isTrue();
                return;
            }
        }
    }

    /** Begins to measure. */
    Interval interval() {
        return new Interval(this);
    }
}
