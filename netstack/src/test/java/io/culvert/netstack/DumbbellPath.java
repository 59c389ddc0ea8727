package io.culvert.netstack;

import java.util.SplittableRandom;

/**
 * A sender and a receiver of a {@link Dumbbell} and what lies between them beside the bottleneck:
 * propagation, loss behind the bottleneck, jitter, reordering, and the way back, whose rate is
 * unlimited.
 */
final class DumbbellPath {
    final DumbbellHost sender;
    final DumbbellHost receiver;
    final CountingReader reader = new CountingReader();
    private final Dumbbell net;
    private final int index;
    private final SplittableRandom random;

    /** One way, nanoseconds. */
    long forwardDelay;

    long backwardDelay;
    PacketLoss forwardLoss = PacketLoss.NONE;
    PacketLoss backwardLoss = PacketLoss.NONE;

    /** Added at random on the way forward, up to this. */
    long jitter;

    /** Whether jitter lets packets overtake each other. */
    boolean jitterReorders;

    /** Packets on the way back come only at multiples of this; 0: any time. */
    long slot;

    private long lastForward = Long.MIN_VALUE;
    private long lastBackward = Long.MIN_VALUE;

    private long holdInterval;
    private int holdPackets;
    private long nextHold = Bottleneck.NEVER;
    private int held = -1;
    private int heldFor;

    DumbbellPath(
            Dumbbell net, int index, NetStackConfig sending, NetStackConfig receiving, long seed) {
        this.net = net;
        this.index = index;
        random = new SplittableRandom(seed);
        sender = new DumbbellHost(net, this, 2 * index, true, sending);
        receiver = new DumbbellHost(net, this, 2 * index + 1, false, receiving);
        receiver.stack.listen(null, Dumbbell.PORT, c -> reader);
    }

    DumbbellPath roundTrip(long nanos) {
        forwardDelay = nanos / 2;
        backwardDelay = nanos - nanos / 2;
        return this;
    }

    long roundTrip() {
        return forwardDelay + backwardDelay;
    }

    /** Every {@code interval} one packet is held back until so many later ones have passed. */
    void holdBack(int later, long interval) {
        holdPackets = later;
        holdInterval = interval;
        nextHold = net.now + interval;
    }

    /** Starts another connection from the sender to the receiver. */
    BulkApp connect(BulkApp app) {
        app.host = sender;
        sender.stack.connect(Host.address("10.0.0.2", Dumbbell.PORT), app);
        sender.turn(true);
        return app;
    }

    /** A packet left one of the hosts. */
    void sent(int packet, boolean forward) {
        PacketSlots packets = net.packets;
        packets.path(packet, index);
        if (forward) {
            if (!net.bottleneck.offer(packet, net.now)) {
                packets.giveBack(packet);
            }
        } else if (isLost(packet, backwardLoss)) {
            packets.giveBack(packet);
        } else {
            long arrives = net.now + backwardDelay;
            if (slot > 0) {
                arrives = (arrives + slot - 1) / slot * slot;
            }
            lastBackward = Math.max(lastBackward, arrives);
            net.arriveAt(lastBackward, 2 * index, packet);
        }
    }

    private boolean isLost(int packet, PacketLoss loss) {
        PacketSlots packets = net.packets;
        return loss.loses(packets.memory(packet), packets.offset(packet), packets.length(packet));
    }

    /** A packet left the bottleneck. */
    void departed(int packet) {
        if (isLost(packet, forwardLoss)) {
            net.packets.giveBack(packet);
            return;
        }
        if (held < 0 && net.now >= nextHold) {
            held = packet;
            heldFor = holdPackets;
            nextHold += holdInterval;
            return;
        }
        arrive(packet);
        if (held >= 0 && --heldFor == 0) {
            int late = held;
            held = -1;
            arrive(late);
        }
    }

    private void arrive(int packet) {
        long arrives = net.now + forwardDelay;
        if (jitter > 0) {
            arrives += random.nextLong(jitter);
        }
        if (!jitterReorders) {
            arrives = Math.max(arrives, lastForward);
            lastForward = arrives;
        }
        net.arriveAt(arrives, 2 * index + 1, packet);
    }

    TcpCounters counters() {
        return sender.stack.counters.tcp;
    }
}
