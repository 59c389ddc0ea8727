package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a batch is held to, whatever computes it. */
abstract class X25519BatchContract {

    private static final int LENGTH = X25519.KEY_LENGTH;
    private static final int CAPACITY = 37;

    private final X25519 x25519 = new X25519();
    private final X25519Batch batch = batch(CAPACITY);

    abstract X25519Batch batch(int capacity);

    /** Every fill, so every remainder of every lane count; one in four is of the base point. */
    @Test
    void anyFillGivesWhatSingleComputationsGive() {
        SplittableRandom random = new SplittableRandom(4);
        for (int fill = 0; fill <= CAPACITY; fill++) {
            byte[][] privateKeys = new byte[fill][];
            byte[][] points = new byte[fill][];
            boolean[] ofBase = new boolean[fill];
            for (int i = 0; i < fill; i++) {
                privateKeys[i] = bytes(random);
                points[i] = bytes(random);
                ofBase[i] = random.nextInt(4) == 0;
                int number =
                        ofBase[i]
                                ? batch.addBase(privateKeys[i], 0)
                                : batch.add(privateKeys[i], 0, points[i], 0);
                assertThat(number).isEqualTo(i);
            }
            assertThat(batch.size()).isEqualTo(fill);
            batch.compute();
            for (int i = 0; i < fill; i++) {
                byte[] expected = new byte[LENGTH];
                boolean agreed = true;
                if (ofBase[i]) {
                    x25519.publicKey(expected, 0, privateKeys[i], 0);
                } else {
                    agreed = x25519.agree(expected, 0, privateKeys[i], 0, points[i], 0);
                }
                checkResult(i, expected, agreed);
            }
            batch.clear();
        }
    }

    @Test
    void pointsOfLowOrderSpoilNoOtherResult() {
        SplittableRandom random = new SplittableRandom(5);
        for (int run = 0; run < 20; run++) {
            byte[][] privateKeys = new byte[CAPACITY][];
            byte[][] points = new byte[CAPACITY][];
            for (int i = 0; i < CAPACITY; i++) {
                privateKeys[i] = bytes(random);
                points[i] = random.nextBoolean() ? bytes(random) : lowOrder(random);
                batch.add(privateKeys[i], 0, points[i], 0);
            }
            batch.compute();
            for (int i = 0; i < CAPACITY; i++) {
                byte[] expected = new byte[LENGTH];
                boolean agreed = x25519.agree(expected, 0, privateKeys[i], 0, points[i], 0);
                checkResult(i, expected, agreed);
            }
            batch.clear();
        }
    }

    @Test
    void wycheproof() {
        List<Map<String, Object>> tests = VectorFile.wycheproof("x25519_test.json");
        for (int from = 0; from < tests.size(); from += CAPACITY) {
            int to = Math.min(from + CAPACITY, tests.size());
            for (int i = from; i < to; i++) {
                batch.add(
                        Hex.bytes(VectorFile.string(tests.get(i), "private")),
                        0,
                        Hex.bytes(VectorFile.string(tests.get(i), "public")),
                        0);
            }
            batch.compute();
            for (int i = from; i < to; i++) {
                String shared = VectorFile.string(tests.get(i), "shared");
                byte[] expected = Hex.bytes(shared);
                checkResult(i - from, expected, !ConstantTime.isZero(expected, 0, LENGTH));
            }
            batch.clear();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8, 9, 37})
    void whatIsAddedAfterComputingIsComputedNext(int first) {
        SplittableRandom random = new SplittableRandom(first);
        byte[] privateKey = bytes(random);
        byte[] point = bytes(random);
        byte[] shared = new byte[LENGTH];
        x25519.agree(shared, 0, privateKey, 0, point, 0);
        for (int i = 0; i < first - 1; i++) {
            batch.add(bytes(random), 0, point, 0);
        }
        batch.compute();
        int number = batch.add(privateKey, 0, point, 0);
        assertThatThrownBy(() -> batch.result(number, shared, 0))
                .isInstanceOf(IllegalStateException.class);
        batch.compute();
        checkResult(number, shared, true);
    }

    @Test
    void inputsAreCopiedAndOffsetsHonoured() {
        SplittableRandom random = new SplittableRandom(6);
        byte[] privateKey = bytes(random);
        byte[] point = bytes(random);
        byte[] all = new byte[2 * LENGTH + 8];
        System.arraycopy(privateKey, 0, all, 3, LENGTH);
        System.arraycopy(point, 0, all, 5 + LENGTH, LENGTH);
        batch.add(all, 3, all, 5 + LENGTH);
        batch.addBase(all, 3);
        Arrays.fill(all, (byte) 0);
        batch.compute();
        byte[] expected = new byte[LENGTH];
        x25519.agree(expected, 0, privateKey, 0, point, 0);
        assertThat(batch.result(0, all, 1)).isTrue();
        assertThat(Arrays.copyOfRange(all, 1, 1 + LENGTH)).isEqualTo(expected);
        assertThat(all[0]).isZero();
        assertThat(all[1 + LENGTH]).isZero();
        x25519.publicKey(expected, 0, privateKey, 0);
        checkResult(1, expected, true);
    }

    @Test
    void clearLeavesNothingBehind() {
        assertThat(batch.holdsNothing()).isTrue();
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 1; i < CAPACITY; i++) {
            batch.add(bytes(random), 0, bytes(random), 0);
        }
        assertThat(batch.holdsNothing()).isFalse();
        batch.addBase(bytes(random), 0);
        batch.compute();
        assertThat(batch.holdsNoScratch()).isTrue();
        assertThat(batch.holdsNothing()).isFalse();
        batch.clear();
        assertThat(batch.holdsNothing()).isTrue();
        assertThat(batch.size()).isZero();
        batch.addBase(bytes(random), 0);
        batch.clear();
        assertThat(batch.holdsNothing()).isTrue();
        assertThatThrownBy(() -> batch.result(0, new byte[LENGTH], 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aFullBatchTakesNoMore() {
        X25519Batch one = batch(1);
        byte[] key = Hex.sequence(1, LENGTH);
        one.addBase(key, 0);
        assertThat(one.capacity()).isEqualTo(1);
        assertThatThrownBy(() -> one.addBase(key, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> one.add(key, 0, key, 0)).isInstanceOf(IllegalStateException.class);
        assertThat(one.size()).isEqualTo(1);
        assertThatThrownBy(() -> batch(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shortArraysAreRefusedAndChangeNothing() {
        byte[] key = Hex.sequence(1, LENGTH);
        byte[] tooShort = new byte[LENGTH - 1];
        assertThatThrownBy(() -> batch.add(tooShort, 0, key, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> batch.add(key, 0, key, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> batch.addBase(key, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(batch.size()).isZero();
        batch.addBase(key, 0);
        batch.compute();
        assertThatThrownBy(() -> batch.result(0, tooShort, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private void checkResult(int number, byte[] expected, boolean agreed) {
        byte[] out = new byte[LENGTH];
        assertThat(batch.result(number, out, 0)).as("number %d", number).isEqualTo(agreed);
        assertThat(out).as("number %d", number).isEqualTo(expected);
    }

    private static byte[] bytes(SplittableRandom random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return bytes;
    }

    /** 0, 1 or p - 1, in any of their forms. */
    private static byte[] lowOrder(SplittableRandom random) {
        byte[] point = new byte[LENGTH];
        switch (random.nextInt(3)) {
            case 0 -> point[0] = (byte) random.nextInt(2);
            case 1 -> {
                Arrays.fill(point, (byte) 0xff);
                point[0] = (byte) (0xec + random.nextInt(3));
            }
            default ->
                    point =
                            Hex.bytes(
                                    "e0eb7a7c3b41b8ae1656e3faf19fc46a"
                                            + "da098deb9c32b1fd866205165f49b800");
        }
        return point;
    }
}
