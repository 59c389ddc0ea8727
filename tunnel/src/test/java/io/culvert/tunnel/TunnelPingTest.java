package io.culvert.tunnel;

import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.onLoop;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.EchoRequest;
import io.culvert.netstack.Forwarder;
import io.culvert.netstack.Refusal;
import io.culvert.netstack.TcpForwardRequest;
import io.culvert.netstack.UdpSocket;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pings through a tunnel: of the server itself, and of hosts that it stands for. */
class TunnelPingTest {
    private static final byte[] DATA = {1, 2, 3};

    private final BlockingQueue<PingRequest> requests = new LinkedBlockingQueue<>();
    private TunnelPair tunnels;

    @BeforeEach
    void open() throws Exception {
        tunnels = TunnelPair.open();
    }

    @AfterEach
    void close() {
        tunnels.close();
    }

    private class Parking implements TunnelForwarder {
        @Override
        public void tcp(TcpRequest request) {}

        @Override
        public void udp(UdpFlow flow) {}

        @Override
        public void ping(PingRequest request) {
            requests.add(request);
        }
    }

    private Future<?> ping(String host) {
        return ping(host, Duration.ofSeconds(PATIENCE_SECONDS));
    }

    private Future<?> ping(String host, Duration patience) {
        return tunnels.client.ping(InetAddress.ofLiteral(host), DATA, patience);
    }

    private PingRequest next() throws InterruptedException {
        return Objects.requireNonNull(requests.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @ValueSource(strings = {SERVER_V4, TunnelPair.SERVER_V6})
    void theServersOwnAddressAnswersItself(String host) throws Exception {
        await(ping(host));
    }

    @ParameterizedTest
    @CsvSource({"10.9.9.9, " + TunnelPair.CLIENT_V4, "fd09::9, " + TunnelPair.CLIENT_V6})
    void theForwarderAnswersForOthers(String host, String client) throws Exception {
        tunnels.server.forward(new Parking());
        Future<?> answer = ping(host);
        PingRequest request = next();
        assertThat(request.destination()).isEqualTo(InetAddress.ofLiteral(host));
        assertThat(request.source()).isEqualTo(InetAddress.ofLiteral(client));
        assertThat(request.payload()).isEqualTo(DATA);
        assertThat(request.hopLimit()).isEqualTo(64);
        assertThat(answer.isDone()).isFalse();
        request.reply(); // from a foreign thread
        request.refuse(Refusal.HOST_UNREACHABLE);
        await(answer);
    }

    @ParameterizedTest
    @CsvSource({"HOST_UNREACHABLE, host", "NET_UNREACHABLE, Network is unreachable"})
    void hearsThatTheHostCannotBeReached(Refusal how, String message) throws Exception {
        tunnels.server.forward(new Parking());
        Future<?> answer = ping("10.9.9.9");
        next().refuse(how);
        assertThat(failure(answer))
                .isInstanceOf(NoRouteToHostException.class)
                .hasMessageContaining(message);
    }

    @Test
    void hearsThatItIsProhibited() throws Exception {
        tunnels.server.forward(new Parking());
        Future<?> answer = ping("10.9.9.9");
        next().refuse(Refusal.PROHIBITED);
        assertThat(failure(answer)).hasMessageContaining("Permission denied");
    }

    @Test
    void aSilentRefusalIsSilence() throws Exception {
        tunnels.server.forward(new Parking());
        Future<?> answer = ping("10.9.9.9", Duration.ofMillis(300));
        next().refuse(Refusal.SILENT);
        assertThat(failure(answer)).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void aForwarderThatKnowsNoPingsLeavesThemUnanswered() throws Exception {
        tunnels.server.forward(
                new TunnelForwarder() {
                    @Override
                    public void tcp(TcpRequest request) {}

                    @Override
                    public void udp(UdpFlow flow) {}
                });
        assertThat(failure(ping("10.9.9.9", Duration.ofMillis(100))))
                .isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void noPeerForTheAddressIsToldAtOnce() throws Exception {
        assertThat(failure(ping("192.0.2.1"))).isInstanceOf(NoRouteToHostException.class);
    }

    @Test
    void aClosedTunnelPingsNobody() throws Exception {
        Future<?> waiting = ping("10.9.9.9");
        await(tunnels.client.close());
        assertThat(failure(waiting)).isInstanceOf(SocketException.class);
        assertThat(failure(ping(SERVER_V4))).isInstanceOf(SocketException.class);
    }

    @Test
    void onePeerHasSoManyWaitingAndNoMore() throws Exception {
        tunnels.server.forward(new Parking());
        await(ping(SERVER_V4)); // without a session too few are kept
        List<Future<?>> answers = new ArrayList<>();
        for (int i = 0; i < ForwardedPings.PER_PEER + 50; i++) {
            answers.add(ping("10.9.9.9"));
        }
        await(ping(SERVER_V4)); // behind the others
        assertThat(requests).hasSize(ForwardedPings.PER_PEER);
        for (PingRequest request : requests) {
            request.reply();
        }
        for (Future<?> answer : answers.subList(0, ForwardedPings.PER_PEER)) {
            await(answer);
        }
        requests.clear();
        Future<?> again = ping("10.9.9.9");
        next().reply();
        await(again);
    }

    @Test
    void onePeerHasSoManyBytesWaitingAndNoMore() throws Exception {
        tunnels.server.forward(new Parking());
        await(ping(SERVER_V4)); // without a session too few are kept
        byte[] large = new byte[60_000];
        for (int i = 0; i < 6; i++) {
            Future<?> sent =
                    tunnels.client.ping(
                            InetAddress.ofLiteral("10.9.9.9"), large, Duration.ofSeconds(60));
            await(ping(SERVER_V4));
            assertThat(sent.isDone()).isFalse();
        }
        assertThat(requests).hasSize(ForwardedPings.BYTES_PER_PEER / large.length);
        requests.forEach(PingRequest::reply);
    }

    @Test
    void whatWaitsForTooLongIsForgotten() throws Exception {
        TunnelLoop loop = tunnels.server.driver();
        ForwardedPings pings = new ForwardedPings(loop);
        onLoop(
                loop.loop(),
                () -> {
                    loop.stack().forwarder(relay(pings));
                    return null;
                });
        Future<?> answer = ping("10.9.9.9", Duration.ofMillis(500));
        PingRequest request = next();
        onLoop(
                loop.loop(),
                () -> {
                    pings.forgetOld(request.since + ForwardedPings.PATIENCE - 1);
                    assertThat(pings.waiting()).isOne();
                    pings.forgetOld(request.since + ForwardedPings.PATIENCE);
                    assertThat(pings.waiting()).isZero();
                    return null;
                });
        request.reply();
        assertThat(failure(answer)).isInstanceOf(SocketTimeoutException.class);
    }

    private Forwarder relay(ForwardedPings pings) {
        return new Forwarder() {
            @Override
            public void tcp(TcpForwardRequest request) {}

            @Override
            public void udp(UdpSocket flow) {}

            @Override
            public void echo(EchoRequest request) {
                pings.request(request, new Parking());
            }
        };
    }
}
