package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.DeviceCounters;
import io.culvert.wireguard.HandshakeWork;
import io.netty.channel.EventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Serves the handshakes that wait in a device. A few are answered at once on the tunnel's loop.
 * When there are many, threads that all tunnels share compute them and the loop takes part: with
 * all their time while no data moves, and else with so little that data goes on moving. What comes
 * faster than that waits, and from a length on that queue makes the device ask for cookies.
 *
 * <p>All methods run on the tunnel's event loop.
 */
final class HandshakeDesk {
    /** Messages that are answered at once: less than a millisecond of work. */
    private static final int FEW = 4;

    /** Messages that the loop computes in one go. */
    private static final int LOOP_BATCH = 2;

    /** Of the loop's time, one part in so many goes into handshakes while data moves. */
    private static final int LOOP_SHARE = 10;

    /** The same for each thread of the pool, which data may need as a processor. */
    private static final int POOL_SHARE = 8;

    /** When to look again at messages that the shares leave waiting. */
    private static final long RETRY = TimeUnit.MILLISECONDS.toNanos(1);

    /** Data moves if it did so this recently. */
    private static final long DATA_MOVES = TimeUnit.MILLISECONDS.toNanos(10);

    /** Loans per thread of the pool: one that it computes, one that it finds after that. */
    private static final int LOANS_PER_THREAD = 2;

    private final Device device;
    private final EventLoop loop;
    private final MonotonicClock clock;
    private final Executor pool;
    private final int threads;
    private final Runnable wake;

    private int loans;
    private long packets;
    private long dataUntil = Long.MIN_VALUE;
    private long loopFreeAt = Long.MIN_VALUE;
    private long poolFreeAt = Long.MIN_VALUE;
    private boolean retryScheduled;

    /**
     * Makes the device's handshakes wait for this desk.
     *
     * @param threads how many threads the pool has
     * @param wake has a turn run soon; results were applied
     */
    HandshakeDesk(
            Device device,
            EventLoop loop,
            MonotonicClock clock,
            Executor pool,
            int threads,
            Runnable wake) {
        this.device = device;
        this.loop = loop;
        this.clock = clock;
        this.pool = pool;
        this.threads = threads;
        this.wake = wake;
        device.deferHandshakes(true);
    }

    /** Does a turn's part. Returns true when the loop should come back soon for more. */
    boolean serve(long now) {
        noticeData(now);
        if (device.handshakesWaiting() == 0) {
            return false;
        }
        if (loans == 0 && device.handshakesWaiting() <= FEW) {
            while (compute(FEW, now)) {
                // each message has up to three steps
            }
            return false;
        }
        CryptoWarmUp.beginHandshakes();
        boolean dataMoves = now < dataUntil;
        if (!dataMoves || now >= poolFreeAt) {
            lend();
        }
        if (!dataMoves || now >= loopFreeAt) {
            takePart(dataMoves, now);
        }
        if (device.handshakesWaiting() == 0) {
            return false;
        }
        if (dataMoves) {
            retryLater();
        }
        return !dataMoves;
    }

    private void takePart(boolean dataMoves, long now) {
        long begin = clock.now();
        compute(dataMoves ? LOOP_BATCH : Integer.MAX_VALUE, now);
        long end = clock.now();
        loopFreeAt = end + (LOOP_SHARE - 1) * (end - begin);
    }

    /** Nothing else may happen that would bring the loop back. */
    private void retryLater() {
        if (!retryScheduled) {
            retryScheduled = true;
            var _ = loop.schedule(this::retry, RETRY, TimeUnit.NANOSECONDS);
        }
    }

    private void retry() {
        retryScheduled = false;
        wake.run();
    }

    private void noticeData(long now) {
        DeviceCounters counters = device.counters();
        long moved = counters.packetsReceived() + counters.packetsSent();
        if (moved != packets) {
            packets = moved;
            dataUntil = now + DATA_MOVES;
        }
    }

    private boolean compute(int most, long now) {
        HandshakeWork work = device.lendHandshakes(most);
        if (work == null) {
            return false;
        }
        work.run();
        device.returnHandshakes(work, now);
        return true;
    }

    private void lend() {
        while (loans < LOANS_PER_THREAD * threads) {
            HandshakeWork work = device.lendHandshakes(Integer.MAX_VALUE);
            if (work == null) {
                return;
            }
            loans++;
            pool.execute(() -> computeElsewhere(work));
        }
    }

    /** On a thread of the pool. */
    private void computeElsewhere(HandshakeWork work) {
        long begin = System.nanoTime();
        try {
            work.run();
        } finally {
            long took = System.nanoTime() - begin;
            try {
                loop.execute(() -> takeBack(work, took));
            } catch (RejectedExecutionException loopEnded) {
                // the tunnel ended with its loop, and the work holds no private key any more
            }
        }
    }

    private void takeBack(HandshakeWork work, long took) {
        loans--;
        long now = clock.now();
        poolFreeAt = Math.max(poolFreeAt, now) + (POOL_SHARE - 1) * took / threads;
        device.returnHandshakes(work, now);
        wake.run();
    }
}
