package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManyConnectionsTest {
    private static final int COUNT = 2000;
    private static final double FORGOTTEN = 1200;

    private static final LinkProfile LOSSY =
            LinkProfile.PERFECT
                    .but()
                    .delay(10_000_000, 2_000_000)
                    .loss(0.005)
                    .rate(25_000, 2 << 20)
                    .build();

    @Test
    void twoThousandAtOnceIdleForAMinuteAndThenEachAnswered() {
        Seeds.run(
                2,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
                    pair.profile(LOSSY, LOSSY);
                    List<SimTransfer> transfers = new ArrayList<>();
                    for (int i = 0; i < COUNT; i++) {
                        SimTransfer transfer =
                                new SimTransfer(
                                        world,
                                        pair,
                                        Scenario.destination(i % 2 == 1, i + 1),
                                        SimTransfer.Plan.eager(400, 2000));
                        transfer.near().mayWrite(read -> 0);
                        transfer.far().mayWrite(read -> read == 400 ? 2000 : 0);
                        transfers.add(transfer.start());
                    }
                    world.runUntil(
                            () ->
                                    transfers.stream()
                                            .allMatch(t ->
                                                    t.near().isConnected()
                                                            && t.far().isConnected()),
                            60,
                            "all connected");
                    world.runFor(60);
                    assertThat(pair.client().stack().liveFlows()).isEqualTo(COUNT);
                    assertThat(pair.client().pool().inUse()).isZero();
                    assertThat(pair.server().pool().inUse()).isZero();
                    pair.client()
                            .execute(() -> transfers.forEach(t -> t.near().mayWrite(read -> 400)));
                    world.runUntil(
                            () -> transfers.stream().allMatch(SimTransfer::isComplete),
                            300,
                            "all answered");
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void twentyClientsOfOneServer() {
        Seeds.run(
                6,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
                    List<SimTransfer> transfers = new ArrayList<>();
                    for (int i = 1; i <= 20; i++) {
                        SimHost client = pair.addClient();
                        world.network()
                                .connect(client.socket(), pair.server().socket(), LOSSY, LOSSY);
                        transfers.add(
                                new SimTransfer(
                                                world,
                                                pair,
                                                client,
                                                Scenario.destination(i % 2 == 1, i),
                                                SimTransfer.Plan.eager(200_000, 200_000))
                                        .start());
                    }
                    world.runUntil(
                            () -> transfers.stream().allMatch(SimTransfer::isComplete),
                            120,
                            transfers);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }

    @Test
    void questionsAndAnswersOnOneConnection() {
        Seeds.run(
                40,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SeededRandom random = world.random("sizes");
                    int question = (int) random.logBetween(1, 20_000);
                    int answer = (int) random.logBetween(1, 100_000);
                    int rounds = 20;
                    Scenario drawn = Scenario.random(world.random("scenario"), 0);
                    Scenario scenario =
                            drawn.withPlan(
                                    new SimTransfer.Plan(
                                            (long) question * rounds,
                                            (long) answer * rounds,
                                            drawn.plan().client(),
                                            drawn.plan().server(),
                                            0));
                    SimPair pair = scenario.build(world);
                    SimTransfer transfer = scenario.transfer(world, pair, 1);
                    transfer.near().mayWrite(read -> (read / answer + 1) * question);
                    transfer.far().mayWrite(read -> read / question * answer);
                    transfer.start();
                    world.runUntil(transfer::isComplete, 600, transfer);
                    world.expectNothingLeft(FORGOTTEN);
                });
    }
}
