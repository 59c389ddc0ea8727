package io.culvert.crypto;

import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The rounds of ChaCha20 (RFC 8439, section 2.3) with each row of the state in 128 bits of a
 * vector: a vector of 512 bits holds one row of four blocks, and four such vectors are a
 * <i>set</i>. Columns become diagonals by rotating rows within their 128 bits: all but b, which is
 * ready last and needed first. Beside one state word in each vector this costs shuffles, but wastes
 * little at any length of message.
 *
 * <p>The same rounds are written out for one, two and six sets, which hide each other's latency.
 * They are not shared through a method: past some size C2 stops inlining what the Vector API
 * doesn't force, and every vector would become an object. Neither may a loop start from a vector in
 * a constant field, which is an object already.
 */
final class VectorChaCha20Rounds {

    private static final VectorSpecies<Integer> SPECIES = VectorWidth.INTS;
    private static final int LANES = SPECIES.length();
    private static final int ROW_WORDS = 4;

    static final int BLOCKS_OF_SET = LANES / ROW_WORDS;

    /** Words of a set in memory: four vectors, rows a to d. */
    static final int SET = 4 * LANES;

    /** Sets that {@link #six} makes. */
    static final int MOST_SETS = 6;

    private static final int DOUBLE_ROUNDS = 10;

    private static final VectorShuffle<Integer> LEFT_1 = rotation(1);
    private static final VectorShuffle<Integer> LEFT_2 = rotation(2);
    private static final VectorShuffle<Integer> LEFT_3 = rotation(3);

    private static final VectorMask<Integer> WORD_0 = word(0);
    private static final VectorMask<Integer> WORD_1 = word(1);
    private static final VectorMask<Integer> WORD_2 = word(2);

    private static final IntVector BLOCK_NUMBERS = blockNumbers();
    private static final IntVector STEP_1 = row(BLOCKS_OF_SET, 0, 0, 0);
    private static final IntVector STEP_2 = row(2 * BLOCKS_OF_SET, 0, 0, 0);
    private static final IntVector STEP_3 = row(3 * BLOCKS_OF_SET, 0, 0, 0);
    private static final IntVector STEP_4 = row(4 * BLOCKS_OF_SET, 0, 0, 0);
    private static final IntVector STEP_5 = row(5 * BLOCKS_OF_SET, 0, 0, 0);

    private VectorChaCha20Rounds() {}

    /** One set: latency bound, for short messages and ends. */
    static void one(int[] key, int counter, int n0, int n1, int n2, int[] rows, int at) {
        IntVector a = row(ChaCha20.C0, ChaCha20.C1, ChaCha20.C2, ChaCha20.C3);
        IntVector b = row(key[0], key[1], key[2], key[3]);
        IntVector c = row(key[4], key[5], key[6], key[7]);
        IntVector d = row(counter, n0, n1, n2).add(BLOCK_NUMBERS);
        IntVector a0 = a;
        IntVector b0 = b;
        IntVector c0 = c;
        IntVector d0 = d;
        for (int round = 0; round < DOUBLE_ROUNDS; round++) {
            a0 = a0.add(b0);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
            c0 = c0.add(d0);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
            a0 = a0.add(b0);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
            c0 = c0.add(d0);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
            a0 = a0.rearrange(LEFT_3);
            c0 = c0.rearrange(LEFT_1);
            d0 = d0.rearrange(LEFT_2);
            a0 = a0.add(b0);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
            c0 = c0.add(d0);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
            a0 = a0.add(b0);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
            c0 = c0.add(d0);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
            a0 = a0.rearrange(LEFT_1);
            c0 = c0.rearrange(LEFT_3);
            d0 = d0.rearrange(LEFT_2);
        }
        a0.add(a).intoArray(rows, at);
        b0.add(b).intoArray(rows, at + LANES);
        c0.add(c).intoArray(rows, at + 2 * LANES);
        d0.add(d).intoArray(rows, at + 3 * LANES);
    }

    /** Two sets. */
    static void two(int[] key, int counter, int n0, int n1, int n2, int[] rows, int at) {
        IntVector a = row(ChaCha20.C0, ChaCha20.C1, ChaCha20.C2, ChaCha20.C3);
        IntVector b = row(key[0], key[1], key[2], key[3]);
        IntVector c = row(key[4], key[5], key[6], key[7]);
        IntVector d = row(counter, n0, n1, n2).add(BLOCK_NUMBERS);
        IntVector a0 = a;
        IntVector b0 = b;
        IntVector c0 = c;
        IntVector d0 = d;
        IntVector a1 = a;
        IntVector b1 = b;
        IntVector c1 = c;
        IntVector d1 = d.add(STEP_1);
        for (int round = 0; round < DOUBLE_ROUNDS; round++) {
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
            a0 = a0.rearrange(LEFT_3);
            a1 = a1.rearrange(LEFT_3);
            c0 = c0.rearrange(LEFT_1);
            c1 = c1.rearrange(LEFT_1);
            d0 = d0.rearrange(LEFT_2);
            d1 = d1.rearrange(LEFT_2);
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
            a0 = a0.rearrange(LEFT_1);
            a1 = a1.rearrange(LEFT_1);
            c0 = c0.rearrange(LEFT_3);
            c1 = c1.rearrange(LEFT_3);
            d0 = d0.rearrange(LEFT_2);
            d1 = d1.rearrange(LEFT_2);
        }
        a0.add(a).intoArray(rows, at);
        b0.add(b).intoArray(rows, at + LANES);
        c0.add(c).intoArray(rows, at + 2 * LANES);
        d0.add(d).intoArray(rows, at + 3 * LANES);
        a1.add(a).intoArray(rows, at + 1 * SET);
        b1.add(b).intoArray(rows, at + 1 * SET + LANES);
        c1.add(c).intoArray(rows, at + 1 * SET + 2 * LANES);
        d1.add(d.add(STEP_1)).intoArray(rows, at + 1 * SET + 3 * LANES);
    }

    /** Six sets: throughput bound where there are 32 vector registers. */
    static void six(int[] key, int counter, int n0, int n1, int n2, int[] rows) {
        IntVector a = row(ChaCha20.C0, ChaCha20.C1, ChaCha20.C2, ChaCha20.C3);
        IntVector b = row(key[0], key[1], key[2], key[3]);
        IntVector c = row(key[4], key[5], key[6], key[7]);
        IntVector d = row(counter, n0, n1, n2).add(BLOCK_NUMBERS);
        IntVector a0 = a;
        IntVector b0 = b;
        IntVector c0 = c;
        IntVector d0 = d;
        IntVector a1 = a;
        IntVector b1 = b;
        IntVector c1 = c;
        IntVector d1 = d.add(STEP_1);
        IntVector a2 = a;
        IntVector b2 = b;
        IntVector c2 = c;
        IntVector d2 = d.add(STEP_2);
        IntVector a3 = a;
        IntVector b3 = b;
        IntVector c3 = c;
        IntVector d3 = d.add(STEP_3);
        IntVector a4 = a;
        IntVector b4 = b;
        IntVector c4 = c;
        IntVector d4 = d.add(STEP_4);
        IntVector a5 = a;
        IntVector b5 = b;
        IntVector c5 = c;
        IntVector d5 = d.add(STEP_5);
        for (int round = 0; round < DOUBLE_ROUNDS; round++) {
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            a2 = a2.add(b2);
            a3 = a3.add(b3);
            a4 = a4.add(b4);
            a5 = a5.add(b5);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
            d2 = d2.lanewise(XOR, a2).lanewise(ROL, 16);
            d3 = d3.lanewise(XOR, a3).lanewise(ROL, 16);
            d4 = d4.lanewise(XOR, a4).lanewise(ROL, 16);
            d5 = d5.lanewise(XOR, a5).lanewise(ROL, 16);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            c2 = c2.add(d2);
            c3 = c3.add(d3);
            c4 = c4.add(d4);
            c5 = c5.add(d5);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
            b2 = b2.lanewise(XOR, c2).lanewise(ROL, 12);
            b3 = b3.lanewise(XOR, c3).lanewise(ROL, 12);
            b4 = b4.lanewise(XOR, c4).lanewise(ROL, 12);
            b5 = b5.lanewise(XOR, c5).lanewise(ROL, 12);
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            a2 = a2.add(b2);
            a3 = a3.add(b3);
            a4 = a4.add(b4);
            a5 = a5.add(b5);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
            d2 = d2.lanewise(XOR, a2).lanewise(ROL, 8);
            d3 = d3.lanewise(XOR, a3).lanewise(ROL, 8);
            d4 = d4.lanewise(XOR, a4).lanewise(ROL, 8);
            d5 = d5.lanewise(XOR, a5).lanewise(ROL, 8);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            c2 = c2.add(d2);
            c3 = c3.add(d3);
            c4 = c4.add(d4);
            c5 = c5.add(d5);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
            b2 = b2.lanewise(XOR, c2).lanewise(ROL, 7);
            b3 = b3.lanewise(XOR, c3).lanewise(ROL, 7);
            b4 = b4.lanewise(XOR, c4).lanewise(ROL, 7);
            b5 = b5.lanewise(XOR, c5).lanewise(ROL, 7);
            a0 = a0.rearrange(LEFT_3);
            a1 = a1.rearrange(LEFT_3);
            a2 = a2.rearrange(LEFT_3);
            a3 = a3.rearrange(LEFT_3);
            a4 = a4.rearrange(LEFT_3);
            a5 = a5.rearrange(LEFT_3);
            c0 = c0.rearrange(LEFT_1);
            c1 = c1.rearrange(LEFT_1);
            c2 = c2.rearrange(LEFT_1);
            c3 = c3.rearrange(LEFT_1);
            c4 = c4.rearrange(LEFT_1);
            c5 = c5.rearrange(LEFT_1);
            d0 = d0.rearrange(LEFT_2);
            d1 = d1.rearrange(LEFT_2);
            d2 = d2.rearrange(LEFT_2);
            d3 = d3.rearrange(LEFT_2);
            d4 = d4.rearrange(LEFT_2);
            d5 = d5.rearrange(LEFT_2);
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            a2 = a2.add(b2);
            a3 = a3.add(b3);
            a4 = a4.add(b4);
            a5 = a5.add(b5);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 16);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 16);
            d2 = d2.lanewise(XOR, a2).lanewise(ROL, 16);
            d3 = d3.lanewise(XOR, a3).lanewise(ROL, 16);
            d4 = d4.lanewise(XOR, a4).lanewise(ROL, 16);
            d5 = d5.lanewise(XOR, a5).lanewise(ROL, 16);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            c2 = c2.add(d2);
            c3 = c3.add(d3);
            c4 = c4.add(d4);
            c5 = c5.add(d5);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 12);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 12);
            b2 = b2.lanewise(XOR, c2).lanewise(ROL, 12);
            b3 = b3.lanewise(XOR, c3).lanewise(ROL, 12);
            b4 = b4.lanewise(XOR, c4).lanewise(ROL, 12);
            b5 = b5.lanewise(XOR, c5).lanewise(ROL, 12);
            a0 = a0.add(b0);
            a1 = a1.add(b1);
            a2 = a2.add(b2);
            a3 = a3.add(b3);
            a4 = a4.add(b4);
            a5 = a5.add(b5);
            d0 = d0.lanewise(XOR, a0).lanewise(ROL, 8);
            d1 = d1.lanewise(XOR, a1).lanewise(ROL, 8);
            d2 = d2.lanewise(XOR, a2).lanewise(ROL, 8);
            d3 = d3.lanewise(XOR, a3).lanewise(ROL, 8);
            d4 = d4.lanewise(XOR, a4).lanewise(ROL, 8);
            d5 = d5.lanewise(XOR, a5).lanewise(ROL, 8);
            c0 = c0.add(d0);
            c1 = c1.add(d1);
            c2 = c2.add(d2);
            c3 = c3.add(d3);
            c4 = c4.add(d4);
            c5 = c5.add(d5);
            b0 = b0.lanewise(XOR, c0).lanewise(ROL, 7);
            b1 = b1.lanewise(XOR, c1).lanewise(ROL, 7);
            b2 = b2.lanewise(XOR, c2).lanewise(ROL, 7);
            b3 = b3.lanewise(XOR, c3).lanewise(ROL, 7);
            b4 = b4.lanewise(XOR, c4).lanewise(ROL, 7);
            b5 = b5.lanewise(XOR, c5).lanewise(ROL, 7);
            a0 = a0.rearrange(LEFT_1);
            a1 = a1.rearrange(LEFT_1);
            a2 = a2.rearrange(LEFT_1);
            a3 = a3.rearrange(LEFT_1);
            a4 = a4.rearrange(LEFT_1);
            a5 = a5.rearrange(LEFT_1);
            c0 = c0.rearrange(LEFT_3);
            c1 = c1.rearrange(LEFT_3);
            c2 = c2.rearrange(LEFT_3);
            c3 = c3.rearrange(LEFT_3);
            c4 = c4.rearrange(LEFT_3);
            c5 = c5.rearrange(LEFT_3);
            d0 = d0.rearrange(LEFT_2);
            d1 = d1.rearrange(LEFT_2);
            d2 = d2.rearrange(LEFT_2);
            d3 = d3.rearrange(LEFT_2);
            d4 = d4.rearrange(LEFT_2);
            d5 = d5.rearrange(LEFT_2);
        }
        a0.add(a).intoArray(rows, 0);
        b0.add(b).intoArray(rows, LANES);
        c0.add(c).intoArray(rows, 2 * LANES);
        d0.add(d).intoArray(rows, 3 * LANES);
        a1.add(a).intoArray(rows, 1 * SET);
        b1.add(b).intoArray(rows, 1 * SET + LANES);
        c1.add(c).intoArray(rows, 1 * SET + 2 * LANES);
        d1.add(d.add(STEP_1)).intoArray(rows, 1 * SET + 3 * LANES);
        a2.add(a).intoArray(rows, 2 * SET);
        b2.add(b).intoArray(rows, 2 * SET + LANES);
        c2.add(c).intoArray(rows, 2 * SET + 2 * LANES);
        d2.add(d.add(STEP_2)).intoArray(rows, 2 * SET + 3 * LANES);
        a3.add(a).intoArray(rows, 3 * SET);
        b3.add(b).intoArray(rows, 3 * SET + LANES);
        c3.add(c).intoArray(rows, 3 * SET + 2 * LANES);
        d3.add(d.add(STEP_3)).intoArray(rows, 3 * SET + 3 * LANES);
        a4.add(a).intoArray(rows, 4 * SET);
        b4.add(b).intoArray(rows, 4 * SET + LANES);
        c4.add(c).intoArray(rows, 4 * SET + 2 * LANES);
        d4.add(d.add(STEP_4)).intoArray(rows, 4 * SET + 3 * LANES);
        a5.add(a).intoArray(rows, 5 * SET);
        b5.add(b).intoArray(rows, 5 * SET + LANES);
        c5.add(c).intoArray(rows, 5 * SET + 2 * LANES);
        d5.add(d.add(STEP_5)).intoArray(rows, 5 * SET + 3 * LANES);
    }

    /**
     * Repeats one row for every block; built in registers, since vector loads of fresh narrow
     * stores stall.
     */
    private static IntVector row(int w0, int w1, int w2, int w3) {
        return IntVector.broadcast(SPECIES, w3)
                .blend(w2, WORD_2)
                .blend(w1, WORD_1)
                .blend(w0, WORD_0);
    }

    private static VectorMask<Integer> word(int index) {
        boolean[] bits = new boolean[LANES];
        for (int lane = index; lane < LANES; lane += ROW_WORDS) {
            bits[lane] = true;
        }
        return VectorMask.fromArray(SPECIES, bits, 0);
    }

    private static VectorShuffle<Integer> rotation(int words) {
        return VectorShuffle.fromOp(
                SPECIES, lane -> (lane & -ROW_WORDS) | ((lane + words) & (ROW_WORDS - 1)));
    }

    private static IntVector blockNumbers() {
        int[] numbers = new int[LANES];
        for (int lane = 0; lane < LANES; lane += ROW_WORDS) {
            numbers[lane] = lane / ROW_WORDS;
        }
        return IntVector.fromArray(SPECIES, numbers, 0);
    }
}
