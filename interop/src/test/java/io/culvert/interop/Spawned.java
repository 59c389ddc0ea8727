package io.culvert.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A program running in a namespace, its output in a file. */
record Spawned(String name, Process process, Path output) implements AutoCloseable {
    /** How often a condition of a real program is looked at. */
    private static final Duration POLL = Duration.ofMillis(20);

    String text() {
        try {
            return Files.exists(output) ? Files.readString(output) : "";
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the output of " + name, e);
        }
    }

    /** A line on the program's standard input. */
    void say(String line) {
        try {
            process.outputWriter(StandardCharsets.US_ASCII).append(line).append('\n').flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitText(String expected, Duration limit) {
        await("'" + expected + "' in the output", limit, () -> text().contains(expected));
    }

    /**
     * Waits for a condition while the program runs; its early end fails the test with its output.
     */
    void await(String what, Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            try {
                if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)
                        && !condition.getAsBoolean()) {
                    throw new AssertionError(
                            name + " ended with " + process.exitValue() + ":\n" + text());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            if (System.nanoTime() > end) {
                throw new AssertionError(
                        name + ": no " + what + " after " + limit + ":\n" + text());
            }
        }
    }

    int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(name + " still runs after " + limit + ":\n" + text());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Peak resident memory in MiB, of the process itself. */
    long peakMemory() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
                if (line.startsWith("VmHWM:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
                }
            }
            throw new IllegalStateException("no VmHWM for " + name);
        } catch (IOException e) {
            throw new IllegalStateException(name + " is gone:\n" + text(), e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
