package io.culvert.proxy;

import java.util.concurrent.atomic.LongAdder;

/** Counters of one inbound or outbound. Thread-safe; payload bytes, client's point of view. */
final class Traffic {
    private final LongAdder connections = new LongAdder();
    private final LongAdder active = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder up = new LongAdder();
    private final LongAdder down = new LongAdder();

    void opened() {
        connections.increment();
        active.increment();
    }

    void closed() {
        active.decrement();
    }

    void failed() {
        failures.increment();
    }

    void up(long bytes) {
        up.add(bytes);
    }

    void down(long bytes) {
        down.add(bytes);
    }

    ProxySnapshot.Totals totals() {
        return new ProxySnapshot.Totals(
                connections.sum(), active.sum(), failures.sum(), up.sum(), down.sum());
    }
}
