package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.CLOCK_BOOTTIME;
import static io.culvert.tunnel.LinuxConstants.CLOCK_MONOTONIC;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;

/**
 * Monotonic nanoseconds for one event loop. Where the system offers it the time asleep counts
 * (CLOCK_BOOTTIME), so that a session's 180 seconds are 180 seconds across a suspend. Not
 * thread-safe.
 */
abstract class MonotonicClock {
    abstract long now();

    /** Nanoseconds that the machine has slept since some origin, as well as that is known. */
    abstract long asleep();

    /** Growth of {@link #asleep} from which on it was sleep, not inexactness. */
    abstract long leastSleep();

    /** The best clock that runs here. */
    static MonotonicClock best(boolean nativeAccess) {
        if (nativeAccess) {
            BootTime clock = new BootTime();
            if (clock.works()) {
                return clock;
            }
        }
        return new JvmTime();
    }

    private static final class JvmTime extends MonotonicClock {
        @Override
        long now() {
            return System.nanoTime();
        }

        /** The wall clock goes on in sleep; also when it is set, which cannot be told apart. */
        @Override
        long asleep() {
            return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - System.nanoTime();
        }

        @Override
        long leastSleep() {
            return TimeUnit.SECONDS.toNanos(10);
        }
    }

    private static final class BootTime extends MonotonicClock {
        // struct timespec: seconds(8) nanoseconds(8)
        private final MemorySegment timespec = Arena.ofAuto().allocate(16, 8);
        private final MemorySegment capture = LinuxCalls.newCapture(Arena.ofAuto());

        boolean works() {
            return LinuxCalls.clockGettime(capture, CLOCK_BOOTTIME, timespec) == 0;
        }

        @Override
        long now() {
            return read(CLOCK_BOOTTIME);
        }

        @Override
        long asleep() {
            return read(CLOCK_BOOTTIME) - read(CLOCK_MONOTONIC);
        }

        /** More than the thread is likely to lose between two readings. */
        @Override
        long leastSleep() {
            return TimeUnit.SECONDS.toNanos(1);
        }

        private long read(int clock) {
            LinuxCalls.clockGettime(capture, clock, timespec);
            return timespec.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L
                    + timespec.get(ValueLayout.JAVA_LONG, 8);
        }
    }
}
