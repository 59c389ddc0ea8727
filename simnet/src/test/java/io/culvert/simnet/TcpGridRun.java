package io.culvert.simnet;

import io.culvert.netstack.CloseCause;
import io.culvert.netstack.TcpInvariants;
import java.util.function.LongUnaryOperator;

/** One connection at one point of the grid, held against everything that must hold of it. */
final class TcpGridRun {
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000_000_000;

    /** TCP's longest rest: TIME-WAIT, the give-up of an orphan. */
    private static final double FORGOTTEN = 1200;

    /** A chance that five thousand runs of a thousand packets meet less than once. */
    private static final double HARDLY_EVER = 1e-7;

    /** Seconds: before and after a round trip was measured (RFC 6298), and at most. */
    private static final double FIRST_TIMEOUT = 3;

    private static final double LONGEST_TIMEOUT = 120;

    private static final long LEAST_BYTES = 5_000;
    private static final long MOST_BYTES = 600_000;
    private static final long MOST_CHATTED = 20_000;
    private static final int MOST_QUESTIONS = 20;

    final SimWorld world;
    final TcpGrid point;
    final SimPair pair;
    final SimTransfer transfer;
    private final SeededRandom random;
    private final TcpWireCheck wire = new TcpWireCheck(TcpGrid.MTU);
    private final long up;
    private final long down;
    private final long dial;

    /** Seconds in which the applications do nothing on purpose. */
    private double idle;

    TcpGridRun(long seed, Trace trace) {
        world = new SimWorld(seed, trace);
        random = world.random("grid");
        point = TcpGrid.at(TcpGrid.coordinates(random));
        pair = new SimPair(world, point.options(random));
        world.network().observe(wire);
        path(point.narrow() == TcpGrid.Narrow.FROM_THE_START);
        long most = point.behaviour() == TcpGrid.Behaviour.CHATTY ? MOST_CHATTED : MOST_BYTES;
        long bytes = random.logBetween(LEAST_BYTES, most);
        up = point.behaviour() == TcpGrid.Behaviour.DOWNLOAD ? 0 : bytes;
        down = point.behaviour() == TcpGrid.Behaviour.UPLOAD ? 0 : bytes;
        dial = random.nextBoolean() ? 0 : random.logBetween(MILLI, 2 * SECOND);
        StreamHabits habits = habits();
        SimTransfer.Plan plan =
                SimTransfer.Plan.eager(up, down).withHabits(habits, habits).withDial(dial);
        transfer = new SimTransfer(world, pair, Scenario.destination(point.ipv6(), 1), plan);
        watch(pair.client());
        watch(pair.server());
    }

    private static void watch(SimHost host) {
        TcpInvariants invariants = new TcpInvariants(host.stack());
        host.watch(() -> {
            invariants.check();
            invariants.checkMemory();
        });
    }

    private void path(boolean narrow) {
        pair.profile(point.path(narrow), point.path(narrow));
    }

    private StreamHabits habits() {
        StreamHabits eager = StreamHabits.EAGER;
        return switch (point.behaviour()) {
            case CHATTY -> new StreamHabits(200, 0.2, 5 * MILLI, 0, 0, 0, 0, true);
            case PAUSES_BETWEEN_WRITES ->
                    new StreamHabits(20_000, 0.3, 300 * MILLI, 0, 0, 0, 0, false);
            case SLOW_READERS -> new StreamHabits(30_000, 0, 0, 0.1, 100 * MILLI, 0, 0, true);
            default -> eager;
        };
    }

    /** Runs it to its end, and looks at what is left. */
    void run() {
        behave();
        transfer.start();
        world.runUntil(this::isOver, idle + mostSeconds(), this);
        if (!leaves() && !wasGivenUp()) {
            world.runUntil(transfer::isComplete, 1, this);
        }
        long sent = pair.client().io().sent() + pair.server().io().sent();
        if (sent > mostDatagrams()) {
            throw new AssertionError(
                    sent + " datagrams, more than " + mostDatagrams() + ": " + this);
        }
        world.expectNothingLeft(FORGOTTEN);
    }

    double ideal() {
        return idle + point.idealSeconds(up + down);
    }

    /**
     * Ten times what the path would allow, and as many time-outs in a row as hardly ever happen; a
     * black hole is known by the second.
     */
    private double mostSeconds() {
        double lost = 1 - Math.pow(1 - point.lost(), 2);
        double inARow = Math.log(HARDLY_EVER) / Math.log(Math.max(lost, HARDLY_EVER));
        if (point.narrow() != TcpGrid.Narrow.NEVER) {
            inARow = Math.max(inARow, 2);
        }
        double timeout = FIRST_TIMEOUT + 3 * dial / (double) SECOND;
        double waiting = 0;
        for (int i = 0; i < inARow; i++) {
            waiting += timeout;
            timeout = Math.min(2 * timeout, LONGEST_TIMEOUT);
        }
        return 10 + 10 * point.idealSeconds(up + down) + waiting;
    }

    /** Who leaves may do so before the server has heard of the connection. */
    private boolean isOver() {
        boolean never = leaves() && transfer.near().cause() != null && !transfer.wasAsked();
        return never || transfer.isOver();
    }

    /** One handshake in twenty thousand has no luck on the worst paths (RFC 9293, MUST-22). */
    private boolean wasGivenUp() {
        SimStream far = transfer.far();
        return point.lost() >= 0.05 && !far.isConnected() && far.cause() == CloseCause.TIMEOUT;
    }

    private boolean leaves() {
        return switch (point.behaviour()) {
            case CLIENT_ABORTS, SERVER_ABORTS, CLIENT_CLOSES_EARLY, SERVER_CLOSES_EARLY -> true;
            default -> false;
        };
    }

    /**
     * The ideal is a datagram for each full segment or write, and an acknowledgement for every
     * other; what is lost is sent again, and a closed window is probed. Where the path holds less
     * than what leaves at once, most of that is dropped.
     */
    private long mostDatagrams() {
        long writes = transfer.near().writes() + transfer.far().writes();
        double segments = (double) (up + down) / point.leastSegment() + writes;
        double again = 1 + 4 * point.lost() + 2 * point.reorder() + 2 * point.duplicate();
        int times = point.holdsATrain() ? 3 : 6;
        return (long) (times * segments * again + 200 + 5 * idle);
    }

    private void behave() {
        long soon = random.logBetween(MILLI, 2 * SECOND);
        if (point.narrow() == TcpGrid.Narrow.IN_BETWEEN) {
            world.scheduler().after(random.logBetween(MILLI, SECOND), () -> path(true));
        }
        switch (point.behaviour()) {
            case QUESTIONS_AND_ANSWERS -> {
                long question = random.between(up / MOST_QUESTIONS + 1, up);
                long answer = random.between(down / MOST_QUESTIONS + 1, down);
                transfer.near()
                        .mayWrite(read -> read == down ? up : question + read / answer * question);
                transfer.far().mayWrite(read -> read == up ? down : read / question * answer);
            }
            case READER_STOPS -> {
                SimStream reader = random.nextBoolean() ? transfer.near() : transfer.far();
                SimHost host = reader == transfer.near() ? pair.client() : pair.server();
                long stop = random.logBetween(100 * MILLI, 100 * SECOND);
                idle = 2.0 * stop / SECOND;
                after(host, soon, () -> reader.reading(false));
                after(host, soon + stop, () -> reader.reading(true));
            }
            case IDLE_FOR_MINUTES -> {
                long half = up / 2;
                long[] may = {half};
                long stop = random.between(SECOND, 300 * SECOND);
                idle = (double) stop / SECOND;
                transfer.near().mayWrite(read -> may[0]);
                transfer.far().mayWrite(read -> Math.min(down, may[0]));
                LongUnaryOperator all = read -> up;
                after(pair.client(), stop, () -> transfer.near().mayWrite(all));
                after(pair.server(), stop, () -> transfer.far().mayWrite(all));
            }
            case CLIENT_ABORTS -> quit(transfer.near(), pair.client(), soon, true);
            case SERVER_ABORTS -> quit(transfer.far(), pair.server(), soon, true);
            case CLIENT_CLOSES_EARLY -> quit(transfer.near(), pair.client(), soon, false);
            case SERVER_CLOSES_EARLY -> quit(transfer.far(), pair.server(), soon, false);
            default -> {
                // as the habits are
            }
        }
    }

    /** One end quits; the other, if it never hears of it, after minutes. */
    private void quit(SimStream stream, SimHost host, long when, boolean abort) {
        boolean near = stream == transfer.near();
        SimStream other = near ? transfer.far() : transfer.near();
        idle = 320;
        after(host, when, () -> stream.quit(abort));
        after(host, 60 * SECOND, () -> stream.quit(abort));
        SimHost otherHost = near ? pair.server() : pair.client();
        after(otherHost, 300 * SECOND, () -> other.quit(true));
    }

    private void after(SimHost host, long nanos, Runnable task) {
        world.scheduler().after(nanos, () -> host.execute(task));
    }

    @Override
    public String toString() {
        return point
                + "\n"
                + transfer
                + "\nup: "
                + pair.uplink().counters()
                + "\ndown: "
                + pair.downlink().counters();
    }
}
