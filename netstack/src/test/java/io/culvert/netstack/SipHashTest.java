package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SipHashTest {
    /** Key 00 01 .. 0f of the reference vectors. */
    private static final SipHash REFERENCE = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

    private static final long A = 0x0706050403020100L;
    private static final long B = 0x0f0e0d0c0b0a0908L;
    private static final long C = 0x1716151413121110L;

    @Test
    void matchesTheReferenceVectorsOfWholeWords() {
        assertThat(REFERENCE.hash(2, 4, A, 0, 0, 0, 0, 1))
                .isEqualTo(Long.reverseBytes(0x6224939a79f5f593L));
        assertThat(REFERENCE.hash(2, 4, A, B, 0, 0, 0, 2))
                .isEqualTo(Long.reverseBytes(0xdb9bc2577fcc2a3fL));
        assertThat(REFERENCE.strong(A, B, C)).isEqualTo(Long.reverseBytes(0x94af49f6c650adb8L));
    }

    @Test
    void everyWordCounts() {
        long base = REFERENCE.table(1, 2, 3, 4, 5);
        assertThat(
                        new long[] {
                            REFERENCE.table(0, 2, 3, 4, 5),
                            REFERENCE.table(1, 0, 3, 4, 5),
                            REFERENCE.table(1, 2, 0, 4, 5),
                            REFERENCE.table(1, 2, 3, 0, 5),
                            REFERENCE.table(1, 2, 3, 4, 0),
                            REFERENCE.strong(1, 2, 3, 4, 5)
                        })
                .doesNotContain(base)
                .doesNotHaveDuplicates();
    }

    @Test
    void derivesAnotherFunctionForEachPurposeAndSecret() {
        byte[] secret = new byte[32];
        byte[] other = new byte[32];
        other[31] = 1;
        long a = SipHash.derive(secret, 1).strong(1, 2, 3);
        assertThat(SipHash.derive(secret, 1).strong(1, 2, 3)).isEqualTo(a);
        assertThat(SipHash.derive(secret, 2).strong(1, 2, 3)).isNotEqualTo(a);
        assertThat(SipHash.derive(other, 1).strong(1, 2, 3)).isNotEqualTo(a);
        assertThatThrownBy(() -> SipHash.derive(new byte[16], 1)).hasMessageContaining("16");
    }
}
