package io.culvert.crypto;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The rounds of ChaCha20 (RFC 8439, section 2.3) with half a row of the state in 64 bits of a
 * vector: words 0 and 2 of a row, of as many blocks as fit, in an <i>even</i> vector, words 1 and 3
 * in an <i>odd</i> one. The eight vectors of rows a to d are a <i>group</i> of blocks. To turn
 * columns into diagonals, a row is rotated by one or three words by swapping the words in one of
 * its vectors and exchanging the roles of both, and by two words by swapping in both: four swaps,
 * rotations of 64-bit lanes, where rows of four words in one vector take six shuffles. Row b stays,
 * which is ready last and needed first.
 *
 * <p>The same rounds are written out for one group, which is latency bound, and for three, which
 * hide each other's latency. They share no method, which neither compiler is sure to inline: then
 * every vector would become an object. Neither may a loop start from a vector in a constant field,
 * which is an object already.
 */
final class VectorChaCha20Rounds {

    private static final VectorSpecies<Integer> SPECIES = VectorWidth.INTS;
    private static final int LANES = SPECIES.length();

    static final int BLOCKS_OF_GROUP = LANES / 2;

    /** Words of a group in memory: eight vectors, the even and the odd one of rows a to d. */
    static final int GROUP = 8 * LANES;

    /** Groups that {@link #three} makes. */
    static final int MOST_GROUPS = 3;

    private static final int DOUBLE_ROUNDS = 10;

    /**
     * Whether words are swapped by rotating longs. Where that takes more than one instruction, as
     * without AVX-512, shuffles are faster.
     */
    private static final boolean ROTATES = LANES == 16;

    private static final VectorShuffle<Integer> SWAP =
            VectorShuffle.fromOp(SPECIES, lane -> lane ^ 1);

    private static final VectorMask<Integer> SECOND_WORDS =
            IntVector.zero(SPECIES).addIndex(1).and(1).compare(EQ, 1);

    private static final IntVector BLOCK_NUMBERS = blockNumbers(0);
    private static final IntVector BLOCK_NUMBERS_1 = blockNumbers(1);
    private static final IntVector BLOCK_NUMBERS_2 = blockNumbers(2);

    private VectorChaCha20Rounds() {}

    /** One group. */
    static void one(int[] key, int counter, int n0, int n1, int n2, int[] out) {
        IntVector aEven = words(ChaCha20.C0, ChaCha20.C2);
        IntVector aOdd = words(ChaCha20.C1, ChaCha20.C3);
        IntVector bEven = words(key[0], key[2]);
        IntVector bOdd = words(key[1], key[3]);
        IntVector cEven = words(key[4], key[6]);
        IntVector cOdd = words(key[5], key[7]);
        IntVector dEven = words(counter, n1);
        IntVector dOdd = words(n0, n2);
        IntVector aEven0 = aEven;
        IntVector aOdd0 = aOdd;
        IntVector bEven0 = bEven;
        IntVector bOdd0 = bOdd;
        IntVector cEven0 = cEven;
        IntVector cOdd0 = cOdd;
        IntVector dEven0 = dEven.add(BLOCK_NUMBERS);
        IntVector dOdd0 = dOdd;
        for (int round = 0; round < DOUBLE_ROUNDS; round++) {
            aEven0 = aEven0.add(bEven0);
            aOdd0 = aOdd0.add(bOdd0);
            dEven0 = dEven0.lanewise(XOR, aEven0).lanewise(ROL, 16);
            dOdd0 = dOdd0.lanewise(XOR, aOdd0).lanewise(ROL, 16);
            cEven0 = cEven0.add(dEven0);
            cOdd0 = cOdd0.add(dOdd0);
            bEven0 = bEven0.lanewise(XOR, cEven0).lanewise(ROL, 12);
            bOdd0 = bOdd0.lanewise(XOR, cOdd0).lanewise(ROL, 12);
            aEven0 = aEven0.add(bEven0);
            aOdd0 = aOdd0.add(bOdd0);
            dEven0 = dEven0.lanewise(XOR, aEven0).lanewise(ROL, 8);
            dOdd0 = dOdd0.lanewise(XOR, aOdd0).lanewise(ROL, 8);
            cEven0 = cEven0.add(dEven0);
            cOdd0 = cOdd0.add(dOdd0);
            bEven0 = bEven0.lanewise(XOR, cEven0).lanewise(ROL, 7);
            bOdd0 = bOdd0.lanewise(XOR, cOdd0).lanewise(ROL, 7);
            if (ROTATES) {
                aOdd0 = aOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven0 = cEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven0 = dEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd0 = dOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
            } else {
                aOdd0 = aOdd0.rearrange(SWAP);
                cEven0 = cEven0.rearrange(SWAP);
                dEven0 = dEven0.rearrange(SWAP);
                dOdd0 = dOdd0.rearrange(SWAP);
            }
            aOdd0 = aOdd0.add(bEven0);
            aEven0 = aEven0.add(bOdd0);
            dEven0 = dEven0.lanewise(XOR, aOdd0).lanewise(ROL, 16);
            dOdd0 = dOdd0.lanewise(XOR, aEven0).lanewise(ROL, 16);
            cOdd0 = cOdd0.add(dEven0);
            cEven0 = cEven0.add(dOdd0);
            bEven0 = bEven0.lanewise(XOR, cOdd0).lanewise(ROL, 12);
            bOdd0 = bOdd0.lanewise(XOR, cEven0).lanewise(ROL, 12);
            aOdd0 = aOdd0.add(bEven0);
            aEven0 = aEven0.add(bOdd0);
            dEven0 = dEven0.lanewise(XOR, aOdd0).lanewise(ROL, 8);
            dOdd0 = dOdd0.lanewise(XOR, aEven0).lanewise(ROL, 8);
            cOdd0 = cOdd0.add(dEven0);
            cEven0 = cEven0.add(dOdd0);
            bEven0 = bEven0.lanewise(XOR, cOdd0).lanewise(ROL, 7);
            bOdd0 = bOdd0.lanewise(XOR, cEven0).lanewise(ROL, 7);
            if (ROTATES) {
                aOdd0 = aOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven0 = cEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven0 = dEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd0 = dOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
            } else {
                aOdd0 = aOdd0.rearrange(SWAP);
                cEven0 = cEven0.rearrange(SWAP);
                dEven0 = dEven0.rearrange(SWAP);
                dOdd0 = dOdd0.rearrange(SWAP);
            }
        }
        aEven0.add(aEven).intoArray(out, 0);
        aOdd0.add(aOdd).intoArray(out, LANES);
        bEven0.add(bEven).intoArray(out, 2 * LANES);
        bOdd0.add(bOdd).intoArray(out, 3 * LANES);
        cEven0.add(cEven).intoArray(out, 4 * LANES);
        cOdd0.add(cOdd).intoArray(out, 5 * LANES);
        dEven0.add(dEven.add(BLOCK_NUMBERS)).intoArray(out, 6 * LANES);
        dOdd0.add(dOdd).intoArray(out, 7 * LANES);
    }

    /** Three groups: throughput bound where there are 32 vector registers. */
    static void three(int[] key, int counter, int n0, int n1, int n2, int[] out) {
        IntVector aEven = words(ChaCha20.C0, ChaCha20.C2);
        IntVector aOdd = words(ChaCha20.C1, ChaCha20.C3);
        IntVector bEven = words(key[0], key[2]);
        IntVector bOdd = words(key[1], key[3]);
        IntVector cEven = words(key[4], key[6]);
        IntVector cOdd = words(key[5], key[7]);
        IntVector dEven = words(counter, n1);
        IntVector dOdd = words(n0, n2);
        IntVector aEven0 = aEven;
        IntVector aOdd0 = aOdd;
        IntVector bEven0 = bEven;
        IntVector bOdd0 = bOdd;
        IntVector cEven0 = cEven;
        IntVector cOdd0 = cOdd;
        IntVector dEven0 = dEven.add(BLOCK_NUMBERS);
        IntVector dOdd0 = dOdd;
        IntVector aEven1 = aEven;
        IntVector aOdd1 = aOdd;
        IntVector bEven1 = bEven;
        IntVector bOdd1 = bOdd;
        IntVector cEven1 = cEven;
        IntVector cOdd1 = cOdd;
        IntVector dEven1 = dEven.add(BLOCK_NUMBERS_1);
        IntVector dOdd1 = dOdd;
        IntVector aEven2 = aEven;
        IntVector aOdd2 = aOdd;
        IntVector bEven2 = bEven;
        IntVector bOdd2 = bOdd;
        IntVector cEven2 = cEven;
        IntVector cOdd2 = cOdd;
        IntVector dEven2 = dEven.add(BLOCK_NUMBERS_2);
        IntVector dOdd2 = dOdd;
        for (int round = 0; round < DOUBLE_ROUNDS; round++) {
            aEven0 = aEven0.add(bEven0);
            aOdd0 = aOdd0.add(bOdd0);
            aEven1 = aEven1.add(bEven1);
            aOdd1 = aOdd1.add(bOdd1);
            aEven2 = aEven2.add(bEven2);
            aOdd2 = aOdd2.add(bOdd2);
            dEven0 = dEven0.lanewise(XOR, aEven0).lanewise(ROL, 16);
            dOdd0 = dOdd0.lanewise(XOR, aOdd0).lanewise(ROL, 16);
            dEven1 = dEven1.lanewise(XOR, aEven1).lanewise(ROL, 16);
            dOdd1 = dOdd1.lanewise(XOR, aOdd1).lanewise(ROL, 16);
            dEven2 = dEven2.lanewise(XOR, aEven2).lanewise(ROL, 16);
            dOdd2 = dOdd2.lanewise(XOR, aOdd2).lanewise(ROL, 16);
            cEven0 = cEven0.add(dEven0);
            cOdd0 = cOdd0.add(dOdd0);
            cEven1 = cEven1.add(dEven1);
            cOdd1 = cOdd1.add(dOdd1);
            cEven2 = cEven2.add(dEven2);
            cOdd2 = cOdd2.add(dOdd2);
            bEven0 = bEven0.lanewise(XOR, cEven0).lanewise(ROL, 12);
            bOdd0 = bOdd0.lanewise(XOR, cOdd0).lanewise(ROL, 12);
            bEven1 = bEven1.lanewise(XOR, cEven1).lanewise(ROL, 12);
            bOdd1 = bOdd1.lanewise(XOR, cOdd1).lanewise(ROL, 12);
            bEven2 = bEven2.lanewise(XOR, cEven2).lanewise(ROL, 12);
            bOdd2 = bOdd2.lanewise(XOR, cOdd2).lanewise(ROL, 12);
            aEven0 = aEven0.add(bEven0);
            aOdd0 = aOdd0.add(bOdd0);
            aEven1 = aEven1.add(bEven1);
            aOdd1 = aOdd1.add(bOdd1);
            aEven2 = aEven2.add(bEven2);
            aOdd2 = aOdd2.add(bOdd2);
            dEven0 = dEven0.lanewise(XOR, aEven0).lanewise(ROL, 8);
            dOdd0 = dOdd0.lanewise(XOR, aOdd0).lanewise(ROL, 8);
            dEven1 = dEven1.lanewise(XOR, aEven1).lanewise(ROL, 8);
            dOdd1 = dOdd1.lanewise(XOR, aOdd1).lanewise(ROL, 8);
            dEven2 = dEven2.lanewise(XOR, aEven2).lanewise(ROL, 8);
            dOdd2 = dOdd2.lanewise(XOR, aOdd2).lanewise(ROL, 8);
            cEven0 = cEven0.add(dEven0);
            cOdd0 = cOdd0.add(dOdd0);
            cEven1 = cEven1.add(dEven1);
            cOdd1 = cOdd1.add(dOdd1);
            cEven2 = cEven2.add(dEven2);
            cOdd2 = cOdd2.add(dOdd2);
            bEven0 = bEven0.lanewise(XOR, cEven0).lanewise(ROL, 7);
            bOdd0 = bOdd0.lanewise(XOR, cOdd0).lanewise(ROL, 7);
            bEven1 = bEven1.lanewise(XOR, cEven1).lanewise(ROL, 7);
            bOdd1 = bOdd1.lanewise(XOR, cOdd1).lanewise(ROL, 7);
            bEven2 = bEven2.lanewise(XOR, cEven2).lanewise(ROL, 7);
            bOdd2 = bOdd2.lanewise(XOR, cOdd2).lanewise(ROL, 7);
            if (ROTATES) {
                aOdd0 = aOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                aOdd1 = aOdd1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                aOdd2 = aOdd2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven0 = cEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven1 = cEven1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven2 = cEven2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven0 = dEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven1 = dEven1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven2 = dEven2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd0 = dOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd1 = dOdd1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd2 = dOdd2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
            } else {
                aOdd0 = aOdd0.rearrange(SWAP);
                aOdd1 = aOdd1.rearrange(SWAP);
                aOdd2 = aOdd2.rearrange(SWAP);
                cEven0 = cEven0.rearrange(SWAP);
                cEven1 = cEven1.rearrange(SWAP);
                cEven2 = cEven2.rearrange(SWAP);
                dEven0 = dEven0.rearrange(SWAP);
                dEven1 = dEven1.rearrange(SWAP);
                dEven2 = dEven2.rearrange(SWAP);
                dOdd0 = dOdd0.rearrange(SWAP);
                dOdd1 = dOdd1.rearrange(SWAP);
                dOdd2 = dOdd2.rearrange(SWAP);
            }
            aOdd0 = aOdd0.add(bEven0);
            aEven0 = aEven0.add(bOdd0);
            aOdd1 = aOdd1.add(bEven1);
            aEven1 = aEven1.add(bOdd1);
            aOdd2 = aOdd2.add(bEven2);
            aEven2 = aEven2.add(bOdd2);
            dEven0 = dEven0.lanewise(XOR, aOdd0).lanewise(ROL, 16);
            dOdd0 = dOdd0.lanewise(XOR, aEven0).lanewise(ROL, 16);
            dEven1 = dEven1.lanewise(XOR, aOdd1).lanewise(ROL, 16);
            dOdd1 = dOdd1.lanewise(XOR, aEven1).lanewise(ROL, 16);
            dEven2 = dEven2.lanewise(XOR, aOdd2).lanewise(ROL, 16);
            dOdd2 = dOdd2.lanewise(XOR, aEven2).lanewise(ROL, 16);
            cOdd0 = cOdd0.add(dEven0);
            cEven0 = cEven0.add(dOdd0);
            cOdd1 = cOdd1.add(dEven1);
            cEven1 = cEven1.add(dOdd1);
            cOdd2 = cOdd2.add(dEven2);
            cEven2 = cEven2.add(dOdd2);
            bEven0 = bEven0.lanewise(XOR, cOdd0).lanewise(ROL, 12);
            bOdd0 = bOdd0.lanewise(XOR, cEven0).lanewise(ROL, 12);
            bEven1 = bEven1.lanewise(XOR, cOdd1).lanewise(ROL, 12);
            bOdd1 = bOdd1.lanewise(XOR, cEven1).lanewise(ROL, 12);
            bEven2 = bEven2.lanewise(XOR, cOdd2).lanewise(ROL, 12);
            bOdd2 = bOdd2.lanewise(XOR, cEven2).lanewise(ROL, 12);
            aOdd0 = aOdd0.add(bEven0);
            aEven0 = aEven0.add(bOdd0);
            aOdd1 = aOdd1.add(bEven1);
            aEven1 = aEven1.add(bOdd1);
            aOdd2 = aOdd2.add(bEven2);
            aEven2 = aEven2.add(bOdd2);
            dEven0 = dEven0.lanewise(XOR, aOdd0).lanewise(ROL, 8);
            dOdd0 = dOdd0.lanewise(XOR, aEven0).lanewise(ROL, 8);
            dEven1 = dEven1.lanewise(XOR, aOdd1).lanewise(ROL, 8);
            dOdd1 = dOdd1.lanewise(XOR, aEven1).lanewise(ROL, 8);
            dEven2 = dEven2.lanewise(XOR, aOdd2).lanewise(ROL, 8);
            dOdd2 = dOdd2.lanewise(XOR, aEven2).lanewise(ROL, 8);
            cOdd0 = cOdd0.add(dEven0);
            cEven0 = cEven0.add(dOdd0);
            cOdd1 = cOdd1.add(dEven1);
            cEven1 = cEven1.add(dOdd1);
            cOdd2 = cOdd2.add(dEven2);
            cEven2 = cEven2.add(dOdd2);
            bEven0 = bEven0.lanewise(XOR, cOdd0).lanewise(ROL, 7);
            bOdd0 = bOdd0.lanewise(XOR, cEven0).lanewise(ROL, 7);
            bEven1 = bEven1.lanewise(XOR, cOdd1).lanewise(ROL, 7);
            bOdd1 = bOdd1.lanewise(XOR, cEven1).lanewise(ROL, 7);
            bEven2 = bEven2.lanewise(XOR, cOdd2).lanewise(ROL, 7);
            bOdd2 = bOdd2.lanewise(XOR, cEven2).lanewise(ROL, 7);
            if (ROTATES) {
                aOdd0 = aOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                aOdd1 = aOdd1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                aOdd2 = aOdd2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven0 = cEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven1 = cEven1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                cEven2 = cEven2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven0 = dEven0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven1 = dEven1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dEven2 = dEven2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd0 = dOdd0.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd1 = dOdd1.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
                dOdd2 = dOdd2.reinterpretAsLongs().lanewise(ROL, 32).reinterpretAsInts();
            } else {
                aOdd0 = aOdd0.rearrange(SWAP);
                aOdd1 = aOdd1.rearrange(SWAP);
                aOdd2 = aOdd2.rearrange(SWAP);
                cEven0 = cEven0.rearrange(SWAP);
                cEven1 = cEven1.rearrange(SWAP);
                cEven2 = cEven2.rearrange(SWAP);
                dEven0 = dEven0.rearrange(SWAP);
                dEven1 = dEven1.rearrange(SWAP);
                dEven2 = dEven2.rearrange(SWAP);
                dOdd0 = dOdd0.rearrange(SWAP);
                dOdd1 = dOdd1.rearrange(SWAP);
                dOdd2 = dOdd2.rearrange(SWAP);
            }
        }
        aEven0.add(aEven).intoArray(out, 0);
        aOdd0.add(aOdd).intoArray(out, LANES);
        bEven0.add(bEven).intoArray(out, 2 * LANES);
        bOdd0.add(bOdd).intoArray(out, 3 * LANES);
        cEven0.add(cEven).intoArray(out, 4 * LANES);
        cOdd0.add(cOdd).intoArray(out, 5 * LANES);
        dEven0.add(dEven.add(BLOCK_NUMBERS)).intoArray(out, 6 * LANES);
        dOdd0.add(dOdd).intoArray(out, 7 * LANES);
        aEven1.add(aEven).intoArray(out, 8 * LANES);
        aOdd1.add(aOdd).intoArray(out, 9 * LANES);
        bEven1.add(bEven).intoArray(out, 10 * LANES);
        bOdd1.add(bOdd).intoArray(out, 11 * LANES);
        cEven1.add(cEven).intoArray(out, 12 * LANES);
        cOdd1.add(cOdd).intoArray(out, 13 * LANES);
        dEven1.add(dEven.add(BLOCK_NUMBERS_1)).intoArray(out, 14 * LANES);
        dOdd1.add(dOdd).intoArray(out, 15 * LANES);
        aEven2.add(aEven).intoArray(out, 16 * LANES);
        aOdd2.add(aOdd).intoArray(out, 17 * LANES);
        bEven2.add(bEven).intoArray(out, 18 * LANES);
        bOdd2.add(bOdd).intoArray(out, 19 * LANES);
        cEven2.add(cEven).intoArray(out, 20 * LANES);
        cOdd2.add(cOdd).intoArray(out, 21 * LANES);
        dEven2.add(dEven.add(BLOCK_NUMBERS_2)).intoArray(out, 22 * LANES);
        dOdd2.add(dOdd).intoArray(out, 23 * LANES);
    }

    /**
     * Two words of a row, the same for every block; built in registers, since vector loads of fresh
     * narrow stores stall.
     */
    private static IntVector words(int first, int second) {
        return IntVector.broadcast(SPECIES, first).blend(second, SECOND_WORDS);
    }

    private static IntVector blockNumbers(int group) {
        int[] numbers = new int[LANES];
        for (int block = 0; block < BLOCKS_OF_GROUP; block++) {
            numbers[2 * block] = group * BLOCKS_OF_GROUP + block;
        }
        return IntVector.fromArray(SPECIES, numbers, 0);
    }
}
