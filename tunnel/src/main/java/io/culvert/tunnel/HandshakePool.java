package io.culvert.tunnel;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that compute handshakes for all tunnels of the process: one less than there are
 * processors, at least one. They are daemons, begin with the first flood and end a while after it.
 * What waits for them is bounded by the loans that each tunnel gives.
 */
final class HandshakePool {
    /** How many threads there are at most. */
    static final int THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);

    static final ExecutorService SHARED = create();

    private static final long IDLE_SECONDS = 10;

    private HandshakePool() {}

    private static ExecutorService create() {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        task ->
                                Thread.ofPlatform()
                                        .daemon()
                                        .name("culvert-handshakes-" + number.incrementAndGet())
                                        .unstarted(task));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
