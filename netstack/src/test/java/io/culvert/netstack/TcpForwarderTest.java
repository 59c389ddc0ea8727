package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TcpForwarderTest {
    private static final long SECOND = TwoStacks.SECOND;

    private final List<TcpForwardRequest> requests = new ArrayList<>();
    private final TwoStacks net = new TwoStacks(7, 1420, LinkConditions.clean(5));
    private final TransferApp client = new TransferApp(100_000, 1);
    private final TransferApp server = new TransferApp(50_000, 2);

    private void forward() {
        net.b.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        requests.add(request);
                    }

                    @Override
                    public void udp(UdpSocket flow) {
                        flow.close();
                    }
                });
    }

    @Test
    void answersOnlyWhenTheDialIsDone() {
        forward();
        TcpConnection c = net.a.connect(Host.address("192.0.2.7", 443), client);
        net.run(5 * SECOND);
        assertThat(net.packetsFromB).isZero();
        assertThat(requests).hasSize(1);
        TcpForwardRequest request = requests.getFirst();
        assertThat(request.destination()).isEqualTo(Host.address("192.0.2.7", 443));
        assertThat(request.source()).isEqualTo(c.local());
        request.accept(server);
        net.runUntil(() -> client.cause != null && server.cause != null, 5 * SECOND);
        assertThat(server.receivedBytes).isEqualTo(100_000);
        assertThat(client.receivedBytes).isEqualTo(50_000);
        assertThat(client.cause).isEqualTo(CloseCause.CLOSED);
        net.assertNothingLeft();
    }

    @Test
    void passesARefusalOnAsReset() {
        forward();
        net.a.connect(Host.address("192.0.2.7", 443), client);
        net.run(SECOND / 10);
        requests.getFirst().refuse(Refusal.RESET);
        net.run(SECOND / 10);
        assertThat(client.cause).isEqualTo(CloseCause.REFUSED);
        net.assertNothingLeft();
    }

    @Test
    void passesUnreachableOnAsIcmp() {
        forward();
        net.a.connect(Host.address("192.0.2.7", 443), client);
        net.run(SECOND / 10);
        requests.getFirst().refuse(Refusal.HOST_UNREACHABLE);
        net.run(SECOND / 10);
        assertThat(client.cause).isEqualTo(CloseCause.UNREACHABLE);
        net.assertNothingLeft();
    }

    @Test
    void cancelsTheDialOfAClientThatLeft() {
        forward();
        TcpConnection c = net.a.connect(Host.address("192.0.2.7", 443), client);
        net.run(SECOND / 10);
        List<String> told = new ArrayList<>();
        requests.getFirst().onCancel(() -> told.add("cancelled"));
        c.abort();
        net.b.tcp.flows.snapshot();
        net.run(SECOND / 10);
        assertThat(client.cause).isEqualTo(CloseCause.ABORTED);
        net.run(200 * SECOND);
        assertThat(told).containsExactly("cancelled");
        net.assertNothingLeft();
    }
}
