package io.culvert.netstack;

import java.util.Arrays;

/**
 * A link of known rate behind a drop-tail queue, perhaps behind a policer. What is in service does
 * not count as queued.
 */
final class Bottleneck {
    static final long NEVER = Long.MAX_VALUE;
    private static final double SECOND = 1e9;

    /** Bins of the histogram of waiting times. */
    private static final long BIN = 100_000;

    private static final int BINS = 50_000;

    private final PacketSlots packets;
    private int[] ring = new int[1024];
    private int first;
    private int count;

    private long bitsPerSecond;
    private long capacity;
    private long waiting;
    private long departsAt = NEVER;
    private long pausedUntil = Long.MIN_VALUE;

    private double tokenRate;
    private double burst;
    private double tokens;
    private long tokensAt;

    private final int[] histogram = new int[BINS];
    private long samples;
    private double waited;
    private long largest;
    private long offered;
    private long dropped;

    /** Bytes that a packet takes on the wire: WireGuard pads to 16 and adds 60 over IPv4. */
    static int wire(int length) {
        return ((length + 15) & ~15) + 60;
    }

    Bottleneck(PacketSlots packets, long bitsPerSecond, long capacity) {
        this.packets = packets;
        this.bitsPerSecond = bitsPerSecond;
        this.capacity = capacity;
    }

    long bitsPerSecond() {
        return bitsPerSecond;
    }

    /** From the next packet on. */
    void rate(long bits) {
        bitsPerSecond = bits;
    }

    /**
     * @param bytes that may wait
     */
    void capacity(long bytes) {
        capacity = bytes;
    }

    long capacity() {
        return capacity;
    }

    /** Drops what exceeds a token bucket, which is full at first. */
    void police(long bits, long burstBytes, long now) {
        tokenRate = bits / (8 * SECOND);
        burst = burstBytes;
        tokens = burstBytes;
        tokensAt = now;
    }

    /** Nothing departs until then. */
    void pauseUntil(long time) {
        pausedUntil = time;
        if (departsAt != NEVER) {
            departsAt = Math.max(departsAt, time);
        }
    }

    /** Takes a packet, or drops it: false. */
    boolean offer(int slot, long now) {
        offered++;
        int bytes = wire(packets.length(slot));
        boolean idle = count == 0;
        if (!conforms(bytes, now) || (!idle && waiting + bytes > capacity)) {
            dropped++;
            return false;
        }
        if (count == ring.length) {
            grow();
        }
        ring[(first + count) & (ring.length - 1)] = slot;
        count++;
        packets.time(slot, now);
        if (idle) {
            serve(bytes, Math.max(now, pausedUntil));
        } else {
            waiting += bytes;
            largest = Math.max(largest, waiting);
        }
        return true;
    }

    private boolean conforms(int bytes, long now) {
        if (tokenRate == 0) {
            return true;
        }
        tokens = Math.min(burst, tokens + (now - tokensAt) * tokenRate);
        tokensAt = now;
        if (tokens < bytes) {
            return false;
        }
        tokens -= bytes;
        return true;
    }

    private void serve(int bytes, long from) {
        long takes = (long) (bytes * 8 * SECOND / bitsPerSecond);
        departsAt = from + takes;
        note(from - packets.time(ring[first]));
    }

    private void note(long wait) {
        histogram[(int) Math.min(wait / BIN, BINS - 1)]++;
        samples++;
        waited += wait;
    }

    /** When the next packet leaves. */
    long departsAt() {
        return departsAt;
    }

    /** The packet that leaves at {@link #departsAt}. */
    int depart() {
        int slot = ring[first];
        first = (first + 1) & (ring.length - 1);
        count--;
        if (count == 0) {
            departsAt = NEVER;
        } else {
            int bytes = wire(packets.length(ring[first]));
            waiting -= bytes;
            serve(bytes, Math.max(departsAt, pausedUntil));
        }
        return slot;
    }

    private void grow() {
        int[] straight = new int[2 * ring.length];
        for (int i = 0; i < count; i++) {
            straight[i] = ring[(first + i) & (ring.length - 1)];
        }
        ring = straight;
        first = 0;
    }

    // Statistics since the last reset

    void resetStatistics() {
        Arrays.fill(histogram, 0);
        samples = 0;
        waited = 0;
        largest = waiting;
        offered = 0;
        dropped = 0;
    }

    /** Nanoseconds that packets waited on average. */
    double meanWait() {
        return samples == 0 ? 0 : waited / samples;
    }

    /** Nanoseconds that a share of packets waited at most. */
    double waitOf(double share) {
        long seen = 0;
        for (int bin = 0; bin < BINS; bin++) {
            seen += histogram[bin];
            if (seen >= share * samples) {
                return (bin + 0.5) * BIN;
            }
        }
        return (double) BINS * BIN;
    }

    /** Most bytes that waited at the same time. */
    long largestQueue() {
        return largest;
    }

    long offered() {
        return offered;
    }

    long dropped() {
        return dropped;
    }
}
