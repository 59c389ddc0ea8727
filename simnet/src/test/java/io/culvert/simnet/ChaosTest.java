package io.culvert.simnet;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many connections whose applications do what they want, on a path that does what it wants. */
class ChaosTest {
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000_000_000;
    private static final int CONNECTIONS = 30;

    /** Virtual time in which everybody who behaves must be done. */
    private static final double BOUND = 1800;

    private static final double FORGOTTEN = 1200;

    @Test
    void whoeverBehavesIsServedAndNothingIsLeftOfTheOthers() {
        Seeds.run(60, (seed, trace) -> run(seed, trace, true));
    }

    @Test
    void soItIsWithoutTunnel() {
        Seeds.run(60, (seed, trace) -> run(seed, trace, false));
    }

    private static void run(long seed, Trace trace, boolean tunnel) {
        SimWorld world = new SimWorld(seed, trace);
        SeededRandom random = world.random("chaos");
        Scenario drawn = Scenario.random(world.random("scenario"), 0);
        Scenario scenario = tunnel ? drawn : drawn.withoutTunnel();
        long memory = random.oneOf(2, 8, 64) * (1L << 20);
        SimPair pair = new SimPair(world, scenario.options().withMemory(memory));
        pair.profile(scenario.up(), scenario.down());
        if (!tunnel) {
            world.network().observe(new TcpWireCheck(scenario.options().mtu()));
        }
        List<SimTransfer> behaving = new ArrayList<>();
        List<SimTransfer> all = new ArrayList<>();
        for (int i = 1; i <= CONNECTIONS; i++) {
            SeededRandom own = random.stream("connection " + i);
            boolean behaves = own.chance(0.6);
            long most = behaves ? 300_000 : 10_000_000;
            SimTransfer transfer = transfer(world, pair, scenario.destination(i), most, own);
            all.add(transfer);
            long start = own.between(0, 20 * SECOND);
            world.scheduler().after(start, transfer::start);
            if (behaves) {
                behaving.add(transfer);
            } else {
                misbehave(world, pair, transfer, start, own);
            }
        }
        world.runUntil(
                () -> behaving.stream().allMatch(SimTransfer::isOver),
                BOUND,
                new Report(scenario, behaving, false));
        world.runUntil(
                () -> behaving.stream().allMatch(SimTransfer::isComplete),
                1,
                new Report(scenario, behaving, true));
        world.expectNothingLeft(FORGOTTEN);
        all.stream()
                .filter(t -> t.near().cause() == null)
                .findFirst()
                .ifPresent(t -> {
                    throw new AssertionError("never told of its end: " + t);
                });
    }

    private static SimTransfer transfer(
            SimWorld world,
            SimPair pair,
            InetSocketAddress destination,
            long most,
            SeededRandom random) {
        long up = random.chance(0.1) ? 0 : random.logBetween(1, most);
        long down = random.chance(0.1) ? 0 : random.logBetween(1, most);
        long dial = random.nextBoolean() ? 0 : random.logBetween(MILLI, 3 * SECOND);
        SimTransfer.Plan plan =
                new SimTransfer.Plan(
                        up, down, StreamHabits.random(random), StreamHabits.random(random), dial);
        return new SimTransfer(world, pair, destination, plan);
    }

    /** Soon after its start one end aborts, or closes, or stops to read and quits later. */
    private static void misbehave(
            SimWorld world, SimPair pair, SimTransfer transfer, long start, SeededRandom random) {
        boolean client = random.nextBoolean();
        SimHost host = client ? pair.client() : pair.server();
        SimStream stream = client ? transfer.near() : transfer.far();
        long when = start + random.logBetween(MILLI / 10, 5 * SECOND);
        boolean abort = random.nextBoolean();
        boolean stops = random.chance(0.3);
        Runnable act = () -> stream.quit(abort);
        Runnable first = stops ? () -> stream.reading(false) : act;
        world.scheduler().after(when, () -> host.execute(first));
        world.scheduler().after(60 * SECOND, () -> host.execute(act));
        // An end that was left alone hears of it, or quits as well.
        SimHost otherHost = client ? pair.server() : pair.client();
        SimStream other = client ? transfer.far() : transfer.near();
        world.scheduler().after(300 * SECOND, () -> otherHost.execute(() -> other.quit(true)));
    }

    /** What was going on, told only when somebody asks. */
    private record Report(Scenario scenario, List<SimTransfer> transfers, boolean complete) {
        @Override
        public String toString() {
            StringBuilder s = new StringBuilder(scenario.toString());
            transfers.stream()
                    .filter(t -> complete ? !t.isComplete() : !t.isOver())
                    .forEach(t -> s.append('\n').append(t));
            return s.toString();
        }
    }
}
