package io.culvert.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Does the demo's blocking work on virtual threads while the progress line stays alive. */
final class DemoWork implements AutoCloseable {
    private static final long REFRESH_MILLIS = 100;

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final DemoProgress progress;

    DemoWork(DemoProgress progress) {
        this.progress = progress;
    }

    /** Does all of these at once and returns what they return, in order. */
    <T> List<T> all(String what, List<Callable<T>> tasks) throws DemoException {
        List<Future<T>> running = new ArrayList<>();
        tasks.forEach(task -> running.add(threads.submit(task)));
        List<T> results = new ArrayList<>();
        for (Future<T> future : running) {
            results.add(result(what, future));
        }
        return results;
    }

    <T> T one(String what, Callable<T> task) throws DemoException {
        return result(what, threads.submit(task));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private <T> T result(String what, Future<T> future) throws DemoException {
        while (true) {
            try {
                return future.get(REFRESH_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException stillRunning) {
                progress.refresh();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DemoException(what + " was interrupted", e);
            } catch (ExecutionException e) {
                throw fallenShort(what, Objects.requireNonNullElse(e.getCause(), e));
            }
        }
    }

    private static DemoException fallenShort(String what, Throwable cause) {
        if (cause instanceof IOException || cause instanceof DemoException) {
            return new DemoException(what + " fell short: " + cause.getMessage(), cause);
        }
        throw new IllegalStateException(what, cause);
    }
}
