package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BackPressureTest {
    private static final long GIGABYTE = 1L << 30;

    /**
     * What a flow's windows and send buffers may grow to (DESIGN.md, Decisions), and a little for
     * what is under way.
     */
    private static final long WINDOW = (16 << 20) + (1 << 20);

    private static final double FORGOTTEN = 1200;

    private static final LinkProfile PATH =
            LinkProfile.PERFECT.but().delay(5_000_000, 0).rate(100_000, 1 << 20).build();

    @Test
    void aReaderThatStopsForAMinuteBoundsMemoryWhileGigabytesWait() {
        Seeds.run(
                4,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
                    pair.profile(PATH, PATH);
                    SimTransfer transfer =
                            new SimTransfer(
                                    world,
                                    pair,
                                    Scenario.destination(seed % 2 == 1, 1),
                                    SimTransfer.Plan.eager(4 * GIGABYTE, 4 * GIGABYTE));
                    transfer.start();
                    world.runFor(0.5);
                    assertThat(transfer.near().read()).isGreaterThan(1 << 20);
                    pair.client().execute(() -> transfer.near().reading(false));
                    pair.server().execute(() -> transfer.far().reading(false));
                    for (int i = 0; i < 600; i++) {
                        world.runFor(0.1);
                        assertThat(pair.client().pool().inUse()).isLessThan(WINDOW);
                        assertThat(pair.server().pool().inUse()).isLessThan(WINDOW);
                        assertThat(pair.client().loans().outstandingBytes()).isLessThan(WINDOW);
                        assertThat(pair.server().loans().outstandingBytes()).isLessThan(WINDOW);
                    }
                    final long before = transfer.near().read();
                    long sent = pair.server().io().sent();
                    world.runFor(60);
                    assertThat(pair.server().io().sent() - sent)
                            .as("probes of a closed window")
                            .isLessThan(200);
                    pair.client().execute(() -> transfer.near().reading(true));
                    pair.server().execute(() -> transfer.far().reading(true));
                    world.runUntil(
                            () -> transfer.near().read() > before + (32 << 20), 30, transfer);
                    pair.client().execute(() -> transfer.near().quit(true));
                    world.runUntil(transfer::isOver, 10, transfer);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void aWindowThatOpensUnheardIsProbed() {
        Seeds.run(
                4,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
                    pair.profile(PATH, PATH);
                    SimTransfer transfer =
                            new SimTransfer(
                                            world,
                                            pair,
                                            Scenario.destination(seed % 2 == 1, 1),
                                            SimTransfer.Plan.eager(0, GIGABYTE))
                                    .start();
                    world.runFor(0.5);
                    pair.client().execute(() -> transfer.near().reading(false));
                    world.runFor(10);
                    long before = transfer.near().read();
                    pair.profile(LinkProfile.BROKEN, LinkProfile.BROKEN);
                    pair.client().execute(() -> transfer.near().reading(true));
                    world.runFor(2);
                    assertThat(transfer.near().read()).isGreaterThan(before);
                    pair.profile(PATH, PATH);
                    long after = transfer.near().read();
                    world.runUntil(() -> transfer.near().read() > after + (32 << 20), 60, transfer);
                });
    }

    @Test
    void whoDoesNotReadDoesNotStopOthers() {
        Seeds.run(
                4,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    long budget = 16 << 20;
                    SimPair pair = new SimPair(world, SimPair.Options.DEFAULT.withMemory(budget));
                    pair.profile(PATH, PATH);
                    for (int i = 0; i < 50; i++) {
                        SimTransfer stuck =
                                new SimTransfer(
                                        world,
                                        pair,
                                        Scenario.destination(false, 100 + i),
                                        SimTransfer.Plan.eager(0, GIGABYTE));
                        stuck.start();
                        world.scheduler()
                                .after(
                                        i * 10_000_000L + 300_000_000L,
                                        () ->
                                                pair.client()
                                                        .execute(
                                                                () -> stuck.near().reading(false)));
                    }
                    world.runFor(10);
                    assertThat(pair.client().pool().inUse()).isBetween(1L << 20, budget);
                    SimTransfer other =
                            new SimTransfer(
                                            world,
                                            pair,
                                            Scenario.destination(true, 1),
                                            SimTransfer.Plan.eager(4 << 20, 4 << 20))
                                    .start();
                    world.runUntil(other::isComplete, 30, other);
                });
    }
}
