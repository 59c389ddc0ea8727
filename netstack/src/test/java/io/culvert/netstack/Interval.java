package io.culvert.netstack;

/** What happened in a {@link Dumbbell} since this was made; the last one made owns the queue's. */
final class Interval {
    private static final int FIELDS = 4;

    private final Dumbbell net;
    private final long start;
    private final long[] before;

    Interval(Dumbbell net) {
        this.net = net;
        start = net.now;
        before = counts();
        net.bottleneck.resetStatistics();
    }

    private long[] counts() {
        long[] counts = new long[FIELDS * net.paths.size()];
        for (int i = 0; i < net.paths.size(); i++) {
            DumbbellPath path = net.paths.get(i);
            counts[FIELDS * i] = path.reader.bytes;
            counts[FIELDS * i + 1] = path.counters().segmentsSent;
            counts[FIELDS * i + 2] = path.counters().retransmitted;
            counts[FIELDS * i + 3] = path.counters().timeouts;
        }
        return counts;
    }

    private long since(int path, int field) {
        int i = FIELDS * path + field;
        return counts()[i] - (i < before.length ? before[i] : 0);
    }

    private long sum(int field) {
        long sum = 0;
        for (int i = 0; i < net.paths.size(); i++) {
            sum += since(i, field);
        }
        return sum;
    }

    double seconds() {
        return (net.now - start) / 1e9;
    }

    /** Megabits a second that the applications of all paths read. */
    double goodput() {
        return sum(0) * 8e-6 / seconds();
    }

    double goodput(int path) {
        return since(path, 0) * 8e-6 / seconds();
    }

    /** Per cent of what the bottleneck, at its present rate, and the loss behind it let through. */
    double utilisation() {
        double loss = net.paths.getFirst().forwardLoss.share;
        return utilisation(net.bottleneck.bitsPerSecond() / 1e6 * (1 - loss));
    }

    /** The same for another rate, Mb/s on the wire. */
    double utilisation(double rate) {
        return 100 * goodput() / (rate * Dumbbell.PAYLOAD_SHARE);
    }

    /** Per cent of all goodput that was this path's. */
    double share(int path) {
        return 100.0 * since(path, 0) / Math.max(1, sum(0));
    }

    /** Jain's index of fairness among the paths: 1 when all got the same. */
    double jain() {
        double sum = 0;
        double squares = 0;
        int n = net.paths.size();
        for (int i = 0; i < n; i++) {
            double got = since(i, 0);
            sum += got;
            squares += got * got;
        }
        return sum * sum / (n * squares);
    }

    /** What the path with most goodput got, over that with the least. */
    double mostOverLeast() {
        double most = 0;
        double least = Double.MAX_VALUE;
        for (int i = 0; i < net.paths.size(); i++) {
            most = Math.max(most, goodput(i));
            least = Math.min(least, goodput(i));
        }
        return most / least;
    }

    /** Milliseconds that packets waited on average, and that 95 % of them did not exceed. */
    double meanQueue() {
        return net.bottleneck.meanWait() / 1e6;
    }

    double queueOf95() {
        return net.bottleneck.waitOf(0.95) / 1e6;
    }

    /** Per cent of the senders' segments that were repetitions. */
    double repeated() {
        return 100.0 * sum(2) / Math.max(1, sum(1));
    }

    long timeouts() {
        return sum(3);
    }

    /** Per cent of packets that the bottleneck dropped. */
    double dropped() {
        return 100.0 * net.bottleneck.dropped() / Math.max(1, net.bottleneck.offered());
    }
}
