package io.culvert.bench;

import java.util.SplittableRandom;

/**
 * One direction of an emulated path, without clock, socket or packet: a bottleneck with a drop-tail
 * queue, then random loss, then delay. It says of each packet whether and when it arrives at the
 * other end; packets leave in the order in which they were offered. Same seed, same losses.
 */
final class PathDirection {
    /** What becomes of a packet. */
    enum Fate {
        DELIVERED,
        LOST,
        /** Found the queue full. */
        DROPPED
    }

    private final SplittableRandom random;
    private final long delayNanos;
    private final long queueNanos;
    private final double nanosPerByte;
    private final double lossProbability;

    /** When the bottleneck has sent what it was offered so far. */
    private long idleFrom = Long.MIN_VALUE;

    private long due;
    private long offered;
    private long lost;
    private long dropped;
    private long queued;
    private double queueNanosSum;
    private long queueNanosMax;

    PathDirection(PathShape shape, long seed) {
        random = new SplittableRandom(seed);
        delayNanos = shape.oneWayNanos();
        queueNanos = shape.queueNanos();
        nanosPerByte = shape.nanosPerByte();
        lossProbability = shape.lossProbability();
    }

    /**
     * A packet arrives.
     *
     * @param now in nanoseconds, not before that of the last packet
     * @param bytes with its IP header
     */
    Fate offer(long now, int bytes) {
        offered++;
        long begins = Math.max(idleFrom, now);
        long transmission = Math.round(bytes * nanosPerByte);
        if (nanosPerByte > 0 && begins - now + transmission > queueNanos) {
            dropped++;
            return Fate.DROPPED;
        }
        idleFrom = begins + transmission;
        queued++;
        queueNanosSum += begins - now;
        queueNanosMax = Math.max(queueNanosMax, begins - now);
        // Drawn for each packet, so that the n-th packet's luck doesn't depend on the loss rate.
        if (random.nextDouble() < lossProbability) {
            lost++;
            return Fate.LOST;
        }
        due = idleFrom + delayNanos;
        return Fate.DELIVERED;
    }

    /** When the packet last offered arrives at the other end, if it is delivered. */
    long due() {
        return due;
    }

    long offered() {
        return offered;
    }

    long lost() {
        return lost;
    }

    long dropped() {
        return dropped;
    }

    /** Mean time that packets waited for the bottleneck, without those it dropped. */
    double meanQueueNanos() {
        return queued == 0 ? 0 : queueNanosSum / queued;
    }

    long maxQueueNanos() {
        return queueNanosMax;
    }
}
