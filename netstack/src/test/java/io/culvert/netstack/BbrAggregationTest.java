package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.culvert.netstack.BbrScenarios.Flow;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ACKs that come in lumps (bbr.md 7: 30, 37). */
class BbrAggregationTest {
    @ParameterizedTest
    @ValueSource(longs = {5, 10, 25})
    void keepsThePathFullWhenAcksComeInSlots(long millis) {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.path.slot = millis * Dumbbell.MILLI;
            Interval interval = flow.measure(8, 40);
            assertThat(interval.utilisation()).isGreaterThan(94);
            assertThat(interval.meanQueue()).isLessThan(0.7 * 50);
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {100, 1000, 5000})
    void doesNotMindAReceiverThatAcknowledgesByBatch(long micros) {
        ScenarioSeeds.run(seed -> {
            double usual = bulk(seed, 200, 50, 1).measure(8, 40).utilisation();
            Flow flow = bulk(seed, 200, 50, 1);
            flow.path.receiver.batch = micros * 1000;
            assertThat(flow.measure(8, 40).utilisation()).isCloseTo(usual, within(2.0));
        });
    }
}
