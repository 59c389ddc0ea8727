package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class VectorWarmupTest {

    private static final int ALL =
            VectorWarmup.FIRST_RUNS * VectorWarmup.FIRST_SHARE
                    + (VectorWarmup.SECOND_RUNS - VectorWarmup.FIRST_RUNS)
                            * VectorWarmup.SECOND_SHARE;

    private final VectorWarmup warmup = new VectorWarmup();

    @Test
    void firstMessagesGoThroughScalars() {
        assertThat(vectorRuns(VectorWarmup.FIRST_SHARE - 1, 1424)).isZero();
        assertThat(warmup.takesVector(1424)).isTrue();
        assertThat(warmup.takesVector(1424)).isFalse();
    }

    @Test
    void shareGrowsUntilEveryMessageTakesVectors() {
        int first = VectorWarmup.FIRST_RUNS * VectorWarmup.FIRST_SHARE;
        assertThat(vectorRuns(first, 1424)).isEqualTo(VectorWarmup.FIRST_RUNS);
        assertThat(vectorRuns(ALL - first, 1424))
                .isEqualTo(VectorWarmup.SECOND_RUNS - VectorWarmup.FIRST_RUNS);
        assertThat(vectorRuns(1000, 1424)).isEqualTo(1000);
        assertThat(vectorRuns(1000, Integer.MAX_VALUE)).isEqualTo(1000);
    }

    @Test
    void lengthsThatRunDifferentCodeAreCountedApart() {
        assertThat(vectorRuns(ALL, 1424)).isEqualTo(VectorWarmup.SECOND_RUNS);
        for (int length : new int[] {0, 63, 64, 127, 128, 255, 256, 511, 512, 1023}) {
            assertThat(warmup.takesVector(length)).as("length %d", length).isFalse();
        }
        assertThat(warmup.takesVector(1024)).isTrue();
    }

    @Test
    void runningItAheadLetsEveryMessageTakeVectors() {
        warmup.run(new ScalarAeadEngine());
        for (int length = 0; length < 3000; length++) {
            assertThat(warmup.takesVector(length)).as("length %d", length).isTrue();
        }
    }

    /** The switch itself changes no byte. */
    @Test
    void messagesAreTheSameBeforeAndAfter() {
        ChaCha20Poly1305 adaptive = new ChaCha20Poly1305();
        ChaCha20Poly1305 scalar = new ChaCha20Poly1305(new AeadEngines(new ScalarAeadEngine()));
        AeadKey key = new AeadKey(Hex.sequence(0, 32), 0);
        MemorySegment memory = MemorySegment.ofArray(new byte[200]);
        for (int i = 0; i < 3 * VectorWarmup.FIRST_SHARE; i++) {
            adaptive.seal(key, i, memory, 0, 184);
            assertThat(scalar.open(key, i, memory, 0, 200)).isTrue();
        }
    }

    private int vectorRuns(int messages, int length) {
        int runs = 0;
        for (int i = 0; i < messages; i++) {
            runs += warmup.takesVector(length) ? 1 : 0;
        }
        return runs;
    }
}
