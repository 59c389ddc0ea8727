package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ConstantTimeTest {

    @Test
    void seesADifferenceInAnyBitOfTheRange() {
        byte[] a = Hex.sequence(1, 20);
        for (int bit = 0; bit < 16 * 8; bit++) {
            byte[] b = new byte[20];
            System.arraycopy(a, 2, b, 3, 16);
            assertThat(ConstantTime.equals(a, 2, b, 3, 16)).isTrue();
            b[3 + bit / 8] ^= (byte) (1 << (bit % 8));
            assertThat(ConstantTime.equals(a, 2, b, 3, 16)).isFalse();
        }
    }

    @Test
    void ignoresWhatIsOutsideTheRange() {
        byte[] a = {1, 2, 3};
        byte[] b = {9, 2, 9};
        assertThat(ConstantTime.equals(a, 1, b, 1, 1)).isTrue();
        assertThat(ConstantTime.isZero(new byte[] {1, 0, 0, 1}, 1, 2)).isTrue();
    }

    @Test
    void seesAnyBitThatIsNotZero() {
        for (int bit = 0; bit < 32 * 8; bit++) {
            byte[] a = new byte[32];
            assertThat(ConstantTime.isZero(a, 0, 32)).isTrue();
            a[bit / 8] = (byte) (1 << (bit % 8));
            assertThat(ConstantTime.isZero(a, 0, 32)).isFalse();
        }
    }

    @Test
    void emptyRangesAreEqualAndZero() {
        assertThat(ConstantTime.equals(new byte[0], 0, new byte[1], 1, 0)).isTrue();
        assertThat(ConstantTime.isZero(new byte[0], 0, 0)).isTrue();
    }

    @Test
    void rangesOutsideTheArrayAreRefused() {
        assertThatThrownBy(() -> ConstantTime.equals(new byte[3], 0, new byte[4], 0, 4))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ConstantTime.isZero(new byte[3], 1, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
