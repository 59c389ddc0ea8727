package io.culvert.tunnel;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One timer of an event loop that is moved often and fires seldom. It is moved lazily: a later
 * deadline leaves what is scheduled alone, which then fires early, finds nothing due and is set
 * again. Event loop only.
 */
final class LoopTimer {
    private final EventLoop loop;
    private final Runnable task;
    private final Runnable fire = this::fire;
    private @Nullable ScheduledFuture<?> scheduled;
    private long scheduledFor;

    LoopTimer(EventLoop loop, Runnable task) {
        this.loop = loop;
        this.task = task;
    }

    /** Has the task run at {@code deadline} or a little earlier; {@link Long#MAX_VALUE} = never. */
    void set(long deadline, long now) {
        if (deadline == Long.MAX_VALUE || (scheduled != null && scheduledFor <= deadline)) {
            return;
        }
        cancel();
        scheduledFor = deadline;
        scheduled = loop.schedule(fire, Math.max(0, deadline - now), TimeUnit.NANOSECONDS);
    }

    void cancel() {
        if (scheduled != null) {
            scheduled.cancel(false);
            scheduled = null;
        }
    }

    private void fire() {
        scheduled = null;
        task.run();
    }
}
