package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Flows for one destination, idle times, bursts, and what is too large (e4.95, e4.96, e4.104). */
class UdpMappingTest {
    private static final InetSocketAddress SERVER = Host.address("9.9.9.9", 443);
    private static final InetSocketAddress NAMES = Host.address("9.9.9.9", 53);

    private final Host host = new Host(b -> b.udpMapping(UdpMapping.FLOW));
    private final UdpForwards forwards = new UdpForwards();

    @BeforeEach
    void forward() {
        host.stack.forwarder(forwards);
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private static PacketBuilder from(int port, InetSocketAddress to) {
        return packet(PEER4, to.getAddress().getHostAddress())
                .udp(port, to.getPort(), new byte[] {1});
    }

    private static void send(UdpSocket flow, InetSocketAddress from, int length) {
        flow.send(from, Host.segment(new byte[length]), 0, length);
    }

    @Test
    void eachDestinationIsAFlowAndOnlyItMayAnswer() {
        host.input(from(1000, SERVER)).input(from(1000, NAMES)).input(from(1000, SERVER)).turn();
        assertThat(forwards.flows).hasSize(2);
        assertThat(forwards.logs.getFirst().data).hasSize(2);
        UdpSocket flow = forwards.flows.getFirst();
        assertThat(flow.destination()).isEqualTo(SERVER);
        send(flow, SERVER, 5);
        send(flow, NAMES, 5);
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().sourcePort()).isEqualTo(443);
        assertThat(host.stack.counters().udpOutErrors).isEqualTo(1);
        byte[] sent = out.getFirst().bytes;
        host.input(packet(PEER4, "9.9.9.9").icmp(3, 3, 0, sent)).turn();
        assertThat(forwards.logs.getFirst().unreachable).containsExactly(SERVER);
        assertThat(forwards.logs.getFirst().reasons).containsExactly(Unreachable.PORT);
        assertThat(forwards.logs.get(1).unreachable).isEmpty();
    }

    @Test
    void flowsForOneDestinationCloseAfterTwoMinutes() {
        host.input(from(1000, SERVER)).turn();
        host.advance(120 * SECOND - MILLI);
        assertThat(forwards.logs.getFirst().closed).isZero();
        host.advance(MILLI);
        assertThat(forwards.logs.getFirst().closed).isEqualTo(1);
    }

    @Test
    void anAnsweredQuestionKeepsItsFlowForFifteenSeconds() {
        host.input(from(1000, NAMES)).turn();
        host.advance(29 * SECOND);
        send(forwards.flows.getFirst(), NAMES, 50);
        host.pull();
        host.advance(15 * SECOND - MILLI);
        assertThat(forwards.logs.getFirst().closed).isZero();
        host.advance(MILLI);
        assertThat(forwards.logs.getFirst().closed).isEqualTo(1);
    }

    @Test
    void aBurstOfTenThousandLosesOnlyWhatIsCounted() {
        UdpLog slow = new UdpLog();
        slow.reading = false;
        UdpLog other = new UdpLog();
        UdpSocket reader = host.stack.udp(false, 2000, slow);
        host.stack.udp(false, 2001, other);
        for (int i = 0; i < 10_000; i++) {
            byte[] data = new byte[1200];
            data[0] = (byte) i;
            host.input(packet(PEER4, OWN4).udp(1, 2000, data));
            if (i % 100 == 0) {
                host.input(packet(PEER4, OWN4).udp(1, 2001, new byte[100]));
            }
        }
        host.turn();
        assertThat(other.data).hasSize(100);
        slow.drain(reader);
        int kept = slow.data.size();
        assertThat(kept).isBetween(400, 430);
        for (int i = 0; i < kept; i++) {
            assertThat(slow.data.get(i)[0]).as("in order").isEqualTo((byte) i);
        }
        assertThat(host.stack.counters().udpRcvbufErrors).isEqualTo(10_000 - kept);
        assertThat(host.stack.counters().udpInDatagrams).isEqualTo(kept + 100);
    }

    @Test
    void repliesLargerThanTheMtuAreCutUnlessToldNotTo() {
        host.input(from(1000, SERVER)).turn();
        UdpSocket flow = forwards.flows.getFirst();
        assertThat(flow.unfragmentedPayload(SERVER)).isEqualTo(1420 - 28);
        send(flow, SERVER, 1393);
        assertThat(host.pull()).hasSize(2).allMatch(PacketView::isFragment);
        flow.dontFragment(true);
        send(flow, SERVER, 1393);
        assertThat(host.pull()).isEmpty();
        assertThat(host.stack.counters().udpOutErrors).isEqualTo(1);
        send(flow, SERVER, 1392);
        PacketView whole = host.pull().getFirst();
        assertThat(whole.isFragment()).isFalse();
        host.input(packet(PEER4, "9.9.9.9").icmp(3, 4, 1300, whole.bytes)).turn();
        assertThat(forwards.logs.getFirst().reasons).containsExactly(Unreachable.PACKET_TOO_BIG);
        assertThat(flow.unfragmentedPayload(SERVER)).isEqualTo(1300 - 28);
    }

    @Test
    void datagramsLeaveWithTheTrafficClassThatWasAsked() {
        host.input(from(1000, SERVER)).turn();
        forwards.flows.getFirst().send(SERVER, 0xb9, Host.segment(new byte[3]), 0, 3);
        assertThat(host.pull().getFirst().trafficClass).isEqualTo(0xb9);
    }

    @Test
    void packetsLeaveWithTheHopLimitThatWasSet() {
        Host far = new Host(b -> b.hopLimit(200));
        UdpLog log = new UdpLog();
        UdpSocket socket = far.stack.udp(false, 0, log);
        send(socket, Host.address(PEER4, 9), 3);
        assertThat(far.pull()).allMatch(p -> p.hopLimit == 200);
        far.input(packet(PEER4, OWN4).tcp(1, 2, 3, 4, 2, 5, new byte[0], new byte[0]));
        assertThat(far.turn()).hasSize(1).allMatch(p -> p.hopLimit == 200);
        far.close();
    }
}
