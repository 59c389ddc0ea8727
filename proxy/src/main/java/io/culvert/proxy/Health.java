package io.culvert.proxy;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/** How the last probes of one outbound went. Thread-safe. */
final class Health {
    private static final long FAILED = -1;

    private final int window;
    private final Deque<Long> samples = new ArrayDeque<>();
    private volatile Report report = Report.UNKNOWN;

    /**
     * Nothing is known yet.
     *
     * @param window how many probes count
     */
    Health(int window) {
        this.window = window;
    }

    /**
     * What is known.
     *
     * @param probes that count; 0 = nothing is known
     * @param failures among them
     * @param averageNanos of the round trips that succeeded
     * @param deviationNanos their standard deviation
     */
    record Report(int probes, int failures, double averageNanos, double deviationNanos) {
        static final Report UNKNOWN = new Report(0, 0, 0, 0);

        boolean isUnknown() {
            return probes == 0;
        }

        /** Whether it was reached by one of the probes that count. */
        boolean isAlive() {
            return failures < probes;
        }

        @Override
        public String toString() {
            return isUnknown()
                    ? "unknown"
                    : isAlive()
                            ? TimeUnit.NANOSECONDS.toMillis((long) averageNanos) + " ms"
                            : "dead";
        }
    }

    int window() {
        return window;
    }

    Report report() {
        return report;
    }

    synchronized void succeeded(long nanos) {
        add(Math.max(0, nanos));
    }

    synchronized void failed() {
        add(FAILED);
    }

    private void add(long sample) {
        samples.addLast(sample);
        if (samples.size() > window) {
            samples.removeFirst();
        }
        double sum = 0;
        int reached = 0;
        for (long nanos : samples) {
            if (nanos != FAILED) {
                sum += nanos;
                reached++;
            }
        }
        double average = reached == 0 ? 0 : sum / reached;
        double squares = 0;
        for (long nanos : samples) {
            if (nanos != FAILED) {
                squares += (nanos - average) * (nanos - average);
            }
        }
        double deviation = reached == 0 ? 0 : Math.sqrt(squares / reached);
        report = new Report(samples.size(), samples.size() - reached, average, deviation);
    }
}
