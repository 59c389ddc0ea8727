package io.culvert.crypto;

import static io.culvert.crypto.VectorChaCha20Rounds.BLOCKS_OF_SET;
import static io.culvert.crypto.VectorChaCha20Rounds.MOST_SETS;
import static io.culvert.crypto.VectorChaCha20Rounds.SET;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The ChaCha20 keystream (RFC 8439, section 2.4) by vectors. It is produced ahead into an array,
 * set after set as the rounds leave it, so that block 0 is there for Poly1305 before the message is
 * touched. Not thread-safe.
 */
final class VectorChaCha20 {

    private static final VectorSpecies<Integer> SPECIES = VectorWidth.INTS;
    private static final VectorSpecies<Integer> ROW = IntVector.SPECIES_128;
    private static final int LANES = SPECIES.length();
    private static final int VECTOR_BYTES = LANES * Integer.BYTES;
    private static final int SET_BYTES = SET * Integer.BYTES;
    private static final int ROW_WORDS = ROW.length();
    private static final int ROW_BYTES = ROW_WORDS * Integer.BYTES;
    private static final long LOW_32 = 0xffff_ffffL;

    /** Two vectors end to end, picked by 128-bit rows. */
    private static final IntVector FRONTS = pick(0, 1);

    private static final IntVector BACKS = pick(LANES / 8, 1);
    private static final IntVector EVENS = pick(0, 2);
    private static final IntVector ODDS = pick(1, 2);

    /**
     * Keystream blocks {@code first .. first + available - 1}; in each set the rows a of all
     * blocks, then b, c and d.
     */
    private final int[] rows = new int[MOST_SETS * SET];

    private int first;
    private int available;

    /**
     * Produces keystream from block 0 on, as much of what {@code length} bytes behind that block
     * need as can be held.
     */
    void start(int[] key, int n0, int n1, int n2, int length) {
        produce(key, 0, n0, n1, n2, 1 + blocksOf(length));
    }

    /**
     * Little-endian long {@code index}, 0..3, of block 0, after {@link #start}: the Poly1305 key.
     */
    long firstBlock(int index) {
        int at = (index >> 1) * LANES + (index & 1) * 2;
        return (rows[at] & LOW_32) | ((long) rows[at + 1] << Integer.SIZE);
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
            int count = Math.min((length - done) / ChaCha20.BLOCK_LENGTH, available - block);
            xorBlocks(memory, offset + done, block, count);
            block += count;
            done += count * ChaCha20.BLOCK_LENGTH;
            if (length - done < ChaCha20.BLOCK_LENGTH && block < available) {
                xorPartial(memory, offset + done, block, length - done);
                return;
            }
        }
    }

    void wipe() {
        IntVector zero = IntVector.zero(SPECIES);
        for (int i = 0; i < rows.length; i += LANES) {
            zero.intoArray(rows, i);
        }
    }

    private void produce(int[] key, int counter, int n0, int n1, int n2, int blocks) {
        int sets = Math.min((blocks + BLOCKS_OF_SET - 1) / BLOCKS_OF_SET, MOST_SETS);
        if (sets >= MOST_SETS - 1) {
            VectorChaCha20Rounds.six(key, counter, n0, n1, n2, rows);
            sets = MOST_SETS;
        } else {
            int made = 0;
            for (; made + 2 <= sets; made += 2) {
                int from = counter + made * BLOCKS_OF_SET;
                VectorChaCha20Rounds.two(key, from, n0, n1, n2, rows, made * SET);
            }
            if (made < sets) {
                int from = counter + made * BLOCKS_OF_SET;
                VectorChaCha20Rounds.one(key, from, n0, n1, n2, rows, made * SET);
            }
        }
        first = counter;
        available = sets * BLOCKS_OF_SET;
    }

    /** Applies whole blocks: by sets where a whole set is meant, else by rows. */
    private void xorBlocks(MemorySegment memory, long offset, int block, int count) {
        long at = offset;
        int next = block;
        int end = block + count;
        while (next < end) {
            if (next % BLOCKS_OF_SET == 0 && end - next >= BLOCKS_OF_SET) {
                xorSet(memory, at, index(next));
                next += BLOCKS_OF_SET;
                at += SET_BYTES;
            } else {
                int from = index(next);
                xorRow(memory, at, from);
                xorRow(memory, at + ROW_BYTES, from + LANES);
                xorRow(memory, at + 2L * ROW_BYTES, from + 2 * LANES);
                xorRow(memory, at + 3L * ROW_BYTES, from + 3 * LANES);
                next++;
                at += ChaCha20.BLOCK_LENGTH;
            }
        }
    }

    /** Transposes the rows of a set into blocks and applies them. */
    private void xorSet(MemorySegment memory, long at, int from) {
        IntVector a = IntVector.fromArray(SPECIES, rows, from);
        IntVector b = IntVector.fromArray(SPECIES, rows, from + LANES);
        IntVector c = IntVector.fromArray(SPECIES, rows, from + 2 * LANES);
        IntVector d = IntVector.fromArray(SPECIES, rows, from + 3 * LANES);
        if (LANES == 2 * ROW_WORDS) {
            IntVector frontAb = FRONTS.selectFrom(a, b);
            IntVector frontCd = FRONTS.selectFrom(c, d);
            IntVector backAb = BACKS.selectFrom(a, b);
            IntVector backCd = BACKS.selectFrom(c, d);
            a = frontAb;
            b = frontCd;
            c = backAb;
            d = backCd;
        } else if (LANES == 4 * ROW_WORDS) {
            IntVector frontAb = FRONTS.selectFrom(a, b);
            IntVector frontCd = FRONTS.selectFrom(c, d);
            IntVector backAb = BACKS.selectFrom(a, b);
            IntVector backCd = BACKS.selectFrom(c, d);
            a = EVENS.selectFrom(frontAb, frontCd);
            b = ODDS.selectFrom(frontAb, frontCd);
            c = EVENS.selectFrom(backAb, backCd);
            d = ODDS.selectFrom(backAb, backCd);
        }
        xorVector(memory, at, a);
        xorVector(memory, at + VECTOR_BYTES, b);
        xorVector(memory, at + 2L * VECTOR_BYTES, c);
        xorVector(memory, at + 3L * VECTOR_BYTES, d);
    }

    private static void xorVector(MemorySegment memory, long at, IntVector mask) {
        IntVector.fromMemorySegment(SPECIES, memory, at, ByteOrder.LITTLE_ENDIAN)
                .lanewise(XOR, mask)
                .intoMemorySegment(memory, at, ByteOrder.LITTLE_ENDIAN);
    }

    private void xorRow(MemorySegment memory, long at, int from) {
        IntVector.fromMemorySegment(ROW, memory, at, ByteOrder.LITTLE_ENDIAN)
                .lanewise(XOR, IntVector.fromArray(ROW, rows, from))
                .intoMemorySegment(memory, at, ByteOrder.LITTLE_ENDIAN);
    }

    /** Applies the first {@code length}, below 64, bytes of a block. */
    private void xorPartial(MemorySegment memory, long offset, int block, int length) {
        int from = index(block);
        int done = 0;
        for (; done + ROW_BYTES <= length; done += ROW_BYTES) {
            xorRow(memory, offset + done, from);
            from += LANES;
        }
        for (int i = 0; done + i < length; i++) {
            byte mask = (byte) (rows[from + (i >> 2)] >>> ((i & 3) * Byte.SIZE));
            byte plain = memory.get(ValueLayout.JAVA_BYTE, offset + done + i);
            memory.set(ValueLayout.JAVA_BYTE, offset + done + i, (byte) (plain ^ mask));
        }
    }

    private static int index(int block) {
        return block / BLOCKS_OF_SET * SET + block % BLOCKS_OF_SET * ROW_WORDS;
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
