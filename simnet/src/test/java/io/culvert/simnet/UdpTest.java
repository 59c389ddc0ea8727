package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.Refusal;
import io.culvert.netstack.UdpDatagram;
import io.culvert.netstack.UdpHandler;
import io.culvert.netstack.UdpSocket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UdpTest {
    private static final long MILLI = 1_000_000;
    private static final double FORGOTTEN = 1200;

    @Test
    void datagramsComeBackAtMostOnceAndFromWhereTheyWent() {
        Seeds.run(
                100,
                (seed, trace) -> {
                    SimWorld world = new SimWorld(seed, trace);
                    SeededRandom random = world.random("udp");
                    Scenario scenario = Scenario.random(world.random("scenario"), 0);
                    SimPair pair = scenario.build(world);
                    SimUdpEcho echo = new SimUdpEcho();
                    pair.services().udp(echo::take);
                    establish(world, pair);
                    List<InetSocketAddress> destinations =
                            IntStream.rangeClosed(1, random.between(1, 5))
                                    .mapToObj(scenario::destination)
                                    .toList();
                    int fits = scenario.options().mtu() - 48;
                    SimUdpClient client =
                            new SimUdpClient(
                                            pair.client(),
                                            destinations,
                                            random,
                                            300,
                                            random.nextBoolean() ? fits : 3 * fits,
                                            5 * MILLI)
                                    .start();
                    world.runFor(10);
                    assertThat(client.sent()).isEqualTo(300);
                    assertThat(echo.flows()).as("each source is one flow").isEqualTo(2);
                    boolean narrow = scenario.up().bytesPerMilli() > 0;
                    assertThat(client.answered())
                            .as("%s", scenario)
                            .isGreaterThan(narrow ? 50 : 200);
                    client.close();
                    world.expectNothingLeft(FORGOTTEN);
                    assertThat(client.isClosed()).isTrue();
                    assertThat(echo.closed()).as("the flows were idle and expired").isEqualTo(2);
                });
    }

    /**
     * Gets the tunnel a session: without one, datagrams wait, and beyond a number of them are
     * dropped.
     */
    private static void establish(SimWorld world, SimPair pair) {
        List<InetSocketAddress> destination = List.of(Scenario.destination(false, 99));
        SimUdpClient first =
                new SimUdpClient(
                                pair.client(),
                                destination,
                                world.random("first"),
                                1000,
                                8,
                                100 * MILLI)
                        .start();
        world.runUntil(() -> first.answered() > 0, 100, first);
        first.stop();
        world.runFor(10);
        first.close();
    }

    @Test
    void aPerfectPathLosesNothing() {
        SimWorld world = new SimWorld(1, new Trace());
        SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
        LinkProfile delayed = LinkProfile.PERFECT.but().delay(10 * MILLI, 0).build();
        pair.profile(delayed, delayed);
        SimUdpEcho echo = new SimUdpEcho();
        pair.services().udp(echo::take);
        establish(world, pair);
        List<SimUdpClient> clients = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            boolean ipv6 = i % 2 == 1;
            clients.add(
                    new SimUdpClient(
                                    pair.client(),
                                    List.of(Scenario.destination(ipv6, i + 1)),
                                    world.random("udp " + i),
                                    100,
                                    4000,
                                    MILLI)
                            .start());
        }
        world.runFor(10);
        assertThat(clients).allMatch(c -> c.answered() == 100);
        assertThat(echo.flows()).isEqualTo(51);
        clients.forEach(SimUdpClient::close);
        world.expectNothingLeft(FORGOTTEN);
    }

    @Test
    void anUnreachableDestinationIsReportedToItsSender() {
        SimWorld world = new SimWorld(2, new Trace());
        SimPair pair = new SimPair(world, SimPair.Options.DEFAULT);
        pair.services().udp(flow -> flow.handler(new Refuser()));
        List<InetSocketAddress> refused = List.of(Scenario.destination(false, 3));
        SimUdpClient client =
                new SimUdpClient(pair.client(), refused, world.random("udp"), 3, 500, 100 * MILLI)
                        .start();
        world.runFor(5);
        assertThat(client.answered()).isZero();
        assertThat(client.unreachable()).containsExactlyElementsOf(refused);
        client.close();
        world.expectNothingLeft(FORGOTTEN);
    }

    /** Says of every destination that it can't be reached. */
    private static final class Refuser implements UdpHandler {
        private final UdpDatagram datagram = new UdpDatagram();

        @Override
        public void readable(UdpSocket flow) {
            while (flow.receive(datagram)) {
                flow.unreachable(Objects.requireNonNull(datagram.address), Refusal.RESET);
                Objects.requireNonNull(datagram.chunk).release();
            }
        }

        @Override
        public void unreachable(
                UdpSocket flow, InetSocketAddress remote, io.culvert.netstack.Unreachable kind) {
            throw new AssertionError("nothing was sent to " + remote);
        }

        @Override
        public void closed(UdpSocket flow) {}
    }
}
