package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.culvert.netstack.BbrScenarios.Flow;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The pacer in loops that are late (bbr.md 7: 42 to 44). */
class PacerScenarioTest {
    private static final long MILLI = Dumbbell.MILLI;
    private static final long RATE = 12_500_000;

    /** What leaves once in ten milliseconds waits for five of them on average by itself. */
    @Test
    void bearsACoarseTimer() {
        ScenarioSeeds.run(seed -> {
            Interval exact = bulk(seed, 200, 50, 2, 0.001).measure(8, 40);
            double utilisation = exact.utilisation();
            double queue = exact.meanQueue();
            for (long tick : new long[] {1, 2, 4, 10}) {
                for (boolean pullsOnArrival : new boolean[] {true, false}) {
                    Flow flow = bulk(seed, 200, 50, 2, 0.001);
                    flow.path.sender.tick = tick * MILLI;
                    flow.path.sender.pullsOnArrival = pullsOnArrival;
                    Interval late = flow.measure(8, 40);
                    assertThat(late.utilisation())
                            .as("tick %s ms", tick)
                            .isCloseTo(utilisation, within(1.5));
                    assertThat(late.meanQueue())
                            .as("tick %s ms", tick)
                            .isLessThan(queue + (pullsOnArrival ? 2 : 6));
                }
            }
        });
    }

    /** A flow that is limited by its pacing alone, at 100 Mb/s of payload. */
    private static DumbbellPath paced(Dumbbell net) {
        DumbbellPath path =
                net.path(20, b -> b.congestionControl(s -> new FixedRate(RATE)), b -> b);
        path.connect(BulkApp.unlimited());
        net.runSeconds(1);
        return path;
    }

    /** What left beyond rate times time, at most, in any window. */
    private static final class Bucket implements DumbbellHost.Tap {
        private static final int HEADER = 52;
        private double level;
        private long last;
        double highest;
        long bytes;

        @Override
        public void sent(long now, int length) {
            level = Math.max(0, level - (now - last) * (RATE / 1e9)) + length - HEADER;
            last = now;
            bytes += length - HEADER;
            highest = Math.max(highest, level);
        }
    }

    @Test
    void makesUpForStalls() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 1000, 20, 10);
            DumbbellPath path = paced(net);
            Bucket bucket = new Bucket();
            path.sender.tap = bucket;
            SplittableRandom random = new SplittableRandom(seed);
            net.every(
                    10 * MILLI,
                    () -> {
                        if (random.nextInt(5) == 0) {
                            path.sender.stall(5 * MILLI);
                        }
                    });
            net.runSeconds(20);
            assertThat(bucket.bytes / 20.0).isCloseTo(RATE, within(0.005 * RATE));
            // Twelve milliseconds is the pacer's largest credit.
            assertThat(bucket.highest).isLessThan(0.012 * RATE + 12_500 + 1368);
        });
    }

    @Test
    void givesNobodyCreditTwice() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 1000, 20, 10);
            DumbbellPath path = paced(net);
            Bucket bucket = new Bucket();
            path.sender.tap = bucket;
            path.sender.tick = 2 * MILLI; // and each ACK pulls as well
            net.runSeconds(20);
            assertThat(bucket.bytes / 20.0).isCloseTo(RATE, within(0.005 * RATE));
            assertThat(bucket.highest).isLessThan(0.002 * RATE + 12_500 + 1368);
        });
    }
}
