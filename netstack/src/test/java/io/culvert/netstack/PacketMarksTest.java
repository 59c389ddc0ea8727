package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Traffic class and flow label of what leaves (RFC 2474, RFC 6437; I10, I11). */
class PacketMarksTest {
    private final Host host = new Host();

    private static int label(PacketView p) {
        return ByteBuffer.wrap(p.bytes).getInt(0) & 0xfffff;
    }

    /** What a peer says to the sender of a packet. */
    private static PacketBuilder answerTo(PacketView heard, int flags, int sequence) {
        String peer = heard.dst;
        int peerPort = heard.destinationPort();
        int port = heard.sourcePort();
        String own = heard.src;
        return PacketBuilder.packet(peer, own)
                .tcp(
                        peerPort,
                        port,
                        sequence,
                        heard.i32(4) + 1,
                        flags,
                        60_000,
                        new byte[0],
                        new byte[0]);
    }

    /** Everything that a connection sends, from SYN to data. */
    private List<PacketView> dialAndSend(int trafficClass) {
        TcpScript.Recorder app = new TcpScript.Recorder();
        TcpConnection c = host.stack.connect(Host.address(Host.PEER6, 80), app);
        c.trafficClass(trafficClass);
        List<PacketView> all = new ArrayList<>(host.turn());
        host.input(answerTo(all.getFirst(), PacketBuilder.SYN | PacketBuilder.ACK, 1000));
        all.addAll(host.turn());
        c.write(Host.segment(new byte[3000]), 0, 3000, () -> {});
        all.addAll(host.turn());
        assertThat(all).hasSizeBetween(4, 6);
        return all;
    }

    @Test
    void allSegmentsOfAConnectionHaveItsTrafficClassWithoutEcnBits() {
        assertThat(dialAndSend(0xbb)).allMatch(p -> p.trafficClass == 0xb8);
        assertThat(dialAndSend(0)).allMatch(p -> p.trafficClass == 0);
        host.close();
    }

    @Test
    void theTrafficClassMayChange() {
        TcpScript t = new TcpScript();
        t.established(Seg.of("S").mss(1460));
        for (int trafficClass : new int[] {0xb8, 0x20, 0}) {
            t.connection().trafficClass(trafficClass);
            t.connection().write(Host.segment(new byte[10]), 0, 10, () -> {});
            assertThat(t.host.turn()).hasSize(1).allMatch(p -> p.trafficClass == trafficClass);
        }
        t.close();
    }

    @Test
    void allSegmentsOfAConnectionHaveOneFlowLabelAndAnotherHasAnother() {
        Set<Integer> labels = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            List<PacketView> all = dialAndSend(0);
            int label = label(all.getFirst());
            assertThat(all).allMatch(p -> label(p) == label);
            labels.add(label);
        }
        assertThat(labels).hasSizeGreaterThan(18);
        host.close();
    }

    @Test
    void aListenersAnswerHasTheFlowLabelOfItsConnection() {
        TcpScript.Recorder app = new TcpScript.Recorder();
        host.stack.listen(
                null,
                80,
                c -> {
                    app.connection = c;
                    return app;
                });
        host.input(
                PacketBuilder.packet(Host.PEER6, Host.OWN6)
                        .tcp(9, 80, 1000, 0, PacketBuilder.SYN, 60_000, new byte[0], new byte[0]));
        PacketView answer = host.turn().getFirst();
        assertThat(label(answer)).isNotZero();
        host.input(answerTo(answer, PacketBuilder.ACK, 1001)).turn();
        Objects.requireNonNull(app.connection).write(Host.segment(new byte[10]), 0, 10, () -> {});
        assertThat(label(host.turn().getFirst())).isEqualTo(label(answer));
        host.close();
    }

    @Test
    void datagramsAndFragmentsBetweenTwoSocketsHaveOneFlowLabel() {
        UdpSocket socket = host.stack.udp(true, 0, new UdpLog());
        UdpSocket other = host.stack.udp(true, 0, new UdpLog());
        for (UdpSocket s : new UdpSocket[] {socket, socket, other}) {
            s.send(Host.address(Host.PEER6, 9), Host.segment(new byte[5]), 0, 5);
            s.send(Host.address(Host.PEER6, 9), Host.segment(new byte[2000]), 0, 2000);
        }
        Set<Integer> labels = new HashSet<>();
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(9);
        out.forEach(p -> labels.add(label(p)));
        assertThat(labels).hasSize(2);
        host.close();
    }

    @Test
    void identificationsOfIpv4AreNoLabels() {
        UdpSocket socket = host.stack.udp(false, 0, new UdpLog());
        socket.send(Host.address(Host.PEER4, 9), Host.segment(new byte[5]), 0, 5);
        assertThat(host.pull().getFirst().id).isZero();
        host.close();
    }
}
