package io.culvert.simnet;

import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time and everything that will happen in it.
 *
 * <p>Events run in order of time, and those of the same instant in the order in which they were
 * scheduled, so that a run depends on nothing but its inputs. Time is in nanoseconds, begins at 0
 * and moves only from event to event. Not thread-safe: a simulation belongs to one thread.
 */
public final class Scheduler {
    /** More events than this in one instant is taken for a livelock. */
    static final int EVENTS_PER_INSTANT = 2_000_000;

    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    private long now;
    private long scheduled;
    private long ran;
    private int atThisInstant;

    /** At time 0, with nothing to happen. */
    public Scheduler() {}

    /** One thing that will happen. */
    public static final class Event implements Comparable<Event> {
        private final long time;
        private final long order;
        private final Runnable action;
        private boolean cancelled;

        private Event(long time, long order, Runnable action) {
            this.time = time;
            this.order = order;
            this.action = action;
        }

        /** Virtual nanoseconds at which the event is due. */
        public long time() {
            return time;
        }

        /** Keeps the event from running; without effect when it has run. */
        public void cancel() {
            cancelled = true;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(time, other.time);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** The current virtual time in nanoseconds. */
    public long now() {
        return now;
    }

    /** Events that have run so far. */
    public long eventsRun() {
        return ran;
    }

    /**
     * Schedules an action.
     *
     * @param time virtual nanoseconds
     * @throws IllegalArgumentException when {@code time} has passed
     */
    public Event at(long time, Runnable action) {
        if (time < now) {
            throw new IllegalArgumentException("time " + time + " has passed, it is " + now);
        }
        Event event = new Event(time, scheduled++, action);
        queue.add(event);
        return event;
    }

    /**
     * Schedules an action {@code delay} nanoseconds from now; a delay of 0 runs it after all that
     * is due already.
     */
    public Event after(long delay, Runnable action) {
        return at(now + delay, action);
    }

    /** When the next event is due, {@link Long#MAX_VALUE} when nothing is left. */
    public long nextTime() {
        Event head = head();
        return head == null ? Long.MAX_VALUE : head.time;
    }

    /** Runs the next event; false when nothing is left. */
    public boolean step() {
        Event event = head();
        if (event == null) {
            return false;
        }
        queue.remove();
        if (event.time > now) {
            now = event.time;
            atThisInstant = 0;
        } else if (++atThisInstant > EVENTS_PER_INSTANT) {
            throw new IllegalStateException("livelock: time stands still at " + now);
        }
        ran++;
        event.action.run();
        return true;
    }

    /** Runs everything due up to and including {@code time}, which is the time afterwards. */
    public void runUntil(long time) {
        while (nextTime() <= time) {
            step();
        }
        if (time > now) {
            now = time;
            atThisInstant = 0;
        }
    }

    /** Runs everything due within the next {@code nanos} nanoseconds. */
    public void runFor(long nanos) {
        runUntil(now + nanos);
    }

    /**
     * Runs until the condition holds.
     *
     * @param limit virtual time after which no event is run any more
     * @return whether the condition holds; false also when nothing is left to happen
     */
    public boolean runUntil(BooleanSupplier condition, long limit) {
        while (!condition.getAsBoolean()) {
            if (nextTime() > limit || !step()) {
                return false;
            }
        }
        return true;
    }

    private @Nullable Event head() {
        Event head = queue.peek();
        while (head != null && head.cancelled) {
            queue.remove();
            head = queue.peek();
        }
        return head;
    }
}
