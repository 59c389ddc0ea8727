package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SeedsTest {
    @BeforeEach
    void onlyWhereNobodyChoseTheSeeds() {
        assumeTrue(
                System.getProperty("simnet.seed") == null
                        && System.getProperty("simnet.seeds") == null
                        && System.getProperty("simnet.first") == null,
                "seeds were chosen by a system property");
    }

    @Test
    void runsEverySeedOnce() {
        Set<Long> seen = new ConcurrentSkipListSet<>();
        Seeds.run(50, (seed, trace) -> assertThat(seen.add(seed)).isTrue());
        assertThat(seen).hasSize(50).contains(1L, 50L);
    }

    @Test
    void freshSeedsAreOthersInEveryBuildAndAFailedOneCanBeRunAgain() {
        long before = System.currentTimeMillis();
        Set<Long> seen = new ConcurrentSkipListSet<>();
        assertThatThrownBy(() ->
                        Seeds.runFresh(
                                20,
                                (seed, trace) -> {
                                    seen.add(seed);
                                    assertThat(seen).hasSizeLessThan(20);
                                }))
                .hasMessageContaining(
                        "-Dtest='SeedsTest#freshSeedsAreOthersInEveryBuildAndAFailedOneCanBeRunAgain'"
                                + " -Dsimnet.seed=")
                .hasMessageMatching("(?s).*-Dsimnet\\.seed=\\d{13}");
        assertThat(seen).hasSize(20).allMatch(seed -> seed >= before);
    }

    @Test
    void aFailureNamesTheSeedAndTheCommand() {
        assertThatThrownBy(() ->
                        Seeds.run(
                                20,
                                (seed, trace) ->
                                        assertThat(seed).as("a wrong seed").isNotEqualTo(13)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Seed 13 failed")
                .hasMessageContaining("a wrong seed")
                .hasMessageContaining("-pl simnet")
                .hasMessageContaining("-Dtest='SeedsTest#aFailureNamesTheSeedAndTheCommand'")
                .hasMessageContaining("-Dsimnet.seed=13");
    }

    @Test
    void oneSeedLeavesATraceInWords() throws IOException {
        Path file = Path.of("target", "simnet", "SeedsTest.example-77.txt");
        Seeds.runOne(
                "SeedsTest#example",
                77,
                (seed, trace) -> trace.note(2_000_000, () -> "seed " + seed));
        assertThat(file).hasContent("0.002000 seed 77");
        Files.delete(file);
    }

    @Test
    void alsoAnErrorIsASeedsFailure() {
        assertThatThrownBy(() ->
                        Seeds.run(
                                4,
                                (seed, trace) -> {
                                    if (seed == 3) {
                                        throw new StackOverflowError();
                                    }
                                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Seed 3 failed");
    }
}
