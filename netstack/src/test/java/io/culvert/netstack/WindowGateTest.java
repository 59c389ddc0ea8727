package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WindowGateTest {
    private static final int SEGMENT = 1000;
    private static final long WINDOW = 20_000;
    private static final long PLENTY = 1_000_000;

    private final WindowGate gate = new WindowGate();
    private final Windowed congestion = new Windowed();

    private static final class Windowed extends FixedRate {
        private long train = 5000;

        Windowed() {
            super(1_000_000);
        }

        @Override
        public long cwnd() {
            return WINDOW;
        }

        @Override
        public long trainWorthAwaiting() {
            return train;
        }
    }

    private boolean opens(long inflight, long unsent) {
        return gate.opens(inflight, SEGMENT, unsent, congestion);
    }

    @Test
    void fillsTheWindowToTheLastSegment() {
        assertThat(opens(WINDOW - SEGMENT, PLENTY)).isTrue();
        assertThat(opens(WINDOW - SEGMENT + 1, PLENTY)).isFalse();
    }

    @Test
    void waitsForATrainOnceItWasFull() {
        assertThat(opens(WINDOW, PLENTY)).isFalse();
        assertThat(opens(WINDOW - 4999, PLENTY)).isFalse();
        assertThat(opens(WINDOW - 5000, PLENTY)).isTrue();
        assertThat(opens(WINDOW - SEGMENT, PLENTY)).as("the rest of it").isTrue();
    }

    @Test
    void doesNotWaitForMoreThanThereIsToSend() {
        assertThat(opens(WINDOW, PLENTY)).isFalse();
        assertThat(opens(WINDOW - 2000, 2000)).isTrue();
    }

    @Test
    void doesNotWaitWhereItWouldCost() {
        assertThat(opens(WINDOW, PLENTY)).isFalse();
        congestion.train = 0;
        assertThat(opens(WINDOW - SEGMENT, PLENTY)).isTrue();
    }

    /** Nothing would ever bring news of room. */
    @Test
    void letsASegmentOutWhenNothingIsInFlight() {
        congestion.train = 2 * WINDOW;
        assertThat(opens(WINDOW, PLENTY)).isFalse();
        assertThat(opens(0, PLENTY)).isTrue();
    }
}
