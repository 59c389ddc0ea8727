package io.culvert.crypto;

import java.util.Arrays;
import java.util.Objects;

/**
 * X25519 (RFC 7748, section 5) of up to a fixed number of independent inputs: they are added,
 * computed together, and read by the numbers they were added under.
 *
 * <p>Constant time like {@link X25519}: the work depends on how many inputs there are and which are
 * of the base point, on no byte of them. Copies of the inputs and the results stay in the instance
 * until {@link #clear}. One thread at a time; nothing is allocated after construction.
 */
public final class X25519Batch {

    private final int capacity;
    private final byte[] scalars;
    private final byte[] points;
    private final byte[] results;
    private final boolean[] ofBase;
    private final X25519 x25519 = new X25519();
    private int size;
    private int computed;

    /**
     * Makes an empty batch.
     *
     * @param capacity most inputs at a time, at least 1
     */
    public X25519Batch(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity " + capacity + " is not at least 1");
        }
        this.capacity = capacity;
        scalars = new byte[Math.multiplyExact(capacity, X25519.KEY_LENGTH)];
        points = new byte[scalars.length];
        results = new byte[scalars.length];
        ofBase = new boolean[capacity];
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
        for (int number = computed; number < size; number++) {
            int at = number * X25519.KEY_LENGTH;
            if (ofBase[number]) {
                x25519.publicKey(results, at, scalars, at);
            } else {
                x25519.agree(results, at, scalars, at, points, at);
            }
        }
        computed = size;
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
                && ConstantTime.isZero(results, 0, results.length);
    }

    private int addScalar(byte[] privateKey, int offset) {
        Objects.checkFromIndexSize(offset, X25519.KEY_LENGTH, privateKey.length);
        if (size == capacity) {
            throw new IllegalStateException("the batch of " + capacity + " is full");
        }
        System.arraycopy(privateKey, offset, scalars, size * X25519.KEY_LENGTH, X25519.KEY_LENGTH);
        return size++;
    }
}
