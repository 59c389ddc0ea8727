package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the driver of a stack sees of it. */
class NetStackTest {
    private final TcpScript t = new TcpScript();
    private final Host host = t.host;

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    @Test
    void countsThePacketsThatLeaveAndTheirBytes() {
        assertThat(host.pull()).isEmpty();
        assertThat(host.stack.counters().ipOutRequests).isZero();
        assertThat(host.stack.counters().ipOutOctets).isZero();
        host.input(packet(PEER4, OWN4).icmp(8, 0, 1, new byte[72]));
        host.input(packet(PEER4, OWN4).icmp(8, 0, 2, new byte[172]));
        assertThat(host.turn()).hasSize(2);
        assertThat(host.stack.counters().ipOutRequests).isEqualTo(2);
        assertThat(host.stack.counters().ipOutOctets).isEqualTo(100 + 200);
    }

    @Test
    void aPullNeedsRoomForTheMtu() {
        MemorySegment m = Host.segment(new byte[1500]);
        assertThatThrownBy(() -> host.stack.pull(m, 0, 1419, host.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1419")
                .hasMessageContaining("1420");
        assertThat(host.stack.pull(m, 0, 1420, host.now)).isZero();
    }

    @Test
    void udpAndTcpTakeTurns() {
        t.established();
        UdpSocket udp = host.stack.udp(false, 0, new UdpLog());
        for (int i = 0; i < 4; i++) {
            udp.send(Host.address(PEER4, 53), Host.segment(new byte[100]), 0, 100);
        }
        MemorySegment m = Host.segment(new byte[8000]);
        t.connection().write(m, 0, 4 * 1368, () -> {});
        List<Integer> protocols = host.pull().stream().map(p -> p.protocol).toList();
        assertThat(protocols).hasSize(8);
        for (int i = 1; i < 8; i++) {
            assertThat(protocols.get(i)).isNotEqualTo(protocols.get(i - 1));
        }
    }

    @Test
    void eitherAloneNeedsNoTurnOfTheOther() {
        UdpSocket udp = host.stack.udp(false, 0, new UdpLog());
        for (int i = 0; i < 3; i++) {
            udp.send(Host.address(PEER4, 53), Host.segment(new byte[100]), 0, 100);
        }
        assertThat(host.pull()).hasSize(3);
        t.established();
        t.write(3 * 1368);
        assertThat(t.drain()).hasSize(3);
    }

    @Test
    void newsIsDueAtOnce() {
        host.stack.udp(false, 2000, new UdpLog());
        assertThat(host.stack.nextDeadline()).isEqualTo(Long.MAX_VALUE);
        host.input(packet(PEER4, OWN4).udp(1, 2000, new byte[5]));
        host.stack.endBatch(host.now);
        assertThat(host.stack.nextDeadline()).isEqualTo(host.now);
        host.stack.deliver();
        assertThat(host.stack.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aClosedStackTakesAndOpensNothing() {
        host.stack.close();
        host.input(packet(PEER4, OWN4).icmp(8, 0, 1, new byte[8]));
        assertThat(host.turn()).isEmpty();
        assertThatThrownBy(() -> host.stack.udp(false, 0, new UdpLog()))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> host.stack.listen(null, 80, c -> t.app))
                .isInstanceOf(IllegalStateException.class);
        host.stack.connect(Host.address(PEER4, 80), t.app);
        host.stack.deliver();
        t.expectEvents("closed ABORTED");
    }

    @Test
    void countsWhatLives() {
        assertThat(host.stack.liveFlows()).isZero();
        t.established();
        UdpSocket udp = host.stack.udp(false, 0, new UdpLog());
        assertThat(host.stack.liveFlows()).isEqualTo(2);
        udp.close();
        assertThat(host.stack.liveFlows()).isEqualTo(1);
    }
}
