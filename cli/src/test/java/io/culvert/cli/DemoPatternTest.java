package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoPatternTest {
    private static final int LENGTH = 5 * DemoPattern.BLOCK + 1234;

    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                1,
                7,
                DemoPattern.BLOCK - 1,
                DemoPattern.BLOCK,
                DemoPattern.BLOCK + 1,
                LENGTH
            })
    void whatWasWrittenIsTheSame(int length) throws IOException {
        byte[] bytes = written(length);
        assertThat(bytes).hasSize(length);
        assertThat(firstDifference(bytes, length)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 8, DemoPattern.BLOCK - 1, DemoPattern.BLOCK, LENGTH - 1})
    void findsTheOneByteThatChanged(int at) throws IOException {
        byte[] bytes = written(LENGTH);
        bytes[at] ^= 1;
        assertThat(firstDifference(bytes, LENGTH)).isEqualTo(at);
    }

    @Test
    void findsTheEndOfAStreamThatIsCutShort() throws IOException {
        byte[] bytes = Arrays.copyOf(written(LENGTH), LENGTH - 10);
        assertThat(firstDifference(bytes, LENGTH)).isEqualTo(LENGTH - 10);
    }

    @Test
    void findsABlockThatCameInAnothersPlace() throws IOException {
        byte[] bytes = written(LENGTH);
        System.arraycopy(bytes, 0, bytes, 2 * DemoPattern.BLOCK, DemoPattern.BLOCK);
        assertThat(firstDifference(bytes, LENGTH))
                .isBetween(2L * DemoPattern.BLOCK, 2L * DemoPattern.BLOCK + 7);
    }

    private static byte[] written(int length) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new DemoPattern().write(out, length, bytes -> {});
        return out.toByteArray();
    }

    private static long firstDifference(byte[] bytes, int length) throws IOException {
        return new DemoPattern()
                .firstDifference(new ByteArrayInputStream(bytes), length, counted -> {});
    }
}
