package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

class X25519WarmUpTest {

    private static final int LENGTH = X25519.KEY_LENGTH;

    /** One test, since a process is warm for good. */
    @Test
    void isWantedOnceABatchHasGoneWithoutAndNeverAfter() {
        assumeTrue(AeadEngines.VECTOR_BITS != 0, "no vectors of 256 bits here");
        X25519Batch batch = new X25519Batch(8);
        assertThat(compute(batch, 1)).isEqualTo(expected(1));
        assertThat(X25519Batch.wantsWarmUp()).isFalse();
        assertThat(compute(batch, 8)).isEqualTo(expected(8));
        assertThat(X25519Batch.wantsWarmUp()).isTrue();
        X25519Batch.warmUp();
        assertThat(X25519Batch.wantsWarmUp()).isFalse();
        assertThat(compute(batch, 8)).isEqualTo(expected(8));
        assertThat(X25519Batch.wantsWarmUp()).isFalse();
        X25519Batch.warmUp();
    }

    /** The last result of {@code count} agreements. */
    private static byte[] compute(X25519Batch batch, int count) {
        for (int i = 1; i <= count; i++) {
            batch.add(Hex.sequence(i, LENGTH), 0, Hex.sequence(9 * i, LENGTH), 0);
        }
        batch.compute();
        byte[] out = new byte[LENGTH];
        assertThat(batch.result(count - 1, out, 0)).isTrue();
        batch.clear();
        return out;
    }

    private static byte[] expected(int count) {
        byte[] out = new byte[LENGTH];
        new X25519()
                .agree(out, 0, Hex.sequence(count, LENGTH), 0, Hex.sequence(9 * count, LENGTH), 0);
        return out;
    }
}
