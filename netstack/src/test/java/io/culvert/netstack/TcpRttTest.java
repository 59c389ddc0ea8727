package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A round trip ends when the packet arrives, not when somebody has time for it (e4.77, T10). */
class TcpRttTest {
    private final TcpScript t = new TcpScript();

    private void acknowledgeWithStall(int ack, long rttMillis, long stallMillis) {
        t.advanceMillis(rttMillis);
        t.host.input(
                PacketBuilder.packet(t.peer, t.own)
                        .tcp(
                                t.peerPort,
                                t.port,
                                TcpScript.PEER_ISN + 1,
                                t.isn + ack,
                                PacketBuilder.ACK,
                                60_000,
                                new byte[0],
                                new byte[0]));
        t.host.now += stallMillis * Host.MILLI; // the batch ends long after its packets came
        t.turn();
    }

    @Test
    void aStallBetweenArrivalAndTurnDoesNotCount() {
        t.established(Seg.of("S").mss(1460));
        int ack = 1;
        for (int i = 0; i < 50; i++) {
            t.write(100);
            ack += 100;
            acknowledgeWithStall(ack, 20, 50);
        }
        RttEstimator rtt = t.sender().rtt;
        assertThat(rtt.minimum()).isLessThanOrEqualTo(20 * Host.MILLI);
        assertThat(rtt.srtt()).isBetween(19 * Host.MILLI, 21 * Host.MILLI);
        assertThat(rtt.rto()).isLessThan(250 * Host.MILLI);
    }

    @Test
    void aStallBeforeASegmentIsPulledDoesNotCount() {
        t.established(Seg.of("S").mss(1460));
        int ack = 1;
        for (int i = 0; i < 50; i++) {
            t.connection().write(Host.segment(new byte[100]), 0, 100, () -> {});
            t.host.now += 50 * Host.MILLI; // written, but the loop had no time to send
            t.turn();
            ack += 100;
            acknowledgeWithStall(ack, 20, 0);
        }
        assertThat(t.sender().rtt.srtt()).isBetween(19 * Host.MILLI, 21 * Host.MILLI);
    }
}
