package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

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
