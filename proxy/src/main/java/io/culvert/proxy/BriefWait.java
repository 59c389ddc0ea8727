package io.culvert.proxy;

import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * What a loop does before it sleeps: it looks again for a few microseconds, for what comes within
 * them is served without a sleep and a wake-up, which cost more than a small request
 * (docs/decisions/0013). It leaves the core to others meanwhile, which gather work for it. It
 * sleeps at once for a while when nothing came, or when another wanted the core and connections
 * come and go. One thread.
 */
final class BriefWait {
    /** Nanoseconds that it looks at most: about what being woken on an idle core takes. */
    static final long LONGEST = 30_000;

    /** Leaving the core takes longer than this, in nanoseconds, when another wants it. */
    static final long CONTENDED = 50_000;

    /** Sleeps at most before it looks again. */
    static final int MOST_SLEEPS = 16;

    private final LongSupplier clock;
    private final Runnable yield;
    private int sleeps;

    /** Sleeps after the last time that it looked in vain; 0: something came since. */
    private int vain;

    /** A socket came since it looked last. */
    private boolean changing;

    /**
     * @param clock nanoseconds
     * @param yield leaves the core to another thread that wants it
     */
    BriefWait(LongSupplier clock, Runnable yield) {
        this.clock = clock;
        this.yield = yield;
    }

    /** The loop has another socket. */
    void socketCame() {
        changing = true;
    }

    /**
     * Looks for events.
     *
     * @param look serves events that are there and returns how many, without waiting
     * @param idle whether nothing else is to be done
     * @return events served; 0: it is time to sleep, or there is something else to do
     */
    int events(IntSupplier look, BooleanSupplier idle) {
        if (sleeps > 0) {
            sleeps--;
            return 0;
        }
        boolean changed = changing;
        changing = false;
        long now = clock.getAsLong();
        long end = now + LONGEST;
        while (now < end) {
            if (!idle.getAsBoolean()) {
                return 0;
            }
            yield.run();
            long back = clock.getAsLong();
            int events = look.getAsInt();
            if (changed && back - now > CONTENDED) {
                sleeps = MOST_SLEEPS;
                return events;
            }
            if (events > 0) {
                vain = 0;
                return events;
            }
            now = clock.getAsLong();
        }
        vain = Math.min(MOST_SLEEPS, Math.max(1, 2 * vain));
        sleeps = vain;
        return 0;
    }
}
