package io.culvert.simnet;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** One simulation: its seed, time, network and hosts. */
public final class SimWorld {
    private static final long SECOND = 1_000_000_000L;

    private final SeededRandom random;
    private final Scheduler scheduler = new Scheduler();
    private final VirtualNetwork network;
    private final List<SimHost> hosts = new ArrayList<>();

    public SimWorld(long seed, Trace trace) {
        random = new SeededRandom(seed);
        network = new VirtualNetwork(scheduler, random.stream("network"), trace);
    }

    /** The generator of a name, the same in each run of the seed. */
    public SeededRandom random(String name) {
        return random.stream(name);
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    public VirtualNetwork network() {
        return network;
    }

    /** Makes the world look after a host at its end. */
    public SimHost add(SimHost host) {
        hosts.add(host);
        return host;
    }

    /**
     * Runs until the condition holds.
     *
     * @param seconds virtual time that it may take
     * @param what for the report: "the transfer"
     * @throws AssertionError when it doesn't come true in time, or nothing happens any more
     */
    public void runUntil(BooleanSupplier condition, double seconds, Object what) {
        long limit = scheduler.now() + Math.round(seconds * SECOND);
        if (!scheduler.runUntil(condition, limit)) {
            boolean hangs = scheduler.nextTime() == Long.MAX_VALUE;
            throw new AssertionError(
                    "not within "
                            + seconds
                            + " s"
                            + (hangs ? ", and nothing happens any more" : "")
                            + ": "
                            + what);
        }
    }

    /** Runs for a time. */
    public void runFor(double seconds) {
        scheduler.runFor(Math.round(seconds * SECOND));
    }

    /**
     * Lets everything run out and expire, and demands that nothing is left: no flow, timer, chunk
     * or loan.
     *
     * @param seconds virtual time that it may take: WireGuard forgets a session after nine minutes
     */
    public void expectNothingLeft(double seconds) {
        long limit = scheduler.now() + Math.round(seconds * SECOND);
        scheduler.runUntil(() -> false, limit);
        StringBuilder left = new StringBuilder();
        hosts.stream().filter(SimHost::isRunning).forEach(host -> left.append(host.leftovers()));
        if (!left.isEmpty()) {
            throw new AssertionError("left after " + seconds + " s: " + left);
        }
    }
}
