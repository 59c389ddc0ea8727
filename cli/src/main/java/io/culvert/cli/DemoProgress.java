package io.culvert.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** Where the demo stands: one live line on a terminal, a line for each finished step elsewhere. */
final class DemoProgress {
    private static final String ERASE_LINE = "\r\u001b[K";
    private static final long MIB = 1 << 20;

    private final PrintWriter out;
    private final boolean live;
    private final LongAdder moved = new LongAdder();
    private String step = "";
    private long total;
    private long began;

    DemoProgress(PrintWriter out, boolean live) {
        this.out = out;
        this.live = live;
    }

    /**
     * Begins a step.
     *
     * @param bytes how many it will move; 0 = it is not about bytes
     */
    void begin(String name, long bytes) {
        step = name;
        total = bytes;
        moved.reset();
        began = System.nanoTime();
        refresh();
    }

    /** Thread-safe. */
    void moved(int bytes) {
        moved.add(bytes);
    }

    /** Shows the live line again. */
    void refresh() {
        if (live) {
            out.print(ERASE_LINE + "  " + step + (total > 0 ? "  " + amount() : " …"));
            out.flush();
        }
    }

    /** Ends the step. */
    void done(String result) {
        if (live) {
            out.print(ERASE_LINE);
            out.flush();
        } else {
            out.println("  " + step + ": " + result);
        }
    }

    /** Megabits a second. */
    static String rate(long bytes, long nanos) {
        return String.format(Locale.ROOT, "%,d Mb/s", Math.round(bytes * 8e3 / Math.max(1, nanos)));
    }

    static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%,d MiB", bytes / MIB);
    }

    private String amount() {
        long bytes = moved.sum();
        return bytes / MIB
                + " of "
                + mebibytes(total)
                + "  "
                + rate(bytes, System.nanoTime() - began);
    }
}
