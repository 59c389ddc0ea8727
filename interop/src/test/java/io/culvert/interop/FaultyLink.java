package io.culvert.interop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** One direction of a link that loses, doubles and overtakes, as a seed decides. */
final class FaultyLink {
    /** Overtaking packets pass those that wait this long at most. */
    private static final long LONGEST_DELAY = 4_000_000;

    private final SplittableRandom random;
    private final double loss;
    private final double duplication;
    private final double reordering;
    private final long delay;
    private final PriorityQueue<Held> held =
            new PriorityQueue<>(
                    Comparator.comparingLong(Held::due).thenComparingLong(Held::arrival));
    private final AtomicLong faults = new AtomicLong();
    private long arrivals;

    private record Held(MemorySegment packet, long due, long arrival) {}

    /**
     * @param loss share of packets that vanish, 0..1; likewise the others
     */
    FaultyLink(long seed, double loss, double duplication, double reordering) {
        this(seed, loss, duplication, reordering, 0);
    }

    private FaultyLink(long seed, double loss, double duplication, double reordering, long delay) {
        random = new SplittableRandom(seed);
        this.loss = loss;
        this.duplication = duplication;
        this.reordering = reordering;
        this.delay = delay;
    }

    static FaultyLink none() {
        return new FaultyLink(0, 0, 0, 0);
    }

    /** One that is perfect but long. */
    static FaultyLink delayed(long nanos) {
        return new FaultyLink(0, 0, 0, 0, nanos);
    }

    /** Takes a packet, whose memory is only borrowed. */
    void carry(MemorySegment packet, long now, Consumer<MemorySegment> out) {
        if (random.nextDouble() < loss) {
            faults.incrementAndGet();
            return;
        }
        if (random.nextDouble() < duplication) {
            faults.incrementAndGet();
            hold(packet, now + random.nextLong(1, LONGEST_DELAY));
        }
        if (random.nextDouble() < reordering) {
            faults.incrementAndGet();
            hold(packet, now + random.nextLong(1, LONGEST_DELAY));
        } else if (delay > 0) {
            hold(packet, now + delay);
        } else {
            out.accept(packet);
        }
    }

    private void hold(MemorySegment packet, long due) {
        MemorySegment copy = Arena.ofAuto().allocate(packet.byteSize());
        copy.copyFrom(packet);
        held.add(new Held(copy, due, arrivals++));
    }

    /** Lets go of what waited long enough. */
    void due(long now, Consumer<MemorySegment> out) {
        for (Held h = held.peek(); h != null && h.due <= now; h = held.peek()) {
            held.remove();
            out.accept(h.packet);
        }
    }

    /** Packets that did not simply pass. */
    long faults() {
        return faults.get();
    }

    /** When {@link #due} has something; {@link Long#MAX_VALUE}: never. */
    long nextDue() {
        Held h = held.peek();
        return h == null ? Long.MAX_VALUE : h.due;
    }
}
