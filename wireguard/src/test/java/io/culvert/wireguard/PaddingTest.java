package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("A10.3")
class PaddingTest {
    @ParameterizedTest
    @CsvSource({
        "0, 1420, 0",
        "1, 1420, 15",
        "16, 1420, 0",
        "17, 1420, 15",
        "1280, 1420, 0",
        "1407, 1420, 1",
        "1408, 1420, 0",
        "1409, 1420, 11",
        "1419, 1420, 1",
        "1420, 1420, 0",
        "1297, 1299, 2",
        "1299, 1299, 0",
        "1297, 1300, 3",
        "1421, 1420, 15",
        "2840, 1420, 0",
        "2839, 1420, 1",
        "5, 0, 11",
        "1420, 0, 4",
        "65503, 0, 1"
    })
    void padsToSixteenButNotBeyondTheMtu(int length, int mtu, int padding) {
        assertThat(Padding.of(length, mtu)).isEqualTo(padding);
    }

    @Test
    void isAlwaysLessThanSixteen() {
        for (int mtu : new int[] {0, 576, 1280, 1299, 1420, 9000, 65535}) {
            for (int length = 0; length < 10_000; length++) {
                assertThat(Padding.of(length, mtu)).isBetween(0, Device.MAX_PADDING);
            }
        }
    }
}
