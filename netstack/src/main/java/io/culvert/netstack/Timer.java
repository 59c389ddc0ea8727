package io.culvert.netstack;

/**
 * One thing that happens at a time. The node is made once and armed again and again in a {@link
 * Timers}; arming allocates nothing.
 */
abstract class Timer {
    /** Not armed. */
    static final long NEVER = Long.MAX_VALUE;

    /**
     * When to fire, monotonic nanoseconds; {@link #NEVER} when not armed. Changed by Timers only.
     */
    long deadline = NEVER;

    /** Place in the heap, -1 = not in it. */
    int index = -1;

    /** Deadline by which the heap is ordered: at most {@link #deadline}. */
    long key;

    /** Called once {@code now >= deadline}; the timer is disarmed before and may be armed again. */
    abstract void fire(long now);

    /** Others fired, and the deadline by which this is ordered is near. Touches no timers. */
    void nearlyDue(long now) {}

    final boolean isArmed() {
        return deadline != NEVER;
    }
}
