package io.culvert.cli;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Takes lines from any thread without letting it wait, and writes them in order on a thread of its
 * own, many at once. When the writer is slower than they come, lines are lost, and their number is
 * written.
 */
final class LineQueue implements AutoCloseable {
    private static final int CAPACITY = 8192;

    /** Lines written at once at most, so that what is held stays bounded. */
    private static final int BATCH = 1024;

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(CAPACITY);
    private final AtomicLong lost = new AtomicLong();
    private final Consumer<String> out;
    private final Thread writer;

    /**
     * A queue whose writer runs until {@link #close}.
     *
     * @param out takes whole lines, each with its end
     */
    LineQueue(Consumer<String> out) {
        this.out = out;
        this.writer = Thread.ofPlatform().daemon().name("access-log").start(this::write);
    }

    /** Queues a line, with its end. */
    void add(String line) {
        if (!lines.offer(line)) {
            lost.incrementAndGet();
        }
    }

    private void write() {
        try {
            while (true) {
                flush(lines.take());
            }
        } catch (InterruptedException e) {
            for (String rest = lines.poll(); rest != null; rest = lines.poll()) {
                flush(rest);
            }
        }
    }

    private void flush(String first) {
        StringBuilder batch = new StringBuilder(first);
        for (int i = 1; i < BATCH; i++) {
            String next = lines.poll();
            if (next == null) {
                break;
            }
            batch.append(next);
        }
        long missing = lost.getAndSet(0);
        if (missing > 0) {
            batch.append(missing)
                    .append(" lines lost: they came faster than they could be written\n");
        }
        out.accept(batch.toString());
    }

    /** Returns when what was queued is written. */
    @Override
    public void close() {
        writer.interrupt();
        try {
            writer.join(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
