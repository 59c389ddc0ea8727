package io.culvert.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/**
 * Keeps the program up until SIGTERM or Ctrl-C, closes in order, and ends the process with 0, or
 * with another code if it ended by itself.
 */
final class UntilStopped {
    private static final Logger LOG = Logger.getLogger(UntilStopped.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Why the process ends, as its exit code. */
    private static volatile int reason = ExitCode.OK;

    private UntilStopped() {}

    /** Ends the process from within, in the same order. May be called from any thread. */
    static void fail() {
        reason = ExitCode.FAILURE;
        // It returns only when all is closed, and who calls may be one that has to close.
        Thread.ofPlatform().name("failing").start(() -> System.exit(ExitCode.FAILURE));
    }

    /**
     * Returns only if the calling thread is interrupted, as tests do; {@code close} has then run as
     * well.
     *
     * @param announce says that the program is up; whoever heard it may send the signal
     * @param err told if closing takes too long
     */
    static int wait(Runnable announce, Runnable close, PrintWriter err) {
        Thread hook = new Thread(() -> Runtime.getRuntime().halt(closed(close, err)), "shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            announce.run();
            stay();
            return ExitCode.OK;
        } catch (InterruptedException e) {
            Runtime.getRuntime().removeShutdownHook(hook);
            return closed(close, err);
        }
    }

    /** Forever; this thread has nothing else to do than to look after the heap. */
    private static void stay() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        if (!Boolean.getBoolean(HeapKeeper.PROPERTY)) {
            never.await();
        }
        HeapKeeper keeper = new HeapKeeper(HeapKeeper.ofThisProcess());
        while (!never.await(1, TimeUnit.SECONDS)) {
            keeper.look();
        }
    }

    /** Without halting, the JVM would end with 128 and the signal's number. */
    private static int closed(Runnable close, PrintWriter err) {
        LOG.info("closing");
        Thread closing = Thread.ofPlatform().daemon().name("closing").start(close);
        try {
            if (closing.join(PATIENCE)) {
                LOG.info("closed");
                return reason;
            }
            err.println(
                    "culvert: not closed after "
                            + PATIENCE.toSeconds()
                            + " seconds; ended all the same");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return ExitCode.FAILURE;
    }
}
