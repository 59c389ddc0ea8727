package io.culvert.proxy;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what happens on other threads and tells nobody. */
final class Await {
    private static final long PATIENCE_NANOS = 20_000_000_000L;
    private static final long STEP_NANOS = 2_000_000;

    private Await() {}

    /** Returns once it holds; fails if it does not in twenty seconds. */
    static void until(BooleanSupplier holds) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("did not come true");
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
    }
}
