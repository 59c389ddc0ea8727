package io.culvert.simnet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What happened on the network, as one number and, when a reader is interested, as text.
 *
 * <p>The {@link #hash} covers time, link, fate and every byte of every datagram: two runs of one
 * seed must agree in it. It is a check on ourselves and no cryptographic hash.
 */
public final class Trace {
    private static final ValueLayout.OfLong WORD =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME = 0x9E3779B97F4A7C15L;

    private final @Nullable Appendable text;
    private long hash = 1;
    private long records;

    /** A trace that only counts and hashes. */
    public Trace() {
        this(null);
    }

    /** A trace that also writes a line for each record. */
    public Trace(@Nullable Appendable text) {
        this.text = text;
    }

    /** Depends on everything recorded so far. */
    public long hash() {
        return hash;
    }

    /** Number of records so far. */
    public long records() {
        return records;
    }

    /** Whether lines are written: notes that cost something to make can be left out otherwise. */
    public boolean isText() {
        return text != null;
    }

    /** Records the fate of a datagram on the link of the given name. */
    void datagram(long now, String link, Fate fate, byte[] data, int length, long arrival) {
        records++;
        mix(now);
        mix(link.hashCode());
        mix(((long) fate.code << 32) | length);
        mix(arrival);
        mixBytes(data, length);
        if (text != null) {
            String later = fate.arrives ? " +" + seconds(arrival - now) : "";
            line(
                    now,
                    link
                            + " "
                            + length
                            + "B "
                            + fate.text
                            + later
                            + " "
                            + DatagramText.of(data, length));
        }
    }

    /** Writes a line to the text; the hash doesn't change. */
    public void note(long now, Supplier<String> what) {
        if (text != null) {
            line(now, what.get());
        }
    }

    private void mixBytes(byte[] data, int length) {
        MemorySegment bytes = MemorySegment.ofArray(data);
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            mix(bytes.get(WORD, i));
        }
        for (; i < length; i++) {
            mix(data[i]);
        }
    }

    private void mix(long word) {
        hash = Long.rotateLeft((hash ^ word) * PRIME, 29);
    }

    private void line(long now, String what) {
        Appendable out = text;
        if (out == null) {
            return;
        }
        try {
            out.append(seconds(now)).append(' ').append(what).append('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String seconds(long nanos) {
        String micros =
                Long.toString(Math.floorMod(nanos, 1_000_000_000L) / 1000 + 1_000_000).substring(1);
        return Math.floorDiv(nanos, 1_000_000_000L) + "." + micros;
    }

    /** What a link did with a datagram. */
    enum Fate {
        DELIVERED(0, "ok", true),
        DUPLICATED(1, "duplicated", true),
        REORDERED(2, "held back", true),
        CORRUPTED(3, "corrupted", true),
        TRUNCATED(4, "truncated", true),
        LOST(5, "LOST", false),
        QUEUE_FULL(6, "QUEUE FULL", false),
        TOO_BIG(7, "TOO BIG", false),
        NO_ROUTE(8, "NO ROUTE", false);

        private final int code;
        private final String text;
        private final boolean arrives;

        Fate(int code, String text, boolean arrives) {
            this.code = code;
            this.text = text;
            this.arrives = arrives;
        }
    }
}
