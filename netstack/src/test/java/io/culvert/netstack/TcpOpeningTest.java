package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is agreed upon when a connection opens, and with whom. */
class TcpOpeningTest {
    private final TcpScript t = new TcpScript();

    private static TcpScript with(TcpSettings.Builder settings) {
        return new TcpScript(b -> b.tcp(settings.build()));
    }

    @Test
    void transfersWithATinyMssInLittleMemory() {
        t.established(Seg.of("S").mss(1));
        t.write(200_000);
        int records = 0;
        int end = 1;
        while (!t.sender().isFlushed()) {
            records = Math.max(records, t.sender().queue.count());
            for (Seg s : t.drain()) {
                assertThat(s.data.length).isLessThanOrEqualTo(48);
                end = Math.max(end, s.end());
            }
            t.advanceMillis(10);
            t.send(Seg.of("A").seq(1).ack(end));
        }
        assertThat(end).isEqualTo(200_001);
        assertThat(records).isLessThan(65536 / 48 + 10);
        assertThat(t.host.pool.inUse()).isZero();
    }

    @Test
    void repeatsItsSynAfterAnUnacceptableAck() {
        t.connect();
        t.expect("S");
        t.send(Seg.of("SA").ack(9).mss(1460));
        t.expect("R").hasSeq(9);
        t.advanceMillis(1000);
        t.expect("S").hasSeq(0);
        t.send(Seg.of("SA").ack(1).mss(1460));
        t.expect("A").hasSeq(1).hasAck(1);
        t.expectEvents("connected");
    }

    /** RFC 9293, 3.10.7.4: SYN-RECEIVED remembers that it came from SYN-SENT. */
    @Test
    void isRefusedByAResetAfterASimultaneousOpen() {
        t.connect();
        t.expect("S");
        t.send(Seg.of("S").mss(1460));
        t.expect("SA");
        t.send(Seg.of("R").seq(1));
        t.expectEvents("closed REFUSED").expectNothing();
        t.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SF", "SR", "SFA", "SRA", "FSRPAU", "", "U"})
    void parksNothingForFlagsThatContradictEachOther(String flags) {
        List<TcpForwardRequest> requests = forward();
        t.send(Seg.of(flags).seq(0).mss(1460)).expectNothing();
        assertThat(requests).isEmpty();
        assertThat(t.host.stack.liveFlows()).isZero();
    }

    /** ECE, CWR and AE of a client that asks for ECN. */
    @ParameterizedTest
    @ValueSource(ints = {0xc0, 0x1c0})
    void parksASynThatAsksForEcn(int bits) {
        List<TcpForwardRequest> requests = forward();
        t.host.input(
                PacketBuilder.packet(t.peer, t.own)
                        .tcp(5000, 443, 1, 0, 2 | bits, 65535, new byte[0], new byte[0]));
        t.turn();
        assertThat(requests).hasSize(1);
        requests.getFirst().accept(t.app);
        t.turn();
        t.expect("SA");
    }

    private List<TcpForwardRequest> forward() {
        t.own = "192.0.2.7";
        t.port = 443;
        List<TcpForwardRequest> requests = new ArrayList<>();
        t.host.stack.forwarder(
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
        return requests;
    }

    @Test
    void announcesAndUsesTheMssClamp() {
        TcpScript s = with(TcpSettings.builder().mssClamp(1000));
        s.listen().send(Seg.of("S").mss(1460));
        assertThat(s.expect("SA").mss).isEqualTo(1000);
        s.send(Seg.of("A").seq(1).ack(1));
        s.write(1500);
        s.expect("A").hasLength(1000);
        s.app.events.clear();
        TcpScript dialer = with(TcpSettings.builder().mssClamp(1000));
        assertThat(dialer.connect().expect("S").mss).isEqualTo(1000);
    }

    @Test
    void namesItsMssInSynsOnly() {
        t.established();
        t.write(100);
        assertThat(t.expect("PA").mss).isZero();
        t.send(Seg.of("PA").seq(1).ack(101).data(10));
        assertThat(t.expect("A").mss).isZero();
        t.connection().close();
        t.turn();
        assertThat(t.expect("FA").mss).isZero();
    }

    @Test
    void tellsEachPeerAnotherTime() {
        t.listen();
        Set<Integer> stamps = new HashSet<>();
        for (int port = 1000; port < 1100; port++) {
            t.peerPort = port;
            t.isnKnown = false;
            t.send(t.syn());
            stamps.add(t.expect("SA").timestamp >>> 16);
        }
        assertThat(stamps).hasSizeGreaterThan(90);
        t.advanceMillis(500);
        t.drain();
        int before = stamp();
        t.advanceMillis(100);
        assertThat(stamp() - before).as("one clock for one peer").isEqualTo(100);
    }

    private int stamp() {
        t.peerPort = 999;
        t.send(t.syn());
        return t.drain().getLast().timestamp;
    }

    @Test
    void usesAPortAgainForAnotherDestination() {
        int ports = 60999 - 32768 + 1;
        TcpHandler nobody = new TcpScript.Recorder();
        InetSocketAddress first = Host.address(t.peer, 80);
        for (int i = 0; i < ports; i++) {
            t.host.stack.connect(first, nobody);
        }
        assertThat(t.host.stack.tcp.flows.size()).isEqualTo(ports);
        t.app.connection = t.host.stack.connect(first, t.app);
        t.turn().expectEvents("closed UNREACHABLE");
        t.app.connection = t.host.stack.connect(Host.address(t.peer, 81), t.app);
        assertThat(t.connection().local().getPort()).isBetween(32768, 60999);
        t.close();
    }

    @Test
    void dialsFromTheAddressItIsTold() {
        String other = "10.0.0.77";
        TcpScript s =
                new TcpScript(
                        b -> b.addresses(List.of(Host.address(Host.OWN4), Host.address(other))));
        InetSocketAddress remote = Host.address(s.peer, 80);
        assertThat(s.host.stack.connect(remote, s.app).local().getAddress())
                .isEqualTo(Host.address(Host.OWN4));
        TcpConnection c = s.host.stack.connect(Host.address(other), remote, s.app);
        assertThat(c.local().getAddress()).isEqualTo(Host.address(other));
        assertThatThrownBy(() -> s.host.stack.connect(Host.address("10.0.0.78"), remote, s.app))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("10.0.0.78");
        assertThatThrownBy(() -> t.host.stack.connect(Host.address(Host.OWN6), remote, s.app))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void mayTryForMoreThanThreeMinutes() {
        TcpScript s = with(TcpSettings.builder().synRetries(7));
        s.connect().advanceMillis(180_000).expectEvents();
        assertThat(s.drain()).hasSize(8);
        s.advanceMillis(75_000).expectEvents("closed TIMEOUT");
    }

    @Test
    void sendsNoKeepaliveUnlessItIsAsked() {
        t.established();
        t.advanceMillis(24L * 3600 * 1000).expectNothing();
        t.expectState(TcpState.ESTABLISHED);
    }
}
