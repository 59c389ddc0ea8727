package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class VectorWarmupTest {

    /** More messages than any length needs. */
    private static final int ALL = 1_000_000;

    private final VectorWarmup warmup = new VectorWarmup();

    @Test
    void firstMessagesGoThroughScalars() {
        assertThat(vectorRuns(1000, 1424)).isZero();
    }

    @Test
    void shareGrowsUntilEveryMessageTakesVectors() {
        int before = 0;
        for (int tenth = 0; tenth < 10; tenth++) {
            int runs = vectorRuns(ALL / 10, 1424);
            assertThat(runs).isGreaterThanOrEqualTo(before);
            before = runs;
            if (tenth == 0) {
                assertThat(runs).isBetween(1, 200);
            }
        }
        assertThat(before).isEqualTo(ALL / 10);
        assertThat(vectorRuns(1000, Integer.MAX_VALUE)).isEqualTo(1000);
    }

    @Test
    void lengthsThatRunDifferentCodeAreCountedApart() {
        vectorRuns(ALL, 1424);
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
        for (int i = 0; i < 5000; i++) {
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
