package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The event loop around one stack of a {@link Dumbbell}: perfect, unless it is told to look at
 * timers or packets only at certain times, or to stall.
 */
final class DumbbellHost {
    /** Datagrams that leave with one system call at most. */
    static final int TRAIN = 44;

    /** Sees each packet that leaves. */
    interface Tap {
        void sent(long now, int length);
    }

    final NetStack stack;
    private final Dumbbell net;
    private final DumbbellPath path;
    private final int index;
    private final boolean isSender;
    private final int mtu;

    /** Distance of the times at which timers are looked at; 0: whenever one is due. */
    long tick;

    /** Whether the arrival of packets lets others leave; false: timers alone do. */
    boolean pullsOnArrival = true;

    /** Packets are handed in together at multiples of this; 0: each when it arrives. */
    long batch;

    /** Packets of a train at most. */
    int train = TRAIN;

    @Nullable Tap tap;

    long sent;
    long trains;

    /** Hash of what left, and when. */
    long trace = 17;

    private int[] pending = new int[64];
    private int pendingCount;
    private long stalledUntil = Long.MIN_VALUE;
    private long wakeAt = Bottleneck.NEVER;
    private long batchAt = Bottleneck.NEVER;

    DumbbellHost(
            Dumbbell net, DumbbellPath path, int index, boolean isSender, NetStackConfig config) {
        this.net = net;
        this.path = path;
        this.index = index;
        this.isSender = isSender;
        stack = new NetStack(config);
        mtu = config.mtu();
    }

    /** The loop does nothing for a while. */
    void stall(long nanos) {
        stalledUntil = Math.max(stalledUntil, net.now + nanos);
    }

    /** A packet arrived; {@link #turn} comes when all that arrive at this time are here. */
    void arrive(int slot) {
        if (batch == 0 && pendingCount == 0 && net.now >= stalledUntil) {
            input(slot);
            return;
        }
        if (pendingCount == pending.length) {
            pending = Arrays.copyOf(pending, 2 * pendingCount);
        }
        pending[pendingCount++] = slot;
        batchAt = Math.max(stalledUntil, roundUp(net.now, batch));
    }

    private void input(int slot) {
        PacketSlots packets = net.packets;
        stack.input(packets.memory(slot), packets.offset(slot), packets.length(slot), net.now);
        packets.giveBack(slot);
    }

    /** After the arrivals of one time. */
    void arrived() {
        if (pendingCount > 0) {
            schedule();
        } else {
            turn(pullsOnArrival);
        }
    }

    /** The time that {@link #schedule} asked for has come, unless an earlier one was asked for. */
    void wake(long at) {
        if (at != wakeAt) {
            return;
        }
        wakeAt = Bottleneck.NEVER;
        boolean stalled = net.now < stalledUntil;
        boolean timers = !stalled && deadline() <= net.now;
        boolean arrivals = !stalled && batchAt <= net.now;
        if (arrivals) {
            batchAt = Bottleneck.NEVER;
            for (int i = 0; i < pendingCount; i++) {
                input(pending[i]);
            }
            pendingCount = 0;
        }
        if (timers) {
            stack.handleTimers(net.now);
        }
        if (timers || arrivals) {
            turn(timers || pullsOnArrival);
        } else {
            schedule();
        }
    }

    /** What the application or packets caused leaves, and the next wake-up is arranged. */
    void turn(boolean pulls) {
        if (net.now >= stalledUntil) {
            do {
                stack.endBatch(net.now);
                stack.deliver();
                if (pulls) {
                    pull();
                }
            } while (!stack.events.isEmpty());
        }
        schedule();
    }

    private void pull() {
        int inTrain = 0;
        while (true) {
            int slot = net.packets.take();
            MemorySegment m = net.packets.memory(slot);
            long offset = net.packets.offset(slot);
            int n = stack.pull(m, offset, mtu, net.now);
            if (n == 0) {
                net.packets.giveBack(slot);
                return;
            }
            if (inTrain == 0) {
                trains++;
            }
            inTrain = (inTrain + 1) % train;
            sent++;
            trace = (trace * 31 + net.now) * 31 + n + PacketLoss.sequence(m, offset);
            net.packets.length(slot, n);
            if (tap != null) {
                tap.sent(net.now, n);
            }
            path.sent(slot, isSender);
        }
    }

    /** When the loop looks at its timers next. */
    private long deadline() {
        long due = stack.nextDeadline();
        if (!pullsOnArrival && stack.hasOutput(net.now)) {
            due = net.now;
        }
        return due == Bottleneck.NEVER ? due : roundUp(Math.max(due, net.now), tick);
    }

    private void schedule() {
        long at = Math.max(Math.min(deadline(), batchAt), stalledUntil);
        if (at < wakeAt) {
            wakeAt = at;
            net.wakeAt(at, index);
        }
    }

    private static long roundUp(long time, long step) {
        return step == 0 ? time : (time + step - 1) / step * step;
    }
}
