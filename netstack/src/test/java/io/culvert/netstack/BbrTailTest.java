package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The end of a transfer is lost (bbr.md 7: 38). */
class BbrTailTest {
    private static final int LENGTH = 100_000;
    private static final int SEGMENT = 1368;
    private static final int SEGMENTS = (LENGTH + SEGMENT - 1) / SEGMENT;

    /** A packet with payload, whose options take 12 bytes, is longer. */
    private static final int BARE = 64;

    /** Loses the first copies of the last {@code count} segments. */
    private static final class Tail extends PacketLoss {
        private final int count;
        private int seen;

        Tail(int count) {
            super(0);
            this.count = count;
        }

        @Override
        boolean hits(MemorySegment m, long offset, int length) {
            return length > BARE && ++seen > SEGMENTS - count && seen <= SEGMENTS;
        }
    }

    /**
     * Of one segment the probe is the repetition; of more it brings the news, and what is missing
     * takes another round trip.
     */
    @ParameterizedTest
    @CsvSource({"1, 150", "2, 200", "3, 200"})
    void isRepairedWithoutATimeout(int lost, int most) {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            DumbbellPath path = net.path(50);
            path.forwardLoss = new Tail(lost);
            long[] sentAll = {0};
            BulkApp app = BulkApp.of(LENGTH);
            path.sender.tap =
                    (now, length) -> {
                        if (sentAll[0] == 0 && app.isConnected() && app.sender().unsent() == 0) {
                            sentAll[0] = now;
                        }
                    };
            path.connect(app);
            net.runUntil(() -> path.reader.bytes == LENGTH, 2 * Dumbbell.SECOND);
            assertThat(sentAll[0]).isPositive();
            assertThat(net.now - sentAll[0]).isLessThanOrEqualTo(most * Dumbbell.MILLI);
            assertThat(path.counters().timeouts).isZero();
            assertThat(path.counters().tailLossProbes).isOne();
        });
    }
}
