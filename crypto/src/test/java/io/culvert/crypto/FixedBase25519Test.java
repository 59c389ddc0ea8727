package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Public keys, which come from a table, against the ladder on the base point. */
class FixedBase25519Test {

    private static final int LENGTH = X25519.KEY_LENGTH;

    /** RFC 7748, section 4.1. */
    private static final byte[] BASE_POINT = new byte[LENGTH];

    static {
        BASE_POINT[0] = 9;
    }

    private final X25519 x25519 = new X25519();

    @Test
    void randomScalars() {
        SplittableRandom random = new SplittableRandom(9);
        byte[] scalar = new byte[LENGTH];
        for (int i = 0; i < 4000; i++) {
            random.nextBytes(scalar);
            check(scalar);
        }
    }

    /** Each byte the same: every digit in every place, and those that carry all the way up. */
    @Test
    void everyByteInEveryPlace() {
        byte[] scalar = new byte[LENGTH];
        for (int value = 0; value < 256; value++) {
            Arrays.fill(scalar, (byte) value);
            check(scalar);
        }
    }

    /** All digits zero but one, and all digits full but one. */
    @Test
    void everyDigitAlone() {
        for (int place = 0; place < 2 * LENGTH; place++) {
            for (int digit = 0; digit < 16; digit += 5) {
                byte[] scalar = new byte[LENGTH];
                scalar[place / 2] = (byte) (digit << (4 * (place % 2)));
                check(scalar);
                for (int i = 0; i < LENGTH; i++) {
                    scalar[i] ^= (byte) 0xff;
                }
                check(scalar);
            }
        }
    }

    /**
     * The least and the greatest clamped scalar; the order of the base point, and 8 times it, with
     * neighbours, so far as clamping leaves them.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000000000000000000000000000000000000000000000000000000000000040",
                "f8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
                "689fae7d2a1893c0b2e6bc17f5cef7a600000000000000000000000000000080",
                "609fae7d2a1893c0b2e6bc17f5cef7a600000000000000000000000000000080",
                "709fae7d2a1893c0b2e6bc17f5cef7a600000000000000000000000000000080",
                "8888888888888888888888888888888888888888888888888888888888888878",
                "7777777777777777777777777777777777777777777777777777777777777777",
            })
    void edges(String scalar) {
        check(Hex.bytes(scalar));
    }

    @Test
    void manyMultiplesInOneBatch() {
        SplittableRandom random = new SplittableRandom(10);
        X25519Batch batch = new X25519Batch(50);
        byte[] scalars = new byte[50 * LENGTH];
        random.nextBytes(scalars);
        for (int i = 0; i < 50; i++) {
            batch.addBase(scalars, i * LENGTH);
        }
        batch.compute();
        for (int i = 0; i < 50; i++) {
            byte[] expected = new byte[LENGTH];
            x25519.agree(expected, 0, scalars, i * LENGTH, BASE_POINT, 0);
            byte[] out = new byte[LENGTH];
            assertThat(batch.result(i, out, 0)).isTrue();
            assertThat(out).as("number %d", i).isEqualTo(expected);
        }
    }

    private void check(byte[] scalar) {
        byte[] expected = new byte[LENGTH];
        x25519.agree(expected, 0, scalar, 0, BASE_POINT, 0);
        byte[] out = new byte[LENGTH];
        x25519.publicKey(out, 0, scalar, 0);
        assertThat(out).as(Hex.string(scalar)).isEqualTo(expected);
    }
}
