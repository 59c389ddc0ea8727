package io.culvert.simnet;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.NetStack;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A computer on the virtual network: an engine, its socket and its event loop, whose turns have the
 * order of the live tunnel's: input, tasks, timers, {@code settle}, {@code pull} until there is
 * nothing more or the socket is full, sleep until {@code nextDeadline}.
 *
 * <p>Applications run on it in handlers of the stack and in tasks given to {@link #execute} and
 * {@link #after}.
 */
public final class SimHost {
    /** More turns than this without any time passing is a livelock of the engine. */
    private static final int TURNS_PER_INSTANT = 20_000;

    private final String name;
    private final VirtualNetwork network;
    private final Scheduler scheduler;
    private final HostProfile profile;
    private final HostEngine engine;
    private final ChunkPool pool;
    private final VirtualSocket socket;
    private final SeededRandom random;
    private final HostIo io;
    private final Loans loans = new Loans();
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    private Scheduler.@Nullable Event nextTurn;
    private long wallOffset;
    private long busyUntil;
    private long fullUntil;
    private long lastTurn = Long.MIN_VALUE;
    private int turnsAtThisInstant;
    private boolean running = true;
    private boolean slept;
    private Runnable watch = () -> {};

    /**
     * Starts a host.
     *
     * @param name unique on the network
     * @param pool where the engine's stack takes its chunks
     */
    public SimHost(
            String name,
            VirtualNetwork network,
            InetSocketAddress address,
            HostProfile profile,
            SeededRandom random,
            HostEngine engine,
            ChunkPool pool) {
        this.name = name;
        this.network = network;
        this.scheduler = network.scheduler();
        this.profile = profile;
        this.random = random;
        this.engine = engine;
        this.pool = pool;
        io = new HostIo(engine, profile, random);
        socket = network.bind(name, address, this::arrived);
        wallOffset = profile.wallBase() - profile.clockBase();
        engine.wallClock(wallOffset);
        wakeBy(scheduler.now());
    }

    public String name() {
        return name;
    }

    public HostEngine engine() {
        return engine;
    }

    public NetStack stack() {
        return engine.stack();
    }

    public ChunkPool pool() {
        return pool;
    }

    /** The memory that its applications lend to its stack. */
    public Loans loans() {
        return loans;
    }

    /** Whether it hasn't crashed. */
    public boolean isRunning() {
        return running;
    }

    public VirtualSocket socket() {
        return socket;
    }

    public HostIo io() {
        return io;
    }

    /** The host's monotonic clock, nanoseconds. */
    public long clock() {
        return scheduler.now() + profile.clockBase();
    }

    /** Runs a task in the host's next turn, which comes at once. */
    public void execute(Runnable task) {
        tasks.add(task);
        wakeBy(scheduler.now());
    }

    /** Runs a task {@code nanos} nanoseconds from now, unless the host has crashed by then. */
    public void after(long nanos, Runnable task) {
        scheduler.after(nanos, () -> execute(task));
    }

    /** Sets the wall clock forward, or back; monotonic time goes on as if nothing had been. */
    public void stepWallClock(long nanos) {
        wallOffset += nanos;
        engine.wallClock(wallOffset);
    }

    /** Has a task run in each turn before and after sending, when a tunnel looks at events. */
    public void watch(Runnable task) {
        watch = task;
    }

    /** Nothing runs on the host for a time, as when a laptop is closed; its clocks go on. */
    public void suspend(long nanos) {
        busyUntil = Math.max(busyUntil, scheduler.now() + nanos);
        slept = true;
        wakeBy(busyUntil);
        Scheduler.Event planned = nextTurn;
        if (planned != null && planned.time() < busyUntil) {
            planned.cancel();
            nextTurn = null;
            wakeBy(busyUntil);
        }
    }

    /** The host is gone, and all it knew. Its address is free for another one. */
    public void crash() {
        running = false;
        network.close(socket);
        tasks.clear();
        Scheduler.Event planned = nextTurn;
        if (planned != null) {
            planned.cancel();
        }
    }

    /**
     * What is still alive here, for a report; empty when nothing is left: flows, timers, chunks.
     */
    public String leftovers() {
        StringBuilder s = new StringBuilder();
        if (stack().liveFlows() != 0) {
            s.append(name).append(" has ").append(stack().liveFlows()).append(" live flows; ");
        }
        if (engine.nextDeadline() != Long.MAX_VALUE) {
            s.append(name)
                    .append(" has a timer at +")
                    .append(engine.nextDeadline() - clock())
                    .append(" ns; ");
        }
        if (pool.inUse() != 0) {
            s.append(name).append(" holds ").append(pool.inUse()).append(" bytes of chunks; ");
        }
        if (loans.outstanding() != 0) {
            s.append(name)
                    .append(" never gave back ")
                    .append(loans.outstanding())
                    .append(" writes; ");
        }
        return s.toString();
    }

    private void arrived(byte[] data, int length, InetSocketAddress source) {
        if (io.arrived(data, length, source)) {
            wakeBy(scheduler.now() + random.between(0, profile.wakeNanos()));
        }
    }

    private void wakeBy(long time) {
        if (!running) {
            return;
        }
        long at = Math.max(time, busyUntil);
        Scheduler.Event planned = nextTurn;
        if (planned != null) {
            if (planned.time() <= at) {
                return;
            }
            planned.cancel();
        }
        nextTurn = scheduler.at(at, this::turn);
    }

    private void turn() {
        nextTurn = null;
        long now = clock();
        countTurn(now);
        io.receive(now);
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        if (slept && scheduler.now() >= busyUntil) {
            slept = false;
            engine.resumed(now);
        }
        if (engine.nextDeadline() <= now) {
            engine.handleTimers(now);
        }
        engine.settle(now);
        if (!running) {
            return;
        }
        watch.run();
        send(now);
        watch.run();
        long deadline = engine.nextDeadline();
        if (deadline != Long.MAX_VALUE) {
            long due = Math.max(deadline - profile.clockBase(), scheduler.now());
            wakeBy(due + random.between(0, profile.timerSlackNanos()));
        }
    }

    /** What the socket can't take has to wait in the engine, however many turns come meanwhile. */
    private void send(long now) {
        if (scheduler.now() >= fullUntil && io.send(socket, now)) {
            fullUntil = scheduler.now() + profile.sendPauseNanos();
        }
        if (scheduler.now() < fullUntil) {
            wakeBy(fullUntil);
        }
    }

    private void countTurn(long now) {
        if (now > lastTurn) {
            lastTurn = now;
            turnsAtThisInstant = 0;
        } else if (++turnsAtThisInstant > TURNS_PER_INSTANT) {
            throw new IllegalStateException(
                    "livelock: "
                            + name
                            + " takes turn after turn at "
                            + now
                            + ", next deadline "
                            + engine.nextDeadline());
        }
    }
}
