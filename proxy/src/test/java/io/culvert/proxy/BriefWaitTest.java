package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BriefWaitTest {
    private static final long LOOK = 1_000;

    private long now;
    private long yieldTakes = 500;
    private long yields;
    private long looks;
    private long eventsAt = Long.MAX_VALUE;
    private boolean idle = true;
    private final BriefWait wait = new BriefWait(() -> now, this::leaveCore);

    private void leaveCore() {
        yields++;
        now += yieldTakes;
    }

    private int look() {
        looks++;
        now += LOOK;
        return now >= eventsAt ? 3 : 0;
    }

    private int events() {
        return wait.events(this::look, () -> idle);
    }

    @Test
    void servesWhatComesMeanwhile() {
        for (int i = 0; i < 100; i++) {
            eventsAt = now + 10_000;
            assertThat(events()).isEqualTo(3);
            assertThat(now - eventsAt).isBetween(0L, 2 * LOOK);
        }
    }

    @Test
    void givesUpAfterThirtyMicroseconds() {
        assertThat(events()).isZero();
        assertThat(now).isBetween(BriefWait.LONGEST, BriefWait.LONGEST + 2 * LOOK);
    }

    /** A quiet flow's packets must not cost a wait each. */
    @Test
    void sleepsAtOnceTwiceAsOftenEachTimeThatNothingCame() {
        for (int sleeps : new int[] {1, 2, 4, 8, 16, 16, 16}) {
            assertThat(events()).isZero();
            looks = 0;
            for (int i = 0; i < sleeps; i++) {
                assertThat(events()).isZero();
            }
            assertThat(looks).isZero();
        }
        eventsAt = 0;
        assertThat(events()).isEqualTo(3);
        eventsAt = Long.MAX_VALUE;
        assertThat(events()).isZero();
        assertThat(events()).as("once again").isZero();
        eventsAt = 0;
        assertThat(events()).isEqualTo(3);
    }

    @Test
    void leavesTheCoreToOthersForAsLongAsTheyWantIt() {
        yieldTakes = 1_000_000;
        eventsAt = 0;
        for (int i = 0; i < 100; i++) {
            assertThat(events()).as("come while another ran").isEqualTo(3);
        }
    }

    /** Who waits for the core is not moved to another that becomes idle; who sleeps is. */
    @Test
    void sleepsAtOnceForAWhileWhenAnotherWantsTheCoreAndSocketsCome() {
        yieldTakes = BriefWait.CONTENDED + 1;
        eventsAt = 0;
        wait.socketCame();
        assertThat(events()).isEqualTo(3);
        assertThat(looks).isEqualTo(1);
        for (int i = 0; i < BriefWait.MOST_SLEEPS; i++) {
            assertThat(events()).isZero();
        }
        assertThat(looks).isEqualTo(1);
        assertThat(events()).isEqualTo(3);
        assertThat(events()).as("no other came since").isEqualTo(3);
    }

    @Test
    void doesNotKeepATaskWaiting() {
        idle = false;
        assertThat(events()).isZero();
        assertThat(yields).isZero();
        idle = true;
        eventsAt = 0;
        assertThat(events()).as("was not in vain").isEqualTo(3);
    }
}
