package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MonotonicClockTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @EnabledOnOs(OS.LINUX)
    void runsAtTheSpeedOfTheJvmsClock(boolean nativeAccess) {
        MonotonicClock clock = MonotonicClock.best(nativeAccess);
        long jvmBefore = System.nanoTime();
        long before = clock.now();
        long last = before;
        while (clock.now() - before < TimeUnit.MILLISECONDS.toNanos(20)) {
            assertThat(clock.now()).isGreaterThanOrEqualTo(last);
            last = clock.now();
        }
        long passed = System.nanoTime() - jvmBefore;
        assertThat(passed).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20) * 99 / 100);
    }
}
