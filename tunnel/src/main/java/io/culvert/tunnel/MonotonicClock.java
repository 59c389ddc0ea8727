package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.CLOCK_BOOTTIME;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Monotonic nanoseconds for one event loop. Where the system offers it the time asleep counts
 * (CLOCK_BOOTTIME), so that a session's 180 seconds are 180 seconds across a suspend. Not
 * thread-safe.
 */
abstract class MonotonicClock {
    abstract long now();

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
            LinuxCalls.clockGettime(capture, CLOCK_BOOTTIME, timespec);
            return timespec.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L
                    + timespec.get(ValueLayout.JAVA_LONG, 8);
        }
    }
}
