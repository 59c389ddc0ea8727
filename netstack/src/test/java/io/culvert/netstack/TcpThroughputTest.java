package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What arrives over a path of known rate, in per cent of what the path could carry. */
class TcpThroughputTest {
    private static final long SECOND = TwoStacks.SECOND;

    /** Payload of a full packet over the packet. */
    private static final double SHARE = 1368.0 / 1420;

    private final List<TransferApp> servers = new ArrayList<>();
    private final List<TransferApp> clients = new ArrayList<>();

    private TwoStacks bulk(LinkConditions link, int flows) {
        TwoStacks net = new TwoStacks(5, 1420, link, 256L << 20);
        net.b.listen(
                null,
                80,
                c -> {
                    TransferApp server = new TransferApp(0, 2);
                    server.finishes = false;
                    servers.add(server);
                    return server;
                });
        for (int i = 0; i < flows; i++) {
            clients.add(new TransferApp(1L << 40, i));
            net.a.connect(Host.address("10.0.0.2", 80), clients.getLast());
        }
        return net;
    }

    private long received() {
        return servers.stream().mapToLong(s -> s.receivedBytes).sum();
    }

    private double used(TwoStacks net, long seconds) {
        long before = received();
        net.run(seconds * SECOND);
        return (received() - before) / (net.conditions.bytesPerSecond() * SHARE * seconds);
    }

    @Test
    void keepsAThinPathFullAndItsQueueBounded() {
        LinkConditions link = LinkConditions.clean(10).withRate(250_000, 20_000);
        TwoStacks net = bulk(link, 1);
        used(net, 5);
        assertThat(used(net, 20)).isGreaterThan(0.93);
    }

    @Test
    void standsReordering() {
        LinkConditions link = LinkConditions.clean(10).withJitter(20).withRate(2_500_000, 100_000);
        TwoStacks net = bulk(link, 1);
        used(net, 5);
        assertThat(used(net, 20)).isGreaterThan(0.7);
    }

    @Test
    void recoversFromOutagesWithoutLongSilence() {
        LinkConditions link = LinkConditions.clean(20).withRate(2_500_000, 100_000);
        TwoStacks net = bulk(link, 1);
        used(net, 3);
        LinkConditions good = net.conditions;
        net.conditions = good.withLoss(1);
        net.run(SECOND);
        net.conditions = good;
        net.run(SECOND);
        assertThat(used(net, 5)).isGreaterThan(0.9);
    }

    @Test
    void sharesAPathFairly() {
        LinkConditions link = LinkConditions.clean(20).withRate(1_500_000, 60_000);
        TwoStacks net = bulk(link, 8);
        net.run(10 * SECOND);
        long[] before = servers.stream().mapToLong(s -> s.receivedBytes).toArray();
        assertThat(used(net, 60)).isGreaterThan(0.93);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < 8; i++) {
            double rate = servers.get(i).receivedBytes - before[i];
            sum += rate;
            squares += rate * rate;
        }
        assertThat(sum * sum / (8 * squares)).as("Jain's index").isGreaterThan(0.85);
    }

    @Test
    void acknowledgesEverySecondSegmentOfASteadyFlow() {
        TwoStacks net = bulk(LinkConditions.clean(5).withRate(12_500_000, 100_000), 1);
        net.run(2 * SECOND);
        assertThat((double) net.packetsFromB / net.packetsFromA).isBetween(0.45, 0.55);
    }

    @Test
    void growsBuffersOnlyOnProof() {
        TwoStacks net = bulk(LinkConditions.clean(5).withRate(1_000_000, 50_000), 1);
        net.run(10 * SECOND);
        TcpConnection c = Objects.requireNonNull(servers.getFirst().connection);
        assertThat(c.info().receiveBuffer())
                .as("a path of 10 KB and 50 KB of queue")
                .isLessThan(600_000);
        assertThat(Objects.requireNonNull(clients.getFirst().connection).sender().buffer.size())
                .isLessThan(600_000);
    }
}
