package io.culvert.crypto;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * X25519 (RFC 7748, section 5) of up to a fixed number of independent inputs: they are added,
 * computed together, and read by the numbers they were added under. One inversion serves all; and
 * where there are vectors of 256 bits or more, and {@link #warmUp} has run, as many agreements as a
 * vector has lanes are computed at once.
 *
 * <p>Constant time like {@link X25519}: the work depends on how many inputs there are and which are
 * of the base point, on no byte of them. Copies of the inputs and the results stay in the instance
 * until {@link #clear}, nothing else does. One thread at a time; nothing is allocated once vectors
 * are in use.
 */
public final class X25519Batch {

    /** Set when vectors may be used: they are compiled. */
    private static volatile boolean warm;

    private static volatile boolean missed;

    private final int capacity;
    private final int width;
    private final boolean warmOrNot;
    private final byte[] scalars;
    private final byte[] points;
    private final byte[] results;
    private final boolean[] ofBase;
    private final int[] pending;
    private final Fractions25519 fractions;
    private final Ladder25519 ladder = new Ladder25519();
    private final FixedBase25519 fixedBase = new FixedBase25519();
    private @Nullable VectorLadder25519 lanes;
    private int size;
    private int computed;

    /**
     * Makes an empty batch.
     *
     * @param capacity most inputs at a time, at least 1
     */
    public X25519Batch(int capacity) {
        this(capacity, AeadEngines.VECTOR_BITS / Long.SIZE, false);
    }

    /**
     * No choice.
     *
     * @param width lanes of a vector, 0 for scalars alone
     * @param warmOrNot takes vectors even before they are compiled
     */
    X25519Batch(int capacity, int width, boolean warmOrNot) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity " + capacity + " is not at least 1");
        }
        this.capacity = capacity;
        this.width = width;
        this.warmOrNot = warmOrNot;
        scalars = new byte[Math.multiplyExact(capacity, X25519.KEY_LENGTH)];
        points = new byte[scalars.length];
        results = new byte[scalars.length];
        ofBase = new boolean[capacity];
        pending = new int[capacity];
        fractions = new Fractions25519(capacity);
    }

    /**
     * Runs the vector code on scratch memory until the JIT has compiled it: two to three seconds of
     * a processor, once in a process, for a spare thread; a second call returns at once, as does
     * any where there are no vectors. Without it batches stay on scalars, a third as fast.
     */
    public static void warmUp() {
        if (AeadEngines.VECTOR_BITS != 0) {
            runUntilWarm();
        }
    }

    /**
     * Tells whether a batch was computed by scalars for which vectors would have been faster had
     * {@link #warmUp} run: a process that does few handshakes never needs it.
     */
    public static boolean wantsWarmUp() {
        return missed && !warm;
    }

    private static synchronized void runUntilWarm() {
        if (!warm) {
            VectorLadder25519.warmUp();
            warm = true;
        }
    }

    /** Most inputs at a time. */
    public int capacity() {
        return capacity;
    }

    /** Inputs added since the last {@link #clear}. */
    public int size() {
        return size;
    }

    /**
     * Adds a key agreement, {@link X25519#agree}; both arrays are copied.
     *
     * @return its number, counted from 0
     * @throws IllegalStateException if the batch is full
     */
    public int add(byte[] privateKey, int privateOffset, byte[] point, int pointOffset) {
        Objects.checkFromIndexSize(pointOffset, X25519.KEY_LENGTH, point.length);
        int number = addScalar(privateKey, privateOffset);
        System.arraycopy(point, pointOffset, points, number * X25519.KEY_LENGTH, X25519.KEY_LENGTH);
        ofBase[number] = false;
        return number;
    }

    /**
     * Adds the making of a public key, {@link X25519#publicKey}; the private key is copied.
     *
     * @return its number, counted from 0
     * @throws IllegalStateException if the batch is full
     */
    public int addBase(byte[] privateKey, int privateOffset) {
        int number = addScalar(privateKey, privateOffset);
        ofBase[number] = true;
        return number;
    }

    /** Computes what was added since the last call. */
    public void compute() {
        int first = computed;
        int agreements = 0;
        for (int number = first; number < size; number++) {
            if (ofBase[number]) {
                fixedBase.run(
                        fractions.numerators[number - first],
                        fractions.denominators[number - first],
                        scalars,
                        number * X25519.KEY_LENGTH);
            } else {
                pending[agreements++] = number;
            }
        }
        int done = computeLanes(agreements);
        for (int i = done; i < agreements; i++) {
            int at = pending[i] * X25519.KEY_LENGTH;
            ladder.run(
                    fractions.numerators[pending[i] - first],
                    fractions.denominators[pending[i] - first],
                    scalars,
                    at,
                    points,
                    at);
        }
        fractions.reduce(results, first * X25519.KEY_LENGTH, size - first);
        ladder.wipe();
        fixedBase.wipe();
        computed = size;
    }

    /** Computes agreements by vectors as long as it pays; returns how many. */
    private int computeLanes(int agreements) {
        if (width == 0) {
            return 0;
        }
        // Lanes that stand empty cost as much: a vector of eight takes as long as three scalars.
        int fewest = width / 4 + 1;
        if (agreements < fewest) {
            return 0;
        }
        if (!warm && !warmOrNot) {
            missed = true;
            return 0;
        }
        VectorLadder25519 vectors = lanes;
        if (vectors == null) {
            vectors = new VectorLadder25519();
            lanes = vectors;
        }
        int done = 0;
        while (agreements - done >= fewest) {
            int count = Math.min(width, agreements - done);
            runLanes(vectors, done, count);
            done += count;
        }
        vectors.wipe();
        return done;
    }

    private void runLanes(VectorLadder25519 vectors, int from, int count) {
        for (int lane = 0; lane < count; lane++) {
            int at = pending[from + lane] * X25519.KEY_LENGTH;
            vectors.put(lane, scalars, at, points, at);
        }
        vectors.run();
        for (int lane = 0; lane < count; lane++) {
            int number = pending[from + lane] - computed;
            vectors.take(lane, fractions.numerators[number], fractions.denominators[number]);
        }
    }

    /**
     * Writes the 32-byte result of an input.
     *
     * @return false when it is all zero, that is when the point was of low order
     * @throws IllegalStateException if the input was not computed yet
     */
    public boolean result(int number, byte[] out, int offset) {
        Objects.checkIndex(number, size);
        if (number >= computed) {
            throw new IllegalStateException("compute() must come before result " + number);
        }
        Objects.checkFromIndexSize(offset, X25519.KEY_LENGTH, out.length);
        System.arraycopy(results, number * X25519.KEY_LENGTH, out, offset, X25519.KEY_LENGTH);
        return !ConstantTime.isZero(out, offset, X25519.KEY_LENGTH);
    }

    /** Zeroes inputs and results and makes the batch empty. */
    public void clear() {
        int used = size * X25519.KEY_LENGTH;
        Arrays.fill(scalars, 0, used, (byte) 0);
        Arrays.fill(points, 0, used, (byte) 0);
        Arrays.fill(results, 0, used, (byte) 0);
        size = 0;
        computed = 0;
    }

    /** Tells whether nothing of any input is left, for the test of that. */
    boolean holdsNothing() {
        return size == 0
                && ConstantTime.isZero(scalars, 0, scalars.length)
                && ConstantTime.isZero(points, 0, points.length)
                && ConstantTime.isZero(results, 0, results.length)
                && holdsNoScratch();
    }

    /** Tells whether nothing but copies of inputs and results is left. */
    boolean holdsNoScratch() {
        VectorLadder25519 vectors = lanes;
        return fractions.holdsNothing()
                && ladder.holdsNothing()
                && fixedBase.holdsNothing()
                && (vectors == null || vectors.holdsNothing());
    }

    private int addScalar(byte[] privateKey, int offset) {
        Objects.checkFromIndexSize(offset, X25519.KEY_LENGTH, privateKey.length);
        if (size == capacity) {
            throw new IllegalStateException("the batch of " + capacity + " is full");
        }
        int at = size * X25519.KEY_LENGTH;
        System.arraycopy(privateKey, offset, scalars, at, X25519.KEY_LENGTH);
        X25519.clamp(scalars, at);
        return size++;
    }
}
