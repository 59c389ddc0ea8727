package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SeededRandomTest {
    @Test
    void splitMixMatchesItsPublishedSequence() {
        // The first outputs of SplitMix64 for the seed 1234567, as Rosetta Code lists them.
        long gamma = 0x9E3779B97F4A7C15L;
        assertThat(SeededRandom.mix(1234567 + gamma)).isEqualTo(6457827717110365317L);
        assertThat(SeededRandom.mix(1234567 + 2 * gamma)).isEqualTo(3203168211198807973L);
        assertThat(SeededRandom.mix(1234567 + 3 * gamma))
                .isEqualTo(Long.parseUnsignedLong("9817491932198370423"));
    }

    @Test
    void theSameSeedGivesTheSameNumbers() {
        assertThat(draw(new SeededRandom(42), 100))
                .containsExactly(draw(new SeededRandom(42), 100));
        assertThat(draw(new SeededRandom(42), 100)).doesNotContain(draw(new SeededRandom(43), 100));
    }

    @Test
    void aStreamDependsOnSeedAndNameAlone() {
        SeededRandom fresh = new SeededRandom(7);
        SeededRandom used = new SeededRandom(7);
        draw(used, 1000);
        var unused = used.stream("another");
        assertThat(draw(used.stream("link"), 10)).containsExactly(draw(fresh.stream("link"), 10));
        assertThat(draw(unused, 10)).isNotEqualTo(draw(fresh.stream("link"), 10));
        assertThat(draw(new SeededRandom(8).stream("link"), 10))
                .isNotEqualTo(draw(fresh.stream("link"), 10));
    }

    @Test
    void chanceHoldsItsProbability() {
        SeededRandom random = new SeededRandom(1);
        int hits = 0;
        for (int i = 0; i < 100_000; i++) {
            hits += random.chance(0.03) ? 1 : 0;
        }
        assertThat(hits).isCloseTo(3000, within(200));
        assertThat(random.chance(0)).isFalse();
        assertThat(random.chance(1)).isTrue();
    }

    @Test
    void boundsAreInclusive() {
        SeededRandom random = new SeededRandom(1);
        boolean[] seen = new boolean[4];
        for (int i = 0; i < 1000; i++) {
            seen[random.between(0, 3)] = true;
            assertThat(random.logBetween(10, 1000)).isBetween(10L, 1000L);
        }
        assertThat(seen).containsOnly(true);
        assertThat(random.between(5L, 5L)).isEqualTo(5);
    }

    private static long[] draw(SeededRandom random, int count) {
        return LongStream.generate(random::nextLong).limit(count).toArray();
    }
}
