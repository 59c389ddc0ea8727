package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimitTest {
    @ParameterizedTest
    @ValueSource(longs = {0, 1L << 40, -(1L << 40)})
    void allowsTheBurstAndThenTheRate(long start) {
        RateLimit limit = new RateLimit(100, 10, 4);
        int allowed = 0;
        for (int i = 0; i < 1000; i++) {
            allowed += limit.allow(1, start) ? 1 : 0;
        }
        assertThat(allowed).isEqualTo(10);
        for (int i = 0; i < 100_000; i++) {
            allowed += limit.allow(1, start + i * 100_000L) ? 1 : 0;
        }
        assertThat(allowed).isBetween(1000, 1010);
    }

    @Test
    void bucketsDoNotDisturbEachOther() {
        RateLimit limit = new RateLimit(1, 1, 4);
        assertThat(limit.allow(1, 0)).isTrue();
        assertThat(limit.allow(1, 0)).isFalse();
        assertThat(limit.allow(2, 0)).isTrue();
        assertThat(limit.allow(5, 0)).as("the same bucket as 1").isFalse();
    }

    @Test
    void zeroAllowsNothing() {
        assertThat(new RateLimit(0, 10, 1).allow(0, 0)).isFalse();
        assertThat(new RateLimit(10, 0, 1).allow(0, 0)).isFalse();
    }
}
