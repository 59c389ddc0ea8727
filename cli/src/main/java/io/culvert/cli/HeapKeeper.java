package io.culvert.cli;

/**
 * Keeps a heap small that may become large: the serial collector takes new memory from the system
 * for what survived a few young collections, as long as it may, before it looks whether any of that
 * is still in use. So a heap that may grow with tens of thousands of connections would grow with
 * the garbage of short ones. Here a full collection follows when twice of what the last one left is
 * in use, and one more when a burst is over, after which its memory goes back to the system.
 *
 * <p>Asked to look about once a second; by one thread.
 */
final class HeapKeeper {
    /** The launcher says "true", which chose the collector as well. */
    static final String PROPERTY = "culvert.heap.keep";

    private static final long MIB = 1L << 20;

    /**
     * Below this no collection is worth its pause: some 8 MiB live after a start, up to 16 MiB are
     * the young generation.
     */
    private static final long LEAST = 32 * MIB;

    /** A process at rest allocates less than this from look to look. */
    private static final long QUIET = MIB / 2;

    /** Looks without more than that until a burst counts as over. */
    private static final int QUIET_LOOKS = 10;

    private final Heap heap;
    private long bar = LEAST;
    private long last;
    private int quietLooks;
    private boolean wasBusy;

    HeapKeeper(Heap heap) {
        this.heap = heap;
        last = heap.used();
    }

    /** What is looked at: all numbers are bytes. */
    interface Heap {
        /** What objects take, garbage included. */
        long used();

        /** What the system gave. */
        long committed();

        void collect();
    }

    /** The JVM's own. */
    static Heap ofThisProcess() {
        Runtime runtime = Runtime.getRuntime();
        return new Heap() {
            @Override
            public long used() {
                return runtime.totalMemory() - runtime.freeMemory();
            }

            @Override
            public long committed() {
                return runtime.totalMemory();
            }

            @Override
            public void collect() {
                System.gc();
            }
        };
    }

    void look() {
        long used = heap.used();
        boolean quiet = used - last < QUIET; // less than before: the young were collected
        last = used;
        quietLooks = quiet ? quietLooks + 1 : 0;
        wasBusy |= !quiet;
        boolean isOver = wasBusy && quietLooks >= QUIET_LOOKS;
        if (used > bar || (isOver && heap.committed() > LEAST)) {
            heap.collect();
            last = heap.used();
            bar = Math.max(LEAST, 2 * last);
            wasBusy = !quiet;
        }
    }
}
