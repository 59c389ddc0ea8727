package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** TCP at the points of a grid of paths, buffers and applications, judged after every event. */
class TcpGridTest {
    /** The documented full count. */
    private static final int FULL = 5000;

    private static final int SLICE = 150;

    @Test
    void everyPointKeepsWhatMustHold() {
        Seeds.runFresh(SLICE, (seed, trace) -> new TcpGridRun(seed, trace).run());
    }

    @Test
    void aRunIsAFunctionOfItsSeed() {
        Seeds.runFresh(
                10,
                (seed, trace) -> {
                    Trace again = new Trace();
                    new TcpGridRun(seed, trace).run();
                    new TcpGridRun(seed, again).run();
                    assertThat(again.hash()).isEqualTo(trace.hash());
                    assertThat(again.records()).isEqualTo(trace.records()).isPositive();
                });
    }

    @Test
    void theFullCountMeetsEveryPairOfCircumstances() {
        int[] sizes = TcpGrid.sizes();
        boolean[][][][] met = new boolean[sizes.length][sizes.length][][];
        for (int a = 0; a < sizes.length; a++) {
            for (int b = 0; b < a; b++) {
                met[a][b] = new boolean[sizes[a]][sizes[b]];
            }
        }
        for (long seed = 1; seed <= FULL; seed++) {
            SeededRandom random = new SimWorld(seed, new Trace()).random("grid");
            int[] at = TcpGrid.coordinates(random);
            for (int a = 0; a < sizes.length; a++) {
                for (int b = 0; b < a; b++) {
                    met[a][b][at[a]][at[b]] = true;
                }
            }
        }
        for (int a = 0; a < sizes.length; a++) {
            for (int b = 0; b < a; b++) {
                for (boolean[] row : met[a][b]) {
                    assertThat(row).as("dimensions %s and %s", a, b).doesNotContain(false);
                }
            }
        }
    }
}
