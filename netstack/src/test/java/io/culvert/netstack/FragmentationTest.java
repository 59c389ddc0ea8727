package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FragmentationTest {
    private final Host host = new Host();
    private final UdpLog log = new UdpLog();

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private void send(UdpSocket s, String to, int length) {
        s.send(Host.address(to, 53), Host.segment(new byte[length]), 0, length);
    }

    @ParameterizedTest
    @CsvSource({
        "false, 1392, 1",
        "false, 1393, 2",
        "false, 2784, 2",
        "true, 1372, 1",
        "true, 1373, 2",
        "true, 2728, 2",
        "true, 2729, 3"
    })
    void fragmentsExactlyWhatIsTooLarge(boolean v6, int length, int packets) {
        send(host.stack.udp(v6, 0, log), v6 ? PEER6 : PEER4, length);
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(packets);
        assertThat(out.getFirst().isFragment()).isEqualTo(packets > 1);
        if (packets > 1) {
            assertThat(host.stack.counters().ipFragCreates).isEqualTo(packets);
            assertThat(out).allMatch(p -> p.id == out.getFirst().id && (v6 || !p.df));
            assertThat(out.getLast().moreFragments).isFalse();
        }
    }

    @Test
    void identificationsOfOnePathDiffer() {
        UdpSocket s4 = host.stack.udp(false, 0, log);
        UdpSocket s6 = host.stack.udp(true, 0, log);
        Set<Integer> ids4 = new HashSet<>();
        Set<Integer> ids6 = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            send(s4, PEER4, 1500);
            send(s6, PEER6, 1500);
            List<PacketView> out = host.pull();
            out.forEach(p -> (p.v6 ? ids6 : ids4).add(p.id));
        }
        assertThat(ids4).hasSize(2000);
        assertThat(ids6).hasSize(2000);
    }

    @Test
    void datagramThatWasBegunIsFinishedFirst() {
        UdpSocket a = host.stack.udp(false, 0, log);
        UdpSocket b = host.stack.udp(false, 0, log);
        send(a, PEER4, 4000);
        send(b, PEER4, 10);
        java.lang.foreign.MemorySegment m = Host.segment(new byte[1500]);
        assertThat(host.stack.pull(m, 0, 1500, host.now)).isEqualTo(1420);
        host.input(packet(PEER4, OWN4).icmp(8, 0, 0, new byte[8]));
        List<PacketView> rest = host.turn();
        assertThat(rest).hasSize(4);
        assertThat(rest.get(0).fragmentOffset).isEqualTo(1400);
        assertThat(rest.get(1).fragmentOffset).isEqualTo(2800);
        assertThat(rest.get(2).protocol).isEqualTo(1);
        assertThat(rest.get(3).isFragment()).isFalse();
    }

    @Test
    void closeInTheMiddleLeavesNothing() {
        send(host.stack.udp(false, 0, log), PEER4, 4000);
        host.stack.pull(Host.segment(new byte[1500]), 0, 1500, host.now);
    }

    @Test
    void obeysTooBigMessagesForTenMinutes() {
        UdpSocket s = host.stack.udp(true, 0, log);
        send(s, PEER6, 1350);
        byte[] sent = Arrays.copyOf(host.pull().getFirst().bytes, 1200);
        host.input(packet(PEER6, OWN6).icmp(2, 0, 1300, sent)).turn();
        send(s, PEER6, 1350);
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(2).allMatch(p -> p.bytes.length <= 1300);
        host.advance(599 * SECOND);
        send(s, PEER6, 1350);
        assertThat(host.pull()).hasSize(2);
        host.advance(2 * SECOND);
        send(s, PEER6, 1350);
        assertThat(host.pull()).hasSize(1);
        assertThat(log.unreachable).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1000, 1000", "100, 552", "0, 1006", "67, 1420", "1420, 1420", "9000, 1420"})
    void obeysFragmentationNeededWithinReason(int told, int limit) {
        UdpSocket s = host.stack.udp(false, 0, log);
        send(s, PEER4, 1390);
        PacketView first = host.pull().getFirst();
        assertThat(first.bytes).hasSize(1418);
        int expected = told == 0 ? 1006 : limit;
        host.input(packet(PEER4, OWN4).icmp(3, 4, told, first.bytes)).turn();
        send(s, PEER4, 1390);
        List<PacketView> out = host.pull();
        assertThat(out).allMatch(p -> p.bytes.length <= expected);
        assertThat(out.getFirst().bytes.length).isGreaterThan(Math.min(expected, 1418) - 8);
    }

    @Test
    void nobodyMakesPacketsSmallerThanIpv6Allows() {
        UdpSocket s = host.stack.udp(true, 0, log);
        send(s, PEER6, 1350);
        byte[] sent = Arrays.copyOf(host.pull().getFirst().bytes, 1200);
        host.input(packet(PEER6, OWN6).icmp(2, 0, 600, sent)).turn();
        send(s, PEER6, 1350);
        assertThat(host.pull().getFirst().bytes).hasSize(1280);
    }

    @Test
    void tooBigAboutWhatWasNotTooBigIsNotBelieved() {
        UdpSocket s = host.stack.udp(false, 0, log);
        send(s, PEER4, 100);
        host.input(packet(PEER4, OWN4).icmp(3, 4, 600, host.pull().getFirst().bytes)).turn();
        send(s, PEER4, 1390);
        assertThat(host.pull()).hasSize(1);
        assertThat(host.stack.counters().icmpInUnmatched).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void fragmentsCarryTheMarksAndTheChecksumOfTheirDatagram(boolean v6) {
        UdpSocket s = host.stack.udp(v6, 4000, log);
        byte[] data = new byte[3000];
        new Random(1).nextBytes(data);
        String to = v6 ? PEER6 : PEER4;
        s.send(Host.address(to, 53), 0xb9, Host.segment(data), 0, data.length);
        List<PacketView> out = host.pull();
        byte[] whole = new byte[8 + data.length];
        for (PacketView p : out) {
            assertThat(p.trafficClass).isEqualTo(0xb9);
            assertThat(p.hopLimit).isEqualTo(64);
            assertThat(p.protocol).isEqualTo(17);
            assertThat(p.src).isEqualTo(Host.address(v6 ? OWN6 : OWN4).getHostAddress());
            assertThat(p.dst).isEqualTo(Host.address(to).getHostAddress());
            System.arraycopy(p.payload, 0, whole, p.fragmentOffset, p.payload.length);
        }
        byte[] expected = packet(v6 ? OWN6 : OWN4, to).udp(4000, 53, data).build();
        assertThat(whole).isEqualTo(Arrays.copyOfRange(expected, v6 ? 40 : 20, expected.length));
        assertThat(host.stack.counters().ipFragOks).isEqualTo(1);
        assertThat(host.stack.counters().ipFragCreates).isEqualTo(out.size());
    }

    @Test
    void identificationsBeginAnywhereAndCountUp() {
        UdpSocket s = host.stack.udp(true, 0, log);
        Set<Integer> places = new HashSet<>();
        for (int i = 1; i <= 20; i++) {
            send(s, "fd00::" + i + "00", 1500);
            int id = host.pull().getFirst().id;
            places.add(id >>> 16);
            send(s, "fd00::" + i + "00", 1500);
            assertThat(host.pull().getFirst().id).isEqualTo(id + 1);
        }
        assertThat(places).as("upper halves").hasSizeGreaterThan(10);
    }
}
