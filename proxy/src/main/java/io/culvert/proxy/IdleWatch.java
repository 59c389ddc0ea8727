package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells when a connection has moved nothing for a while. Moving means {@link #moved}, or that the
 * bytes waiting to be written have become fewer: a slow reader is not idle.
 */
final class IdleWatch {
    private final EventLoop loop;
    private final LongSupplier waitingBytes;
    private final Runnable whenIdle;
    private long limit;
    private long lastMove;
    private long lastWaiting;
    private @Nullable Future<?> timer;

    IdleWatch(EventLoop loop, LongSupplier waitingBytes, Runnable whenIdle) {
        this.loop = loop;
        this.waitingBytes = waitingBytes;
        this.whenIdle = whenIdle;
    }

    /** Begins anew with that limit, in seconds. */
    void start(long seconds) {
        stop();
        limit = TimeUnit.SECONDS.toNanos(Math.max(1, seconds));
        moved();
        schedule(limit);
    }

    void moved() {
        lastMove = loop.ticker().nanoTime();
    }

    /** For who may speak without getting anywhere: half a request, say, is no move. */
    void movedIf(boolean moved) {
        if (moved) {
            moved();
        }
    }

    void stop() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void schedule(long delay) {
        timer = loop.schedule(this::check, delay, TimeUnit.NANOSECONDS);
    }

    private void check() {
        if (timer == null) {
            return;
        }
        long waiting = waitingBytes.getAsLong();
        if (waiting != lastWaiting) {
            lastWaiting = waiting;
            moved();
        }
        long quiet = loop.ticker().nanoTime() - lastMove;
        if (quiet >= limit) {
            timer = null;
            whenIdle.run();
        } else {
            schedule(limit - quiet);
        }
    }
}
