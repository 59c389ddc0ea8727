package io.culvert.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Decides which messages go through vector code while the JIT has yet to compile it. Until then
 * that code is slower than scalars by orders of magnitude, and it is compiled only by being run: so
 * a few messages are given to it at first, more when it has run often enough to be compiled, and in
 * the end all. Lengths are counted apart, since they run different code.
 *
 * <p>Counts are racy on purpose: a lost one costs nothing.
 */
final class VectorWarmup {

    /** Of the process, like the compiled code. */
    static final VectorWarmup SHARED = new VectorWarmup();

    /**
     * Until so many runs of a length, one message in {@link #SHARES} is run. The first runs are
     * interpreted and cost milliseconds, the next are compiled for profiling; HotSpot compiles a
     * method for good after 15000 calls and loop turns, of which a message has about ten, and may
     * take a second for it.
     */
    private static final int[] RUNS = {200, 2000, 4000};

    private static final int[] SHARES = {1024, 128, 8};

    private static final int CLASSES = 6;
    private static final int LONGEST = 1 << (CLASSES + 5);

    private final int[] messages = new int[CLASSES];
    private final int[] runs = new int[CLASSES];

    /** Tells whether the next message, of {@code length} bytes, goes through vector code. */
    boolean takesVector(int length) {
        int lengthClass = lengthClass(length);
        int run = runs[lengthClass];
        int phase = 0;
        while (phase < RUNS.length && run >= RUNS[phase]) {
            phase++;
        }
        if (phase == RUNS.length) {
            return true;
        }
        if (++messages[lengthClass] % SHARES[phase] != 0) {
            return false;
        }
        runs[lengthClass] = run + 1;
        return true;
    }

    /**
     * Runs {@code engine} on scratch as often as messages would, after which all messages take
     * vectors.
     */
    void run(AeadEngine engine) {
        int[] key = new int[AeadKey.LENGTH / Integer.BYTES];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(LONGEST + ChaCha20Poly1305.TAG_LENGTH);
            for (int run = 0; run < RUNS[RUNS.length - 1]; run++) {
                for (int lengthClass = 0; lengthClass < CLASSES; lengthClass++) {
                    int length = (48 << lengthClass) + (run & 15);
                    engine.seal(key, 0, run, 0, MemorySegment.NULL, 0, 0, memory, 0, length);
                    engine.open(key, 0, run, 0, MemorySegment.NULL, 0, 0, memory, 0, length);
                }
            }
        }
        for (int lengthClass = 0; lengthClass < CLASSES; lengthClass++) {
            runs[lengthClass] = RUNS[RUNS.length - 1];
        }
    }

    /** Below 64, 128, 256, 512, 1024 bytes, and all the rest. */
    private static int lengthClass(int length) {
        int doublings = Integer.SIZE - Integer.numberOfLeadingZeros(length >>> 6);
        return Math.min(doublings, CLASSES - 1);
    }
}
