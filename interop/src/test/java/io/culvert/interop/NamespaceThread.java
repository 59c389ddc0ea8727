package io.culvert.interop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A thread of this JVM that lives in a network namespace: sockets and devices that it opens, and
 * {@code /proc/thread-self/net} as it reads it, are of that namespace. Other threads may then use
 * what it opened.
 */
final class NamespaceThread implements AutoCloseable {
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;

    private final ExecutorService thread;

    NamespaceThread(String namespace) {
        thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("in " + namespace).factory());
        call(() -> {
            enter(namespace);
            return true;
        });
    }

    private static void enter(String namespace) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = TunCalls.newCapture(arena);
            String path = "/run/netns/" + namespace;
            int fd = TunCalls.open(capture, arena.allocateFrom(path), O_RDONLY_CLOEXEC);
            if (fd < 0) {
                throw TunCalls.failure(capture, "open " + path);
            }
            int result = TunCalls.setns(capture, fd, CLONE_NEWNET);
            IllegalStateException failure = TunCalls.failure(capture, "setns " + path);
            TunCalls.close(capture, fd);
            if (result < 0) {
                throw failure;
            }
        }
    }

    /** Runs something there to its end. */
    <T> T call(Callable<T> task) {
        try {
            return thread.submit(task).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
