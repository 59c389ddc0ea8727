package io.culvert.proxy;

import io.culvert.tunnel.DirectMemory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * What was read from local connections and could not be written on yet, of all relays. It lies in
 * direct memory, which is bounded: the more waits, the less is read at once of each connection.
 * Thread-safe.
 */
final class WaitingBytes {
    static final WaitingBytes SHARED =
            new WaitingBytes(DirectMemory.size() / 4, DirectMemory::isShort);

    /** What is read in any case: with it thousands that wait fit into some megabytes. */
    static final int LEAST = 2048;

    /** A read gets this part of what is left, so that those who read at the same time all fit. */
    private static final int PART = 16;

    private final long bytes;
    private final BooleanSupplier isShort;
    private final AtomicLong waiting = new AtomicLong();

    /**
     * Nothing waits yet.
     *
     * @param bytes that may wait, beside the least of each connection
     * @param isShort whether little memory is left
     */
    WaitingBytes(long bytes, BooleanSupplier isShort) {
        this.bytes = bytes;
        this.isShort = isShort;
    }

    /** More waits, or less. */
    void changed(long by) {
        waiting.addAndGet(by);
    }

    long now() {
        return waiting.get();
    }

    /** Bytes that may be read at once of one connection. */
    int perRead() {
        long now = waiting.get();
        return now > bytes / 8 && isShort.getAsBoolean()
                ? LEAST
                : Math.clamp((bytes - now) / PART, LEAST, TrainReads.MOST);
    }
}
