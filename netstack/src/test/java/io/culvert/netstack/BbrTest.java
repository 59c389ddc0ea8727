package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** BBR over a path of known rate and loss, whole stacks at both ends. */
class BbrTest {
    private static final long SECOND = TwoStacks.SECOND;
    private static final double SHARE = 1368.0 / 1420;

    private final List<TransferApp> servers = new ArrayList<>();
    private final TransferApp client = new TransferApp(1L << 40, 0);

    private TwoStacks bulk(LinkConditions link) {
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
        net.a.connect(Host.address("10.0.0.2", 80), client);
        return net;
    }

    @ParameterizedTest
    @CsvSource({
        "20, 50, 0",
        "20, 50, 0.01",
        "50, 20, 0.001",
        "50, 20, 0.02",
        "20, 100, 0.01",
        "100, 50, 0.01"
    })
    void fillsThePathWhateverItLosesAtRandom(int megabits, int rtt, double loss) {
        long rate = megabits * 125_000L;
        long bdp = rate * rtt / 1000;
        LinkConditions link =
                new LinkConditions(rtt * TwoStacks.MILLI / 2, 0, loss, 0, 0, rate, bdp);
        TwoStacks net = bulk(link);
        net.run(6 * SECOND);
        long before = servers.getFirst().receivedBytes;
        net.run(8 * SECOND);
        long received = servers.getFirst().receivedBytes - before;
        assertThat(received / (8 * rate * SHARE * (1 - loss))).isGreaterThan(0.93);
    }

    @Test
    void saysHowAFlowFares() {
        long rate = 2_500_000;
        TwoStacks net =
                bulk(new LinkConditions(25 * TwoStacks.MILLI, 0, 0.01, 0, 0, rate, rate / 20));
        net.run(8 * SECOND);
        TcpInfo info = Objects.requireNonNull(client.connection).info();
        assertThat(info.congestion()).startsWith("bbr ");
        assertThat((double) info.deliveryRate()).isBetween(0.7 * rate, 1.1 * rate);
        assertThat((double) info.pacingRate()).isBetween(0.7 * rate, 1.3 * rate);
        assertThat(info.retransmitted()).isBetween(info.delivered() / 200, info.delivered() / 20);
        assertThat(info.minRtt()).isBetween(50 * TwoStacks.MILLI, 60 * TwoStacks.MILLI);
    }

    @ParameterizedTest
    @CsvSource({"20, 50", "100, 20"})
    void keepsTheQueueShort(int megabits, int rtt) {
        long rate = megabits * 125_000L;
        long bdp = rate * rtt / 1000;
        LinkConditions link =
                new LinkConditions(rtt * TwoStacks.MILLI / 2, 0, 0, 0, 0, rate, 4 * bdp);
        TwoStacks net = bulk(link);
        net.run(6 * SECOND);
        long sum = 0;
        for (int i = 0; i < 800; i++) {
            net.run(SECOND / 100);
            sum += Objects.requireNonNull(client.connection).info().rtt();
        }
        assertThat(sum / 800.0 / (rtt * TwoStacks.MILLI)).isLessThan(1.25);
    }
}
