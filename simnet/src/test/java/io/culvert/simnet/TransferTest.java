package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class TransferTest {
    private static final long SIZE = 4 << 20;

    /** Virtual time in which each transfer must be over. */
    private static final double BOUND = 1800;

    /** Sessions are forgotten after nine minutes, and all of TCP's timers are shorter. */
    private static final double FORGOTTEN = 1200;

    @Test
    void everyByteGoesThroughTwoTunnelsOnceAndInOrderBothWays() {
        Seeds.run(
                200,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    Scenario scenario = Scenario.random(world.random("scenario"), SIZE);
                    SimPair pair = scenario.build(world);
                    SimTransfer transfer = scenario.transfer(world, pair, 1).start();
                    runToItsEnd(world, pair, transfer, scenario);
                    boundedNumberOfDatagrams(pair, scenario);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void stacksWithoutTunnelCarryEveryByteAndKeepTheRulesOfTcp() {
        Seeds.run(
                200,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    Scenario scenario =
                            Scenario.random(world.random("scenario"), SIZE / 4).withoutTunnel();
                    TcpWireCheck check = new TcpWireCheck(scenario.options().mtu());
                    world.network().observe(check);
                    SimPair pair = scenario.build(world);
                    SimTransfer transfer = scenario.transfer(world, pair, 1).start();
                    runToItsEnd(world, pair, transfer, scenario);
                    assertThat(check.payload()).isGreaterThanOrEqualTo(SIZE / 2);
                    boundedNumberOfDatagrams(pair, scenario);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void transfersEndInTheTimeThatThePathAllows() {
        Seeds.run(
                100,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    Scenario scenario =
                            Scenario.random(world.random("scenario"), 0)
                                    .withPlan(SimTransfer.Plan.eager(SIZE / 4, SIZE / 4));
                    SimPair pair = scenario.build(world);
                    SimTransfer transfer = scenario.transfer(world, pair, 1).start();
                    // The constant is for handshakes of WireGuard that are lost and come again
                    // after 5 s.
                    double bound = 3 * scenario.idealSeconds(SIZE / 4) + 15;
                    world.runUntil(transfer::isComplete, bound, scenario);
                });
    }

    @Test
    void sequenceNumbersMayWrap() {
        // Among a thousand connections one begins so near to the end of its numbers.
        int wrapped = 0;
        for (long seed = 1; wrapped < 5; seed++) {
            SimWorld world = new SimWorld(seed, new Trace());
            SimPair pair = new SimPair(world, SimPair.Options.DEFAULT.withoutTunnel());
            world.network().observe(new TcpWireCheck(1420));
            boolean[] near = new boolean[1];
            world.network()
                    .observe((from, destination, data, length) -> {
                        int sequence = ByteBuffer.wrap(data).getInt(24);
                        near[0] |= sequence < 0 && sequence > -SIZE / 2;
                    });
            SimTransfer transfer =
                    new SimTransfer(
                            world,
                            pair,
                            Scenario.destination(false, 1),
                            SimTransfer.Plan.eager(SIZE, SIZE));
            transfer.near().mayWrite(read -> 0);
            transfer.far().mayWrite(read -> 0);
            transfer.start();
            world.runUntil(transfer.far()::isConnected, 1, transfer);
            if (near[0]) {
                wrapped++;
                LinkProfile lossy =
                        LinkProfile.PERFECT.but().delay(2_000_000, 0).loss(0.01).build();
                pair.profile(lossy, lossy);
                pair.client().execute(() -> transfer.near().mayWrite(read -> SIZE));
                pair.server().execute(() -> transfer.far().mayWrite(read -> SIZE));
                world.runUntil(transfer::isComplete, BOUND, transfer);
                world.expectNothingLeft(FORGOTTEN);
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameTrace() {
        Seeds.run(
                10,
                (seed, trace) -> {
                    Trace first = new Trace();
                    Trace second = new Trace();
                    smallTransfer(seed, first);
                    smallTransfer(seed, second);
                    assertThat(second.records()).isEqualTo(first.records()).isGreaterThan(100);
                    assertThat(second.hash()).isEqualTo(first.hash());
                });
    }

    private static void smallTransfer(long seed, Trace trace) {
        SimWorld world = new SimWorld(seed, trace);
        Scenario scenario = Scenario.random(world.random("scenario"), SIZE / 16);
        SimPair pair = scenario.build(world);
        runToItsEnd(world, pair, scenario.transfer(world, pair, 1).start(), scenario);
    }

    @Test
    void halvesThatCarryNothingCloseAsWell() {
        Seeds.run(
                60,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SeededRandom random = world.random("sizes");
                    Scenario drawn = Scenario.random(world.random("scenario"), 0);
                    long up = random.nextBoolean() ? 0 : random.logBetween(1, 100_000);
                    long down = random.nextBoolean() ? 0 : random.logBetween(1, 100_000);
                    SimTransfer.Plan plan = drawn.plan();
                    Scenario scenario =
                            drawn.withPlan(
                                    new SimTransfer.Plan(
                                            up,
                                            down,
                                            plan.client(),
                                            plan.server(),
                                            plan.dialNanos()));
                    SimPair pair = scenario.build(world);
                    SimTransfer transfer = scenario.transfer(world, pair, 1).start();
                    runToItsEnd(world, pair, transfer, scenario);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    private static void runToItsEnd(
            SimWorld world, SimPair pair, SimTransfer transfer, Scenario scenario) {
        Object report =
                new Object() {
                    @Override
                    public String toString() {
                        return transfer
                                + "\n"
                                + scenario
                                + "\nup: "
                                + pair.uplink().counters()
                                + "\ndown: "
                                + pair.downlink().counters();
                    }
                };
        world.runUntil(transfer::isOver, BOUND, report);
        world.runUntil(transfer::isComplete, 1, report);
    }

    /**
     * No storm of acknowledgements and no senseless retransmission: the ideal is one datagram for
     * each MSS and one acknowledgement for every other.
     */
    private static void boundedNumberOfDatagrams(SimPair pair, Scenario scenario) {
        long bytes = scenario.plan().up() + scenario.plan().down();
        long full = bytes / (scenario.options().mtu() - 100) + 1;
        long sent = pair.client().io().sent() + pair.server().io().sent();
        assertThat(sent)
                .as("datagrams for %d full segments, %s", full, scenario)
                .isLessThan(4 * full + 2000);
    }
}
