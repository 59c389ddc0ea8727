package io.culvert.bench;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.Forwarder;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.netstack.TcpForwardRequest;
import io.culvert.netstack.UdpSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * A flood of SYNs from random sources at a stack that has established connections: what share of
 * their throughput is kept, and how much memory the flood costs. In memory and on one thread, in
 * real time; the far ends are templates, so that nearly all of the time is the stack's.
 */
public final class SynFlood {
    private static final int MTU = 1420;
    private static final int PORT = 443;
    private static final int FLOWS = 8;
    private static final int TRAIN = 44;
    private static final int OWN = 0x0a000002;
    private static final int ELSEWHERE = 0x08080808;

    /** Different SYNs, more than any table holds; then they come again. */
    private static final int SYNS = 1 << 20;

    private static final double SECONDS = 2;
    private static final int ROUNDS = 5;

    /** Where the SYNs go. */
    private enum Target {
        /** Nobody listens, nobody forwards. */
        CLOSED_PORT,
        LISTENER,
        /** All to one destination; the dials never end. */
        FORWARDER,
        /** Each to one of 65,536 destinations; the dials never end. */
        FORWARDER_ANYWHERE
    }

    private final MemorySegment out = Arena.ofAuto().allocate(MTU);
    private final DiscardingHandler sink = new DiscardingHandler();
    private final List<SegmentPeer> peers = new ArrayList<>();
    private final MemorySegment syns;
    private final NetStack stack;
    private final ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 64L << 20);
    private int nextSyn;

    /** A dispatcher whose dials never end. */
    private static final class Dials implements Forwarder {
        private long asked;

        @Override
        public void tcp(TcpForwardRequest request) {
            asked++;
            request.onCancel(() -> asked--);
        }

        @Override
        public void udp(UdpSocket flow) {
            flow.close();
        }
    }

    private SynFlood(Target target, MemorySegment syns) {
        this.syns = syns;
        stack =
                new NetStack(
                        NetStackConfig.builder()
                                .mtu(MTU)
                                .addresses(List.of(InetAddress.ofLiteral("10.0.0.2")))
                                .secret(new byte[32])
                                .pool(pool)
                                .build());
        long now = System.nanoTime();
        stack.listen(null, PORT, c -> sink);
        for (int i = 0; i < FLOWS; i++) {
            int ports = (40_000 + i) << 16 | PORT;
            SegmentPeer peer =
                    new SegmentPeer(stack, 0x0a000001, OWN, ports, MTU - SegmentPeer.HEADERS);
            peer.open(out, now);
            peers.add(peer);
        }
        if (target == Target.FORWARDER || target == Target.FORWARDER_ANYWHERE) {
            stack.forwarder(new Dials());
        }
    }

    /**
     * Prints a table.
     *
     * @param args how many SYNs a second; 200,000 without
     */
    public static void main(String[] args) {
        double rate = args.length == 0 ? 200_000 : Double.parseDouble(args[0]);
        System.out.printf(
                Locale.ROOT,
                "%,.0f SYN/s from random sources beside %d connections that receive%n%n",
                rate,
                FLOWS);
        System.out.printf(
                "%-20s %10s %10s %7s %10s %9s%n",
                "SYNs to", "Mb/s", "flooded", "kept", "half-open", "heap MB");
        for (Target target : Target.values()) {
            measure(target, rate);
        }
    }

    private static void measure(Target target, double rate) {
        SynFlood flood = new SynFlood(target, syns(target));
        flood.run(SECONDS, 0);
        flood.run(SECONDS, rate);
        double calm = 0;
        double flooded = 0;
        for (int i = 0; i < ROUNDS; i++) {
            calm += flood.run(SECONDS, 0);
            flooded += flood.run(SECONDS, rate);
        }
        int halfOpen = flood.stack.liveFlows() - FLOWS;
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        double heap = (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
        System.out.printf(
                Locale.ROOT,
                "%-20s %10.0f %10.0f %6.0f%% %10d %9.1f%n",
                target.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                calm / ROUNDS,
                flooded / ROUNDS,
                100 * flooded / calm,
                halfOpen,
                heap);
    }

    private static MemorySegment syns(Target target) {
        SplittableRandom random = new SplittableRandom(1);
        MemorySegment all = Arena.ofAuto().allocate((long) SYNS * SegmentPeer.SYN_LENGTH);
        for (int i = 0; i < SYNS; i++) {
            // 16.0.0.0/4: neither our own nor anything that no host has.
            int source = 1 << 28 | random.nextInt(1 << 28);
            int destination =
                    switch (target) {
                        case CLOSED_PORT, LISTENER -> OWN;
                        case FORWARDER -> ELSEWHERE;
                        case FORWARDER_ANYWHERE -> ELSEWHERE + (random.nextInt() & 0xffff);
                    };
            int port = target == Target.CLOSED_PORT ? PORT + 1 : PORT;
            int ports = random.nextInt(1024, 65536) << 16 | port;
            MemorySegment syn =
                    all.asSlice((long) i * SegmentPeer.SYN_LENGTH, SegmentPeer.SYN_LENGTH);
            SegmentPeer.syn(syn, source, destination, ports, random.nextInt());
        }
        return all;
    }

    /** Throughput in Mb/s of payload. */
    private double run(double seconds, double synsPerSecond) {
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        long before = sink.bytes;
        double owed = 0;
        long last = start;
        int flow = 0;
        for (long now = start; now < end; now = System.nanoTime()) {
            owed += (now - last) * synsPerSecond / 1e9;
            last = now;
            for (; owed >= 1; owed--) {
                stack.input(
                        syns, (long) nextSyn * SegmentPeer.SYN_LENGTH, SegmentPeer.SYN_LENGTH, now);
                nextSyn = (nextSyn + 1) % SYNS;
            }
            SegmentPeer peer = peers.get(flow);
            flow = (flow + 1) % FLOWS;
            for (int i = 0; i < TRAIN; i++) {
                peer.send(now);
            }
            turn(now);
        }
        return (sink.bytes - before) * 8 / (seconds * 1e6);
    }

    private void turn(long now) {
        stack.endBatch(now);
        if (stack.nextDeadline() <= now) {
            stack.handleTimers(now);
        }
        stack.deliver();
        while (stack.pull(out, 0, MTU, now) > 0) {
            // to whoever it may be
        }
    }
}
