package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dial first: what a client sees of a forwarder, and what the forwarder hears of the client. */
class TcpForwarderTest {
    private static final long SECOND = TwoStacks.SECOND;
    private static final String TARGET = "192.0.2.7";

    private final List<TcpForwardRequest> requests = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final TcpScript t = script(TcpSettings.builder().build());

    private TcpScript script(TcpSettings settings) {
        TcpScript script = new TcpScript(b -> b.tcp(settings));
        script.own = TARGET;
        script.port = 443;
        forward(script.host.stack);
        return script;
    }

    private void forward(NetStack stack) {
        stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        requests.add(request);
                        request.onCancel(() -> told.add("cancelled"));
                    }

                    @Override
                    public void udp(UdpSocket flow) {
                        flow.close();
                    }
                });
    }

    private TcpForwardRequest request() {
        assertThat(requests).hasSize(1);
        return requests.getFirst();
    }

    private void accept() {
        t.app.connection = request().accept(t.app);
        t.turn();
    }

    @Test
    void answersOnlyWhenTheDialIsDone() {
        t.send(t.syn());
        t.advanceMillis(5000).expectNothing();
        assertThat(request().destination()).isEqualTo(Host.address(TARGET, 443));
        assertThat(request().source()).isEqualTo(Host.address(t.peer, t.peerPort));
        accept();
        Seg answer = t.expect("SA").hasAck(1);
        assertThat(answer.sackPermitted).isTrue();
        assertThat(answer.windowScale).isEqualTo(9);
        t.expectEvents();
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        t.expectEvents("connected").expectState(TcpState.ESTABLISHED);
        assertThat(t.connection().local()).isEqualTo(Host.address(TARGET, 443));
        t.close();
    }

    @Test
    void sendsWhatWasWrittenBeforeTheHandshakeWasComplete() {
        t.send(t.syn());
        accept();
        t.expect("SA");
        t.write(500);
        t.expectNothing();
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        t.expect("PA").hasSeq(1).hasLength(500);
    }

    @Test
    void refusesWithResetWhichAcknowledgesTheSyn() {
        t.send(t.syn());
        request().refuse(Refusal.RESET);
        t.turn();
        t.expect("RA").hasAck(1).hasSeq(-t.isn);
        assertThat(t.host.stack.liveFlows()).isZero();
        t.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"HOST_UNREACHABLE", "NET_UNREACHABLE", "PROHIBITED"})
    void refusesWithIcmpThatQuotesTheSyn(String how) {
        t.send(t.syn());
        request().refuse(Refusal.valueOf(how));
        t.turn().expectNothing();
        PacketView icmp = t.others.getFirst();
        int code =
                switch (how) {
                    case "HOST_UNREACHABLE" -> 1;
                    case "NET_UNREACHABLE" -> 0;
                    default -> 13;
                };
        assertThat(icmp.isIcmp(3, code)).as("ICMP %s", icmp.u8(1)).isTrue();
        PacketView quoted = new PacketView(fixLength(icmp.data()));
        assertThat(quoted.src).isEqualTo(t.peer);
        assertThat(quoted.dst).isEqualTo(TARGET);
        assertThat(quoted.sourcePort()).isEqualTo(t.peerPort);
        assertThat(quoted.destinationPort()).isEqualTo(443);
        assertThat(quoted.i32(4)).isEqualTo(TcpScript.PEER_ISN);
        t.close();
    }

    /** A quoted packet may be cut; for the view it is one without transport checksum. */
    private static byte[] fixLength(byte[] quoted) {
        byte[] copy = quoted.clone();
        copy[9] = (byte) 253;
        return PacketBuilder.fixV4Checksum(copy);
    }

    @Test
    void staysSilentWhenTold() {
        t.send(t.syn());
        request().refuse(Refusal.SILENT);
        t.advanceMillis(200_000).expectNothing();
        assertThat(t.others).isEmpty();
        t.close();
    }

    @Test
    void absorbsWhatTheClientRepeatsDuringTheDial() {
        t.send(t.syn());
        for (int i = 0; i < 3; i++) {
            t.advanceMillis(1000 << i);
            t.send(t.syn());
        }
        t.expectNothing();
        request();
        assertThat(t.host.stack.tcp.counters.forwardAbsorbed).isEqualTo(3);
        accept();
        t.expect("SA");
        t.expectNothing();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void cancelsTheDialOfAClientThatResets(int ahead) {
        t.send(t.syn());
        t.send(Seg.of("R").seq(ahead));
        assertThat(told).containsExactly("cancelled");
        assertThat(t.host.stack.liveFlows()).isZero();
        request().refuse(Refusal.RESET); // comes too late, and does no harm
        t.turn().expectNothing();
        t.close();
    }

    @Test
    void ignoresAResetOutOfPlaceDuringTheDial() {
        t.send(t.syn());
        t.send(Seg.of("R").seq(2), Seg.of("R").seq(-1), Seg.of("A").seq(1).ack(1));
        t.expectNothing();
        assertThat(told).isEmpty();
        assertThat(t.host.stack.liveFlows()).isEqualTo(1);
    }

    @Test
    void closesAConnectionAcceptedAfterTheClientLeft() {
        t.send(t.syn());
        TcpForwardRequest request = request();
        t.host.input(
                PacketBuilder.packet(t.peer, t.own)
                        .tcp(
                                t.peerPort,
                                443,
                                TcpScript.PEER_ISN,
                                0,
                                PacketBuilder.RST,
                                0,
                                new byte[0],
                                new byte[0]));
        TcpConnection c = request.accept(t.app);
        c.write(MemorySegment.ofArray(new byte[5]), 0, 5, () -> told.add("released"));
        t.turn().expectNothing().expectEvents("closed RESET");
        assertThat(told).containsExactly("released");
        assertThat(t.host.stack.liveFlows()).isZero();
        t.close();
    }

    @Test
    void startsAnewWhenTheClientDoes() {
        t.send(t.syn());
        t.send(t.syn().seq(10_000));
        assertThat(told).containsExactly("cancelled");
        assertThat(requests).hasSize(2);
        requests.get(1).accept(t.app);
        t.turn();
        t.expect("SA").hasAck(10_001);
    }

    @Test
    void forgetsAClientThatGaveUp() {
        t.send(t.syn());
        t.advanceMillis(126_000);
        assertThat(told).isEmpty();
        t.advanceMillis(2_000);
        assertThat(told).containsExactly("cancelled");
        assertThat(t.host.stack.liveFlows()).isZero();
        t.close();
    }

    @Test
    void decidesOnce() {
        t.send(t.syn());
        request().refuse(Refusal.RESET);
        assertThatThrownBy(() -> request().refuse(Refusal.RESET))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> request().accept(t.app)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void limitsWhatIsParkedForEachClientAndDestination() {
        TcpScript s =
                script(
                        TcpSettings.builder()
                                .pending(100)
                                .pendingPerSource(60)
                                .pendingPerDestination(10)
                                .build());
        for (int i = 0; i < 50; i++) {
            s.peerPort = 1000 + i;
            s.send(s.syn());
        }
        assertThat(requests).hasSize(10);
        for (int i = 0; i < 100; i++) {
            s.own = "198.51.100." + i;
            s.send(s.syn());
        }
        assertThat(requests).hasSize(60);
        s.peer = "10.0.0.3";
        for (int i = 0; i < 100; i++) {
            s.own = "198.51.100." + i;
            s.send(s.syn());
        }
        assertThat(requests).as("another client gets the rest").hasSize(100);
        assertThat(s.host.stack.tcp.counters.forwardLimited).isEqualTo(40 + 50 + 60);
        for (TcpForwardRequest r : requests) {
            r.refuse(Refusal.SILENT);
        }
        s.send(s.syn());
        assertThat(requests).hasSize(101);
        s.close();
    }

    @Test
    void parksAFloodInLittleMemory() {
        for (int i = 0; i < 100_000; i++) {
            t.peer = "10." + (1 + i % 200) + "." + (i / 200 & 255) + "." + (1 + i % 250);
            t.peerPort = 1024 + i % 60_000;
            t.send(Seg.of("S").mss(1460));
        }
        assertThat(t.host.stack.liveFlows()).isLessThanOrEqualTo(65_536);
        assertThat(t.host.pool.inUse()).isZero();
        t.close();
        t.turn();
        assertThat(told).isNotEmpty();
    }

    @Test
    void leavesOwnAddressesToListeners() {
        t.own = Host.OWN4;
        t.port = 80;
        t.host.stack.listen(null, 80, c -> t.app);
        t.send(t.syn());
        t.expect("SA");
        assertThat(requests).isEmpty();
        t.port = 81;
        t.send(t.syn());
        assertThat(requests).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "224.0.0.5", "255.255.255.255", "0.0.0.0", "240.0.0.1"})
    void doesNotForwardToImpossibleAddresses(String destination) {
        t.own = destination;
        t.send(t.syn()).expectNothing();
        assertThat(requests).isEmpty();
    }

    @Test
    void doesNotForwardToPortZero() {
        t.port = 0;
        t.send(t.syn()).expectNothing();
        assertThat(requests).isEmpty();
    }

    @Test
    void forwardsIpv6() {
        t.own = "2001:db8::7";
        t.peer = Host.PEER6;
        t.send(t.syn());
        assertThat(request().destination()).isEqualTo(Host.address("2001:db8::7", 443));
        accept();
        assertThat(t.expect("SA").mss).isEqualTo(1360);
    }

    @Test
    void opensOverTheRestOfAConnection() {
        t.send(t.syn());
        accept();
        t.expect("SA");
        t.timestamps = true;
        t.send(Seg.of("A").seq(1).ack(1));
        t.connection().close();
        t.turn();
        t.send(Seg.of("FA").seq(1).ack(2));
        assertThat(t.host.stack.tcp.timeWaits.count()).isEqualTo(1);
        t.advanceMillis(10);
        t.drain();
        t.send(t.syn().seq(5000));
        assertThat(requests).hasSize(2);
        requests.get(1).accept(t.app);
        t.turn();
        assertThat(t.expect("SA").hasAck(5001).seq).isGreaterThan(65_000);
    }

    @Test
    void cancelsEverythingWhenTheStackCloses() {
        t.send(t.syn());
        t.close();
        assertThat(told).containsExactly("cancelled");
    }

    @Test
    void carriesAWholeConnectionThroughTwoStacks() {
        TwoStacks net = new TwoStacks(7, 1420, LinkConditions.clean(5).withLoss(0.02));
        forward(net.b);
        TransferApp client = new TransferApp(100_000, 1);
        TransferApp server = new TransferApp(50_000, 2);
        net.a.connect(Host.address(TARGET, 443), client);
        net.runUntil(() -> !requests.isEmpty(), 10 * SECOND);
        request().accept(server);
        net.runUntil(() -> client.cause != null && server.cause != null, 60 * SECOND);
        assertThat(server.receivedBytes).isEqualTo(100_000);
        assertThat(client.receivedBytes).isEqualTo(50_000);
        assertThat(client.cause).isEqualTo(CloseCause.CLOSED);
        net.assertNothingLeft();
    }

    @Test
    void hearsOfADialerThatGivesUp() {
        TwoStacks net = new TwoStacks(7, 1420, LinkConditions.clean(5));
        forward(net.b);
        TransferApp client = new TransferApp(100_000, 1);
        TcpConnection c = net.a.connect(Host.address(TARGET, 443), client);
        net.run(SECOND / 10);
        request();
        c.abort();
        net.run(SECOND / 10);
        assertThat(told).containsExactly("cancelled");
        net.assertNothingLeft();
    }

    @Test
    void passesRefusalsOnToADialer() {
        for (Refusal how : new Refusal[] {Refusal.RESET, Refusal.HOST_UNREACHABLE}) {
            requests.clear();
            TwoStacks net = new TwoStacks(7, 1420, LinkConditions.clean(5));
            forward(net.b);
            TransferApp client = new TransferApp(100_000, 1);
            net.a.connect(Host.address(TARGET, 443), client);
            net.run(SECOND / 10);
            request().refuse(how);
            net.run(SECOND / 10);
            assertThat(client.cause)
                    .isEqualTo(how == Refusal.RESET ? CloseCause.REFUSED : CloseCause.UNREACHABLE);
            net.assertNothingLeft();
        }
    }

    @Test
    void saysThatTheClientLeftWheneverItIsAskedTo() {
        t.host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        requests.add(request);
                    }

                    @Override
                    public void udp(UdpSocket flow) {}
                });
        t.send(t.syn());
        t.send(Seg.of("R").seq(1));
        request().onCancel(() -> told.add("late"));
        assertThat(told).as("not from the call").isEmpty();
        t.turn();
        assertThat(told).containsExactly("late");
        t.turn();
        assertThat(told).as("once").hasSize(1);
        request().refuse(Refusal.RESET);
        request().onCancel(() -> told.add("decided"));
        t.turn();
        assertThat(told).hasSize(1);
        t.close();
    }

    @Test
    void namesWhoWantsToGoWhere() {
        t.send(t.syn());
        assertThat(request().source()).isEqualTo(Host.address(TcpScript.PEER, TcpScript.PEER_PORT));
        assertThat(request().toString())
                .isEqualTo(request().source() + " - " + request().destination());
        request().refuse(Refusal.SILENT);
        assertThatThrownBy(() -> request().refuse(Refusal.SILENT))
                .hasMessageContaining(request().toString());
    }
}
