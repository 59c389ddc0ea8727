package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FlowLabelTest {
    private final SipHash hash = new SipHash(1, 2);
    private final FlowLabel label = new FlowLabel();

    private int hashed(long a, long b, long c, long d, int ports) {
        return (int) hash.strong(a, b, c, d, ports) & IpHeader.FLOW_LABEL;
    }

    @Test
    void isThatOfTheTwoSocketsWhateverItWasBefore() {
        long[] next = {1, 2, 3, 4, 5};
        for (int i = 0; i < 40; i++) {
            assertThat(label.of(hash, next[0], next[1], next[2], next[3], (int) next[4]))
                    .isEqualTo(hashed(next[0], next[1], next[2], next[3], (int) next[4]))
                    .isBetween(0, 0xfffff);
            next[i % 5]++; // only one of the five is another each time
        }
    }

    @Test
    void isNotComputedAgainForTheSameTwo() {
        int first = label.of(hash, 1, 2, 3, 4, 5);
        SipHash other = new SipHash(3, 4);
        assertThat(label.of(other, 1, 2, 3, 4, 5)).isEqualTo(first);
        assertThat(label.of(other, 1, 2, 3, 4, 6)).isNotEqualTo(hashed(1, 2, 3, 4, 6));
    }

    @Test
    void theFirstOfAllZeroesIsComputedToo() {
        assertThat(label.of(hash, 0, 0, 0, 0, 0)).isEqualTo(hashed(0, 0, 0, 0, 0)).isNotZero();
    }
}
