package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.CloseCause;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

/** Keys, addresses, clocks and hosts that change while traffic flows. */
class ChangeTest {
    private static final long SECOND = 1_000_000_000L;
    private static final double FORGOTTEN = 1200;

    private static final LinkProfile PATH =
            LinkProfile.PERFECT
                    .but()
                    .delay(20_000_000, 1_000_000)
                    .loss(0.002)
                    .rate(1000, 100_000)
                    .build();

    private static SimPair pair(SimWorld world) {
        SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
        pair.profile(PATH, PATH);
        return pair;
    }

    @Test
    void keysChangeEveryTwoMinutesWithoutATraceInTheStream() {
        Seeds.run(
                4,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
                    LinkProfile thin = PATH.but().rate(2, 8000).build();
                    pair.profile(thin, thin);
                    // 2 bytes a millisecond: 4 MiB take 40 minutes.
                    SimTransfer transfer =
                            new SimTransfer(
                                            world,
                                            pair,
                                            Scenario.destination(false, 1),
                                            SimTransfer.Plan.eager(4 << 20, 1 << 20))
                                    .start();
                    world.runUntil(transfer::isComplete, 3 * 3600, transfer);
                    double minutes = transfer.duration() / 60e9;
                    assertThat(minutes).isBetween(30.0, 120.0);
                    // Two messages every two minutes.
                    assertThat((double) pair.check().handshakes())
                            .isBetween(0.9 * minutes, 2 * minutes);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void anIdleConnectionOutlivesItsSessions() {
        SimWorld world = new SimWorld(1, new Trace());
        SimPair pair = pair(world);
        SimTransfer transfer =
                new SimTransfer(
                        world,
                        pair,
                        Scenario.destination(true, 1),
                        SimTransfer.Plan.eager(20_000, 20_000));
        transfer.far().mayWrite(read -> read);
        transfer.near().mayWrite(read -> 1000);
        transfer.start();
        for (int i = 2; i <= 20; i++) {
            world.runFor(1800);
            assertThat(transfer.far().read()).isEqualTo((i - 1) * 1000L);
            long allowed = i * 1000L;
            pair.client().execute(() -> transfer.near().mayWrite(read -> allowed));
        }
        world.runUntil(transfer::isComplete, 300, transfer);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aConnectionThatIsIdleForMonthsIsNotTakenForOld() {
        // After 24 days without a segment the timestamps of before say nothing (RFC 7323, 5.5).
        SimWorld world = new SimWorld(2, new Trace());
        SimPair pair = pair(world);
        SimTransfer transfer =
                new SimTransfer(
                        world,
                        pair,
                        Scenario.destination(false, 1),
                        SimTransfer.Plan.eager(6000, 6000));
        transfer.far().mayWrite(read -> read);
        transfer.near().mayWrite(read -> 1000);
        transfer.start();
        int[] days = {24, 25, 30, 48, 50};
        for (int i = 0; i < days.length; i++) {
            world.runFor(days[i] * 86_400.0);
            assertThat(transfer.near().read()).isEqualTo((i + 1) * 1000L);
            long allowed = (i + 2) * 1000L;
            pair.client().execute(() -> transfer.near().mayWrite(read -> allowed));
        }
        world.runUntil(transfer::isComplete, 60, transfer);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aPathThatSwallowsFullSegmentsIsFoundOut() {
        // 1420 inside are 1480 outside: all that is full is dropped without a word.
        Seeds.run(
                10,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
                    LinkProfile narrow = PATH.but().rate(0, 0).mtu(1400).build();
                    pair.profile(narrow, narrow);
                    SimTransfer transfer = transfer(world, pair, 1);
                    world.runUntil(transfer::isComplete, 10, transfer);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void aServerUnderLoadAsksForACookieAndServes() {
        Seeds.run(
                10,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = pair(world);
                    load(pair.server());
                    long[] cookies = new long[1];
                    world.network()
                            .observe(
                                    (from, to, data, length) -> cookies[0] += data[0] == 3 ? 1 : 0);
                    SimTransfer transfer = transfer(world, pair, 1);
                    world.runUntil(transfer::isComplete, 60, transfer);
                    assertThat(cookies[0]).isPositive();
                });
    }

    /** Keeps a host under load from now on. */
    private static void load(SimHost host) {
        host.execute(() -> {
            TunnelEngine engine = (TunnelEngine) host.engine();
            engine.core().device().load(100_000, host.clock());
            host.after(SECOND / 2, () -> load(host));
        });
    }

    @Test
    void theTransferFollowsAClientThatMoves() {
        Seeds.run(
                20,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = pair(world);
                    SeededRandom random = world.random("moves");
                    SimTransfer transfer =
                            new SimTransfer(
                                            world,
                                            pair,
                                            Scenario.destination(false, 1),
                                            SimTransfer.Plan.eager(2 << 20, 2 << 20))
                                    .start();
                    world.runUntil(() -> transfer.far().read() > 0, 60, transfer);
                    for (int i = 1; i <= 5; i++) {
                        world.runFor(0.1 + random.nextDouble() * 0.2);
                        String address =
                                random.nextBoolean()
                                        ? "192.0.2." + (10 + i)
                                        : "2001:db8:ffff::" + i;
                        pair.client()
                                .socket()
                                .rebind(
                                        new InetSocketAddress(
                                                InetAddress.ofLiteral(address), 1000 + i));
                    }
                    world.runUntil(transfer::isComplete, 120, transfer);
                    assertThat(world.network().unroutable()).isPositive();
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void aSilentDownloadFollowsOnceTheClientSpeaks() {
        // The client has nothing to say but acknowledgements, which is all that tells the server
        // its new address.
        SimWorld world = new SimWorld(5, new Trace());
        SimPair pair = pair(world);
        SimTransfer transfer =
                new SimTransfer(
                                world,
                                pair,
                                Scenario.destination(false, 1),
                                SimTransfer.Plan.eager(0, 2 << 20))
                        .start();
        world.runFor(0.7);
        assertThat(transfer.near().read()).isBetween(1L, (2L << 20) - 1);
        pair.client()
                .socket()
                .rebind(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.99"), 9));
        world.runUntil(transfer::isComplete, 120, transfer);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aClientThatRestartsIsServedAndItsOldFlowsEnd() {
        Seeds.run(
                10,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = pair(world);
                    SimTransfer lost = transfer(world, pair, 1);
                    world.runUntil(() -> lost.near().read() > 0, 60, lost);
                    world.runFor(0.2);
                    assertThat(lost.far().cause()).isNull();
                    pair.restartClient();
                    pair.profile(PATH, PATH);
                    SimTransfer fresh = transfer(world, pair, 2);
                    world.runUntil(fresh::isComplete, 60, fresh);
                    world.runUntil(() -> lost.far().cause() != null, 1200, lost);
                    assertThat(lost.far().cause()).isEqualTo(CloseCause.RESET);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void aServerThatRestartsResetsOldFlowsAndTakesNewOnes() {
        Seeds.run(
                10,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = pair(world);
                    SimTransfer lost = transfer(world, pair, 1);
                    world.runUntil(() -> lost.near().read() > 0, 60, lost);
                    world.runFor(0.2);
                    assertThat(lost.near().read()).isPositive();
                    pair.restartServer();
                    pair.profile(PATH, PATH);
                    // The client notices after KEEPALIVE_TIMEOUT + REKEY_TIMEOUT without an answer.
                    world.runUntil(() -> lost.near().cause() != null, 60, lost);
                    assertThat(lost.near().cause()).isEqualTo(CloseCause.RESET);
                    SimTransfer fresh = transfer(world, pair, 2);
                    world.runUntil(fresh::isComplete, 60, fresh);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void anOutageOfAMinuteIsSurvived() {
        Seeds.run(
                10,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = pair(world);
                    SimTransfer transfer = transfer(world, pair, 1);
                    world.runUntil(() -> transfer.near().read() > 0, 60, transfer);
                    pair.profile(LinkProfile.BROKEN, LinkProfile.BROKEN);
                    world.runFor(60);
                    pair.profile(PATH, PATH);
                    // Retransmissions come ever less often: after a minute at most another one
                    // passes.
                    world.runUntil(transfer::isComplete, 150, transfer);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void aLaptopThatSleepsGoesOnWhenItWakes() {
        SimWorld world = new SimWorld(6, new Trace());
        SimPair pair = pair(world);
        SimTransfer transfer =
                new SimTransfer(
                        world,
                        pair,
                        Scenario.destination(true, 1),
                        SimTransfer.Plan.eager(20_000, 20_000));
        transfer.near().mayWrite(read -> 10_000);
        transfer.start();
        world.runUntil(() -> transfer.far().read() == 10_000, 10, transfer);
        world.runFor(10);
        pair.client().suspend(8 * 3600 * SECOND);
        world.runFor(8 * 3600);
        pair.client().execute(() -> transfer.near().mayWrite(read -> 20_000));
        world.runUntil(transfer::isComplete, 30, transfer);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aWallClockSetBackDoesNotKeepTheClientOut() {
        SimWorld world = new SimWorld(7, new Trace());
        SimPair pair = pair(world);
        SimTransfer first = transfer(world, pair, 1);
        world.runUntil(first::isComplete, 60, first);
        pair.client().stepWallClock(-24 * 3600 * SECOND);
        world.runFor(1000);
        SimTransfer second = transfer(world, pair, 2);
        world.runUntil(second::isComplete, 60, second);
        pair.client().stepWallClock(48 * 3600 * SECOND);
        world.runFor(1000);
        SimTransfer third = transfer(world, pair, 3);
        world.runUntil(third::isComplete, 60, third);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void aKeepaliveTellsTheServerWhereTheClientIs() {
        SimWorld world = new SimWorld(8, new Trace());
        SimPair pair = new SimPair(world, SimPair.Options.DEFAULT.withKeepalive(25));
        pair.profile(PATH, PATH);
        world.runFor(600);
        assertThat(pair.check().data()).isZero();
        assertThat(pair.check().keepalives()).isBetween(20L, 40L);
        assertThat(pair.check().handshakes()).isBetween(8L, 14L);
    }

    private static SimTransfer transfer(SimWorld world, SimPair pair, int number) {
        return new SimTransfer(
                        world,
                        pair,
                        Scenario.destination(false, number),
                        SimTransfer.Plan.eager(1 << 20, 1 << 20))
                .start();
    }
}
