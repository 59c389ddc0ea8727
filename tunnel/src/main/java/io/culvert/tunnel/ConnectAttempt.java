package io.culvert.tunnel;

import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection on its way to being established: who waits for it, and for how long at most. Event
 * loop only.
 */
final class ConnectAttempt {
    private final TunnelTcpChannel channel;
    private final InetSocketAddress remote;
    private final ChannelPromise promise;
    private @Nullable ScheduledFuture<?> timeout;

    ConnectAttempt(TunnelTcpChannel channel, InetSocketAddress remote, ChannelPromise promise) {
        this.channel = channel;
        this.remote = remote;
        this.promise = promise;
        promise.addListener(f -> {
            if (f.isCancelled()) {
                var _ = channel.close();
            }
        });
    }

    /** Fails the attempt after so many milliseconds; 0 waits for the stack to give up. */
    void limit(int millis) {
        if (millis > 0) {
            timeout = channel.eventLoop().schedule(this::timedOut, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void timedOut() {
        timeout = null;
        if (fail(new ConnectTimeoutException("connection timed out: " + remote))) {
            var _ = channel.close();
        }
    }

    InetSocketAddress remote() {
        return remote;
    }

    /** Returns false when nobody wants it any more. */
    boolean succeed() {
        stopTimeout();
        return promise.trySuccess();
    }

    boolean fail(Throwable cause) {
        stopTimeout();
        return promise.tryFailure(cause);
    }

    private void stopTimeout() {
        ScheduledFuture<?> scheduled = timeout;
        if (scheduled != null) {
            timeout = null;
            scheduled.cancel(false);
        }
    }
}
