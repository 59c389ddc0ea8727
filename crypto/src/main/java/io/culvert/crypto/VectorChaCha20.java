package io.culvert.crypto;

import static io.culvert.crypto.VectorChaCha20Rounds.BLOCKS_OF_SET;
import static io.culvert.crypto.VectorChaCha20Rounds.MOST_SETS;
import static io.culvert.crypto.VectorChaCha20Rounds.SET;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The ChaCha20 keystream (RFC 8439, section 2.4) by vectors. It is produced ahead into an array, so
 * that block 0 is there for Poly1305 before the message is touched. Not thread-safe.
 */
final class VectorChaCha20 {

    /** Most bytes whose keystream {@link #start} can hold, beside block 0. */
    static final int HELD = MOST_SETS * SET * Integer.BYTES - ChaCha20.BLOCK_LENGTH;

    /** Words of a block; the keystream of the message starts with this word. */
    static final int BLOCK_WORDS = ChaCha20.BLOCK_LENGTH / Integer.BYTES;

    private static final VectorSpecies<Integer> SPECIES = VectorWidth.INTS;
    private static final int LANES = SPECIES.length();
    private static final int VECTOR_BYTES = LANES * Integer.BYTES;
    private static final int ROW_WORDS = 4;
    private static final long LOW_32 = 0xffff_ffffL;

    /** Two vectors end to end, picked by 128-bit rows. */
    private static final IntVector FRONTS = pick(0, 1);

    private static final IntVector BACKS = pick(LANES / 8, 1);
    private static final IntVector EVENS = pick(0, 2);
    private static final IntVector ODDS = pick(1, 2);

    private final int[] keystream = new int[MOST_SETS * SET];
    private int first;
    private int available;

    /**
     * Keystream from block 0 on after {@link #start}, until {@link #xor} goes beyond what is held.
     */
    int[] keystream() {
        return keystream;
    }

    /**
     * Produces keystream from block 0 on, as much of what {@code length} bytes behind that block
     * need as can be held.
     */
    void start(int[] key, int n0, int n1, int n2, int length) {
        produce(key, 0, n0, n1, n2, 1 + blocksOf(length));
    }

    /** Little-endian long {@code index} of the keystream held. */
    long keystreamLong(int index) {
        return (keystream[2 * index] & LOW_32) | ((long) keystream[2 * index + 1] << Integer.SIZE);
    }

    /** Applies the keystream from block 1 on, after {@link #start} with the same key and nonce. */
    void xor(int[] key, int n0, int n1, int n2, MemorySegment memory, long offset, int length) {
        int block = 1;
        int done = 0;
        while (done < length) {
            if (block == available) {
                produce(key, first + available, n0, n1, n2, blocksOf(length - done));
                block = 0;
            }
            int count = Math.min(length - done, (available - block) * ChaCha20.BLOCK_LENGTH);
            xorHeld(memory, offset + done, count, block * BLOCK_WORDS);
            block = available;
            done += count;
        }
    }

    /** Applies the keystream held, from word {@code from} on. */
    void xorHeld(MemorySegment memory, long offset, int length, int from) {
        int vectored = length & -VECTOR_BYTES;
        for (int done = 0; done < vectored; done += VECTOR_BYTES) {
            IntVector.fromMemorySegment(SPECIES, memory, offset + done, LITTLE_ENDIAN)
                    .lanewise(XOR, IntVector.fromArray(SPECIES, keystream, from + done / 4))
                    .intoMemorySegment(memory, offset + done, LITTLE_ENDIAN);
        }
        int words = length & -Integer.BYTES;
        for (int done = vectored; done < words; done += Integer.BYTES) {
            int plain = memory.get(LittleEndian.INT, offset + done);
            memory.set(LittleEndian.INT, offset + done, plain ^ keystream[from + done / 4]);
        }
        for (int done = words; done < length; done++) {
            byte mask = (byte) (keystream[from + done / 4] >>> ((done & 3) * Byte.SIZE));
            byte plain = memory.get(ValueLayout.JAVA_BYTE, offset + done);
            memory.set(ValueLayout.JAVA_BYTE, offset + done, (byte) (plain ^ mask));
        }
    }

    void wipe() {
        IntVector zero = IntVector.zero(SPECIES);
        for (int i = 0; i < keystream.length; i += LANES) {
            zero.intoArray(keystream, i);
        }
    }

    boolean holdsNothing() {
        return ConstantTime.isZero(keystream);
    }

    private void produce(int[] key, int counter, int n0, int n1, int n2, int blocks) {
        int sets = Math.min((blocks + BLOCKS_OF_SET - 1) / BLOCKS_OF_SET, MOST_SETS);
        if (sets >= MOST_SETS - 1) {
            VectorChaCha20Rounds.six(key, counter, n0, n1, n2, keystream);
            sets = MOST_SETS;
        } else {
            int made = 0;
            for (; made + 2 <= sets; made += 2) {
                int from = counter + made * BLOCKS_OF_SET;
                VectorChaCha20Rounds.two(key, from, n0, n1, n2, keystream, made * SET);
            }
            if (made < sets) {
                int from = counter + made * BLOCKS_OF_SET;
                VectorChaCha20Rounds.one(key, from, n0, n1, n2, keystream, made * SET);
            }
        }
        if (BLOCKS_OF_SET > 1) {
            for (int set = 0; set < sets; set++) {
                rowsToBlocks(set * SET);
            }
        }
        first = counter;
        available = sets * BLOCKS_OF_SET;
    }

    /** Transposes a set: the rounds leave row a of its blocks, then b, c and d. */
    private void rowsToBlocks(int at) {
        IntVector a = IntVector.fromArray(SPECIES, keystream, at);
        IntVector b = IntVector.fromArray(SPECIES, keystream, at + LANES);
        IntVector c = IntVector.fromArray(SPECIES, keystream, at + 2 * LANES);
        IntVector d = IntVector.fromArray(SPECIES, keystream, at + 3 * LANES);
        IntVector frontAb = FRONTS.selectFrom(a, b);
        IntVector frontCd = FRONTS.selectFrom(c, d);
        IntVector backAb = BACKS.selectFrom(a, b);
        IntVector backCd = BACKS.selectFrom(c, d);
        if (BLOCKS_OF_SET == 2) {
            frontAb.intoArray(keystream, at);
            frontCd.intoArray(keystream, at + LANES);
            backAb.intoArray(keystream, at + 2 * LANES);
            backCd.intoArray(keystream, at + 3 * LANES);
        } else {
            EVENS.selectFrom(frontAb, frontCd).intoArray(keystream, at);
            ODDS.selectFrom(frontAb, frontCd).intoArray(keystream, at + LANES);
            EVENS.selectFrom(backAb, backCd).intoArray(keystream, at + 2 * LANES);
            ODDS.selectFrom(backAb, backCd).intoArray(keystream, at + 3 * LANES);
        }
    }

    private static int blocksOf(int length) {
        return (int) (((long) length + ChaCha20.BLOCK_LENGTH - 1) / ChaCha20.BLOCK_LENGTH);
    }

    /**
     * Indices that pick rows of two vectors end to end: {@code row}, {@code row + step}, ... of the
     * first, the same of the second, half of the result each.
     */
    private static IntVector pick(int row, int step) {
        int[] indices = new int[LANES];
        int half = LANES / 2;
        for (int lane = 0; lane < LANES; lane++) {
            int within = lane % half;
            int picked = row + within / ROW_WORDS * step;
            indices[lane] = lane / half * LANES + picked * ROW_WORDS + within % ROW_WORDS;
        }
        return IntVector.fromArray(SPECIES, indices, 0);
    }
}
