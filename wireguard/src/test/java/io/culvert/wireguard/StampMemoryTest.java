package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A4.2")
class StampMemoryTest {
    private final StampMemory memory = new StampMemory();

    @Test
    void tellsAStampOnce() {
        memory.remember(key(1), 77);
        assertThat(memory.recall(key(2))).isEqualTo(Constants.LONG_AGO);
        assertThat(memory.recall(key(1))).isEqualTo(77);
        assertThat(memory.recall(key(1))).isEqualTo(Constants.LONG_AGO);
    }

    @Test
    void ofMoreThan4096TheOldestIsForgotten() {
        for (int i = 0; i < 4_097; i++) {
            memory.remember(key(i), i);
        }
        assertThat(memory.recall(key(0))).isEqualTo(Constants.LONG_AGO);
        assertThat(memory.recall(key(1))).isOne();
        assertThat(memory.recall(key(4_096))).isEqualTo(4_096);
    }

    @Test
    void aPeerThatWasNeverSentOneTakesNobodysPlace() {
        for (int i = 0; i < 4_096; i++) {
            memory.remember(key(i), i);
        }
        memory.remember(key(5_000), Constants.LONG_AGO);
        assertThat(memory.recall(key(0))).isZero();
    }

    private static PublicKey key(int number) {
        byte[] key = new byte[KeyText.KEY_LENGTH];
        Wire.intLe(key, 0, number);
        return PublicKey.of(key);
    }
}
