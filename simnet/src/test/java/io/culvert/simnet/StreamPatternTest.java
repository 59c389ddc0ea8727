package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class StreamPatternTest {
    private final StreamPattern pattern = new StreamPattern(9);

    @Test
    void piecesOfAnySizeAreTheSameStream() {
        byte[] whole = new byte[1000];
        pattern.fill(0, MemorySegment.ofArray(whole), 0, whole.length);
        SeededRandom random = new SeededRandom(1);
        for (int i = 0; i < 200; i++) {
            int from = random.between(0, 999);
            int length = random.between(0, 1000 - from);
            byte[] piece = new byte[length + 3];
            pattern.fill(from, MemorySegment.ofArray(piece), 3, length);
            for (int k = 0; k < length; k++) {
                assertThat(piece[k + 3]).isEqualTo(whole[from + k]).isEqualTo(pattern.at(from + k));
            }
            assertThat(pattern.mismatch(from, MemorySegment.ofArray(whole), from, length))
                    .isEqualTo(-1);
        }
    }

    @Test
    void findsTheFirstWrongByte() {
        MemorySegment memory = MemorySegment.ofArray(new byte[100]);
        for (int wrong = 0; wrong < 100; wrong++) {
            pattern.fill(5, memory, 0, 100);
            byte right = memory.get(ValueLayout.JAVA_BYTE, wrong);
            memory.set(ValueLayout.JAVA_BYTE, wrong, (byte) (right ^ 4));
            assertThat(pattern.mismatch(5, memory, 0, 100)).isEqualTo(wrong);
        }
    }

    @Test
    void aShiftedOrForeignStreamIsNoticed() {
        MemorySegment memory = MemorySegment.ofArray(new byte[100]);
        pattern.fill(8, memory, 0, 100);
        assertThat(pattern.mismatch(0, memory, 0, 100)).isNotNegative();
        assertThat(new StreamPattern(10).mismatch(8, memory, 0, 100)).isNotNegative();
    }
}
