package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which segments count, and what of them. */
class TcpAcceptanceTest {
    private final TcpScript t = new TcpScript();

    /** RFC 9293, 3.4, with numbers that wrap around in the middle of the window. */
    @Test
    void takesExactlyTheBytesThatLieInItsWindow() {
        for (int seed = 0; seed < 20; seed++) {
            TcpScript s = new TcpScript();
            s.app.reading = false;
            s.established(Seg.of("S").mss(1460));
            Random random = new Random(seed);
            boolean[] have = new boolean[400_000];
            for (int i = 0; i < 200; i++) {
                ReceiveBuffer buffer = s.connection().receiver().buffer;
                int next = (int) (s.connection().receiver().next() - origin());
                int edge = (int) (s.connection().receiver().window.edge() - origin());
                int length = random.nextInt(1400);
                int from = next + random.nextInt(i % 2 == 0 ? 4000 : 140_000) - 2000;
                int expected = held(have);
                for (int at = Math.max(from, next); at < Math.min(from + length, edge); at++) {
                    expected += have[at] ? 0 : 1;
                    have[at] = true;
                }
                s.send(Seg.of("A").seq(1 + from).ack(1).data(new byte[length]));
                long total = buffer.next() - origin() + buffer.outOfOrder().total();
                assertThat(total).as("seed %s, segment %s", seed, i).isEqualTo(expected);
                s.drain();
            }
        }
    }

    private static int held(boolean[] have) {
        int count = 0;
        for (boolean b : have) {
            count += b ? 1 : 0;
        }
        return count;
    }

    /** Position of the peer's first byte. */
    private static long origin() {
        return Seq.first(TcpScript.PEER_ISN) + 1;
    }

    /** CVE-2016-5696: what one flow uses up of the budget must say nothing to another. */
    @Test
    void changesTheNumberOfChallengeAcksFromSecondToSecond() {
        t.listen();
        int flows = 250;
        for (int port = 1; port <= flows; port++) {
            t.peerPort = port;
            t.isnKnown = false;
            t.send(Seg.of("S").mss(1460));
            t.send(Seg.of("A").seq(1).ack(1));
        }
        t.drain();
        Set<Integer> counts = new HashSet<>();
        for (int second = 0; second < 5; second++) {
            t.advanceMillis(1000);
            for (int port = 1; port <= flows; port++) {
                t.peerPort = port;
                for (int i = 0; i < 12; i++) {
                    t.send(Seg.of("R").seq(2 + i));
                }
            }
            int challenged = t.drain().size();
            assertThat(challenged).isBetween(1000, 2000);
            counts.add(challenged);
        }
        assertThat(counts).hasSizeGreaterThan(3);
    }

    @Test
    void deliversUrgentDataInItsPlace() {
        t.established();
        t.send(Seg.of("PAU").seq(1).ack(1).data(100));
        t.expect("A").hasAck(101);
        t.send(Seg.of("PA").seq(101).ack(1).data(100));
        assertThat(t.app.bytes).hasSize(200);
        for (int i = 0; i < 200; i++) {
            assertThat(t.app.bytes[i]).isEqualTo(TransferApp.byteAt(i));
        }
    }

    @Test
    void takesAResetThatHasData() {
        t.established();
        t.send(Seg.of("R").seq(1).data(20)).expectEvents("closed RESET");
        assertThat(t.app.bytes).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 68, 1279})
    void doesNotGoBelowTheLeastMtuOfIpv6(int mtu) {
        t.peer = Host.PEER6;
        t.own = Host.OWN6;
        t.established();
        t.write(5000);
        t.drain();
        tooBig(mtu, t.isn + 9_000, t.peerPort);
        tooBig(mtu, t.isn + 1, t.peerPort + 1);
        assertThat(t.sender().mss()).as("neither known nor on its way").isEqualTo(1360);
        tooBig(1500, t.isn + 1, t.peerPort);
        assertThat(t.sender().mss()).as("larger than it is").isEqualTo(1360);
        tooBig(mtu, t.isn + 1, t.peerPort);
        assertThat(t.sender().mss()).isEqualTo(1220);
    }

    private void tooBig(int mtu, int sequence, int port) {
        byte[] quoted =
                PacketBuilder.packet(t.own, t.peer)
                        .tcp(t.port, port, sequence, 0, 16, 0, new byte[0], new byte[1200])
                        .build();
        t.host.input(PacketBuilder.packet(t.peer, t.own).icmp(2, 0, mtu, quoted));
        t.turn();
    }
}
