package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private final Scheduler scheduler = new Scheduler();
    private final List<String> log = new ArrayList<>();

    @Test
    void runsInOrderOfTimeAndThenOfScheduling() {
        scheduler.at(20, () -> log.add("c"));
        scheduler.at(10, () -> log.add("a"));
        scheduler.at(20, () -> log.add("d"));
        scheduler.at(10, () -> log.add("b"));
        scheduler.runUntil(20);
        assertThat(log).containsExactly("a", "b", "c", "d");
    }

    @Test
    void timeStandsAtTheEventWhileItRuns() {
        scheduler.at(7, () -> log.add("at " + scheduler.now()));
        scheduler.runUntil(100);
        assertThat(log).containsExactly("at 7");
        assertThat(scheduler.now()).isEqualTo(100);
    }

    @Test
    void anEventMayScheduleForTheSameInstant() {
        scheduler.at(5, () -> scheduler.after(0, () -> log.add("inner")));
        scheduler.at(5, () -> log.add("outer"));
        scheduler.runUntil(5);
        assertThat(log).containsExactly("outer", "inner");
    }

    @Test
    void cancelledEventsDontRunAndDontCount() {
        Scheduler.Event event = scheduler.at(5, () -> log.add("never"));
        event.cancel();
        assertThat(scheduler.nextTime()).isEqualTo(Long.MAX_VALUE);
        assertThat(scheduler.step()).isFalse();
        assertThat(log).isEmpty();
        assertThat(scheduler.now()).isZero();
    }

    @Test
    void refusesThePast() {
        scheduler.runUntil(50);
        assertThatThrownBy(() -> scheduler.at(49, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("49");
    }

    @Test
    void runUntilStopsAtTheConditionTheLimitOrTheEnd() {
        for (int i = 1; i <= 10; i++) {
            scheduler.at(i, () -> log.add("x"));
        }
        assertThat(scheduler.runUntil(() -> log.size() == 3, 100)).isTrue();
        assertThat(scheduler.now()).isEqualTo(3);
        assertThat(scheduler.runUntil(() -> log.size() == 9, 5)).isFalse();
        assertThat(scheduler.now()).isEqualTo(5);
        assertThat(scheduler.runUntil(() -> log.size() == 11, 100)).isFalse();
        assertThat(log).hasSize(10);
    }

    @Test
    void noticesThatTimeStandsStill() {
        Runnable[] again = new Runnable[1];
        again[0] = () -> scheduler.after(0, again[0]);
        scheduler.at(1, again[0]);
        assertThatThrownBy(() -> scheduler.runUntil(2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("livelock");
    }
}
