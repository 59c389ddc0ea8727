package io.culvert.crypto;

import static io.culvert.crypto.VectorChaCha20Rounds.BLOCKS_OF_GROUP;
import static io.culvert.crypto.VectorChaCha20Rounds.GROUP;
import static io.culvert.crypto.VectorChaCha20Rounds.MOST_GROUPS;
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
    static final int HELD = MOST_GROUPS * GROUP * Integer.BYTES - ChaCha20.BLOCK_LENGTH;

    /** Words of a block; the keystream of the message starts with this word. */
    static final int BLOCK_WORDS = ChaCha20.BLOCK_LENGTH / Integer.BYTES;

    private static final VectorSpecies<Integer> SPECIES = VectorWidth.INTS;
    private static final int LANES = SPECIES.length();
    private static final int VECTOR_BYTES = LANES * Integer.BYTES;
    private static final int ROW_WORDS = 4;
    private static final long LOW_32 = 0xffff_ffffL;

    /** The words of two vectors in turn, from the front halves or the back halves of both. */
    private static final IntVector FRONT_WORDS = zip(0);

    private static final IntVector BACK_WORDS = zip(LANES / 2);

    /** Two vectors end to end, picked by 128-bit rows. */
    private static final IntVector FRONTS = pick(0, 1);

    private static final IntVector BACKS = pick(LANES / 8, 1);
    private static final IntVector EVENS = pick(0, 2);
    private static final IntVector ODDS = pick(1, 2);

    private final int[] keystream = new int[MOST_GROUPS * GROUP];
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

    /** Two words of the keystream held, from {@code word} on, as a little-endian long. */
    long keystreamLong(int word) {
        return (keystream[word] & LOW_32) | ((long) keystream[word + 1] << Integer.SIZE);
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
        // By longs, since Poly1305 reads them: a load of two stores would wait for memory.
        int longs = length & -Long.BYTES;
        for (int done = vectored; done < longs; done += Long.BYTES) {
            long plain = memory.get(LittleEndian.LONG, offset + done);
            memory.set(LittleEndian.LONG, offset + done, plain ^ keystreamLong(from + done / 4));
        }
        int words = length & -Integer.BYTES;
        for (int done = longs; done < words; done += Integer.BYTES) {
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
        int groups = Math.min((blocks + BLOCKS_OF_GROUP - 1) / BLOCKS_OF_GROUP, MOST_GROUPS);
        if (groups > 1) {
            // Three take a sixth longer than two.
            VectorChaCha20Rounds.three(key, counter, n0, n1, n2, keystream);
            groups = MOST_GROUPS;
        } else {
            VectorChaCha20Rounds.one(key, counter, n0, n1, n2, keystream);
        }
        for (int group = 0; group < groups; group++) {
            toBlocks(group * GROUP);
        }
        first = counter;
        available = groups * BLOCKS_OF_GROUP;
    }

    /**
     * Transposes a group, from words of many blocks in each vector to one block after the other. In
     * one piece: handed to a method that isn't inlined, vectors would become objects.
     */
    private void toBlocks(int at) {
        IntVector aEven = IntVector.fromArray(SPECIES, keystream, at);
        IntVector aOdd = IntVector.fromArray(SPECIES, keystream, at + LANES);
        IntVector bEven = IntVector.fromArray(SPECIES, keystream, at + 2 * LANES);
        IntVector bOdd = IntVector.fromArray(SPECIES, keystream, at + 3 * LANES);
        IntVector cEven = IntVector.fromArray(SPECIES, keystream, at + 4 * LANES);
        IntVector cOdd = IntVector.fromArray(SPECIES, keystream, at + 5 * LANES);
        IntVector dEven = IntVector.fromArray(SPECIES, keystream, at + 6 * LANES);
        IntVector dOdd = IntVector.fromArray(SPECIES, keystream, at + 7 * LANES);
        IntVector frontA = FRONT_WORDS.selectFrom(aEven, aOdd);
        IntVector frontB = FRONT_WORDS.selectFrom(bEven, bOdd);
        IntVector frontC = FRONT_WORDS.selectFrom(cEven, cOdd);
        IntVector frontD = FRONT_WORDS.selectFrom(dEven, dOdd);
        IntVector backA = BACK_WORDS.selectFrom(aEven, aOdd);
        IntVector backB = BACK_WORDS.selectFrom(bEven, bOdd);
        IntVector backC = BACK_WORDS.selectFrom(cEven, cOdd);
        IntVector backD = BACK_WORDS.selectFrom(dEven, dOdd);
        if (LANES == ROW_WORDS) {
            frontA.intoArray(keystream, at);
            frontB.intoArray(keystream, at + LANES);
            frontC.intoArray(keystream, at + 2 * LANES);
            frontD.intoArray(keystream, at + 3 * LANES);
            backA.intoArray(keystream, at + 4 * LANES);
            backB.intoArray(keystream, at + 5 * LANES);
            backC.intoArray(keystream, at + 6 * LANES);
            backD.intoArray(keystream, at + 7 * LANES);
            return;
        }
        IntVector frontLowAb = FRONTS.selectFrom(frontA, frontB);
        IntVector frontLowCd = FRONTS.selectFrom(frontC, frontD);
        IntVector frontHighAb = BACKS.selectFrom(frontA, frontB);
        IntVector frontHighCd = BACKS.selectFrom(frontC, frontD);
        IntVector backLowAb = FRONTS.selectFrom(backA, backB);
        IntVector backLowCd = FRONTS.selectFrom(backC, backD);
        IntVector backHighAb = BACKS.selectFrom(backA, backB);
        IntVector backHighCd = BACKS.selectFrom(backC, backD);
        if (LANES == 2 * ROW_WORDS) {
            frontLowAb.intoArray(keystream, at);
            frontLowCd.intoArray(keystream, at + LANES);
            frontHighAb.intoArray(keystream, at + 2 * LANES);
            frontHighCd.intoArray(keystream, at + 3 * LANES);
            backLowAb.intoArray(keystream, at + 4 * LANES);
            backLowCd.intoArray(keystream, at + 5 * LANES);
            backHighAb.intoArray(keystream, at + 6 * LANES);
            backHighCd.intoArray(keystream, at + 7 * LANES);
            return;
        }
        EVENS.selectFrom(frontLowAb, frontLowCd).intoArray(keystream, at);
        ODDS.selectFrom(frontLowAb, frontLowCd).intoArray(keystream, at + LANES);
        EVENS.selectFrom(frontHighAb, frontHighCd).intoArray(keystream, at + 2 * LANES);
        ODDS.selectFrom(frontHighAb, frontHighCd).intoArray(keystream, at + 3 * LANES);
        EVENS.selectFrom(backLowAb, backLowCd).intoArray(keystream, at + 4 * LANES);
        ODDS.selectFrom(backLowAb, backLowCd).intoArray(keystream, at + 5 * LANES);
        EVENS.selectFrom(backHighAb, backHighCd).intoArray(keystream, at + 6 * LANES);
        ODDS.selectFrom(backHighAb, backHighCd).intoArray(keystream, at + 7 * LANES);
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

    /** Indices that take lanes from {@code from} on of two vectors end to end in turn. */
    private static IntVector zip(int from) {
        int[] indices = new int[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            indices[lane] = from + lane / 2 + lane % 2 * LANES;
        }
        return IntVector.fromArray(SPECIES, indices, 0);
    }
}
