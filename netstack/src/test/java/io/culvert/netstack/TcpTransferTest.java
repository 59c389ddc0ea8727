package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TcpTransferTest {
    private static final long SECOND = TwoStacks.SECOND;

    private final TransferApp client = new TransferApp(300_000, 1);
    private final TransferApp server = new TransferApp(200_000, 2);

    private void transfer(TwoStacks net, String address, long limit) {
        net.b.listen(null, 80, c -> server);
        net.a.connect(Host.address(address, 80), client);
        net.runUntil(() -> client.cause != null && server.cause != null, limit);
        assertThat(client.cause).isEqualTo(CloseCause.CLOSED);
        assertThat(server.cause).isEqualTo(CloseCause.CLOSED);
        assertThat(client.receivedBytes).isEqualTo(200_000);
        assertThat(server.receivedBytes).isEqualTo(300_000);
        assertThat(client.ended && server.ended).isTrue();
        net.assertNothingLeft();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00::2"})
    void movesBothStreamsOverACleanLink(String address) {
        TwoStacks net = new TwoStacks(1, 1420, LinkConditions.clean(10));
        transfer(net, address, 2 * SECOND);
        assertThat(net.a.tcp.counters.retransmitted).isZero();
        assertThat(net.b.tcp.counters.retransmitted).isZero();
    }

    @Test
    void movesBothStreamsOverALossyLink() {
        transfer(
                new TwoStacks(3, 1420, LinkConditions.clean(10).withLoss(0.02)),
                "10.0.0.2",
                30 * SECOND);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void movesBothStreamsOverABadLink(int seed) {
        LinkConditions bad =
                LinkConditions.clean(5).withJitter(10).withLoss(0.05).withDamage(0.02, 0.02);
        transfer(new TwoStacks(seed, seed % 2 == 0 ? 1420 : 576, bad), "10.0.0.2", 300 * SECOND);
    }
}
