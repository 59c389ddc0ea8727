package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UdpForwardTest {
    private static final InetSocketAddress SERVER = Host.address("9.9.9.9", 443);

    private final Host host = new Host();
    private final UdpForwards forwards = new UdpForwards();

    @BeforeEach
    void forward() {
        host.stack.forwarder(forwards);
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
        assertThat(forwards.logs).allMatch(l -> l.closed == 1);
    }

    private static PacketBuilder from(int port, String destination, int destinationPort) {
        return packet(PEER4, destination).udp(port, destinationPort, new byte[] {(byte) port});
    }

    private void reply(int flow, InetSocketAddress from, int length) {
        forwards.flows.get(flow).send(from, Host.segment(new byte[length]), 0, length);
    }

    @Test
    void oneFlowHoldsAllDestinationsOfASource() {
        host.input(from(1000, "9.9.9.9", 443)).input(from(1000, "8.8.8.8", 53)).turn();
        host.input(from(1000, "9.9.9.9", 443)).turn();
        assertThat(forwards.flows).hasSize(1);
        UdpLog log = forwards.logs.getFirst();
        assertThat(log.data).hasSize(3);
        assertThat(log.addresses).containsExactly(SERVER, Host.address("8.8.8.8", 53), SERVER);
        assertThat(forwards.flows.getFirst().local()).isEqualTo(Host.address(PEER4, 1000));
    }

    @Test
    void repliesComeFromAnyAddress() {
        host.input(from(1000, "9.9.9.9", 443)).turn();
        reply(0, SERVER, 5);
        reply(0, Host.address("7.7.7.7", 77), 6);
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(2);
        assertThat(out.get(0).src).isEqualTo("9.9.9.9");
        assertThat(out.get(0).sourcePort()).isEqualTo(443);
        assertThat(out.get(0).dst).isEqualTo(PEER4);
        assertThat(out.get(0).destinationPort()).isEqualTo(1000);
        assertThat(out.get(1).src).isEqualTo("7.7.7.7");
    }

    @Test
    void forwardsIpv6AndLargeDatagrams() {
        byte[] data = new byte[9000];
        data[8999] = 1;
        packet(PEER6, "2001:db8::9").id(1).udp(5, 6, data).fragments(1200).forEach(host::input);
        host.turn();
        assertThat(forwards.logs.getFirst().data.getFirst()).isEqualTo(data);
        reply(0, Host.address("2001:db8::9", 6), 9000);
        assertThat(host.pull()).hasSize(7).allMatch(PacketView::isFragment);
    }

    @Test
    void otherSourcesAreOtherFlows() {
        host.input(from(1000, "9.9.9.9", 443)).input(from(1001, "9.9.9.9", 443));
        host.input(packet("10.0.0.8", "9.9.9.9").udp(1000, 443, new byte[1])).turn();
        assertThat(forwards.flows).hasSize(3);
    }

    @Test
    void boundSocketsComeBeforeTheForwarder() {
        UdpLog own = new UdpLog();
        host.stack.udp(false, 53, own);
        host.input(from(1000, OWN4, 53)).input(from(1000, OWN4, 54)).turn();
        assertThat(own.data).hasSize(1);
        assertThat(forwards.logs.getFirst().addresses).containsExactly(Host.address(OWN4, 54));
    }

    @Test
    void ignoresPortZeroAndDamage() {
        host.input(packet(PEER4, "9.9.9.9").udp(5, 0, new byte[1]));
        host.input(from(1000, "9.9.9.9", 443).corruptChecksum(4));
        host.turn();
        assertThat(forwards.flows).isEmpty();
        List<PacketView> out = host.input(packet(PEER4, "9.9.9.9").udp(0, 5, new byte[1])).turn();
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().isIcmp(3, 3)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "RESET, 3, 3, 9.9.9.9",
        "HOST_UNREACHABLE, 3, 1, 10.0.0.2",
        "NET_UNREACHABLE, 3, 0, 10.0.0.2",
        "PROHIBITED, 3, 13, 10.0.0.2"
    })
    void unreachableQuotesTheLastDatagram(Refusal how, int type, int code, String sender) {
        byte[] sent = from(1000, "9.9.9.9", 443).build();
        host.input(sent).input(from(1000, "8.8.8.8", 53)).turn();
        forwards.flows.getFirst().unreachable(SERVER, how);
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(1);
        PacketView p = out.getFirst();
        assertThat(p.isIcmp(type, code)).isTrue();
        assertThat(p.src).isEqualTo(sender);
        assertThat(p.dst).isEqualTo(PEER4);
        assertThat(p.data()).hasSize(28);
        assertThat(p.data()[9]).isEqualTo((byte) 17);
        assertThat(Arrays.copyOfRange(p.data(), 12, 28))
                .as("addresses, ports, length and checksum")
                .isEqualTo(Arrays.copyOfRange(sent, 12, 28));
    }

    @Test
    void unreachableInIpv6() {
        byte[] sent = packet(PEER6, "2001:db8::9").udp(5, 6, new byte[20]).build();
        host.input(sent).turn();
        forwards.flows.getFirst().unreachable(Host.address("2001:db8::9", 6), Refusal.RESET);
        PacketView p = host.pull().getFirst();
        assertThat(p.isIcmp(1, 4)).isTrue();
        assertThat(p.src).isEqualTo("2001:db8:0:0:0:0:0:9");
        assertThat(Arrays.copyOfRange(p.data(), 8, 48)).isEqualTo(Arrays.copyOfRange(sent, 8, 48));
        forwards.flows.getFirst().unreachable(SERVER, Refusal.RESET);
        forwards.flows.getFirst().unreachable(Host.address("2001:db8::9", 6), Refusal.SILENT);
        assertThat(host.pull()).isEmpty();
    }

    @Test
    void clientsIcmpReachesTheFlow() {
        host.input(from(1000, "9.9.9.9", 443)).turn();
        reply(0, SERVER, 5);
        byte[] sent = host.pull().getFirst().bytes;
        host.input(packet(PEER4, "9.9.9.9").icmp(3, 3, 0, sent)).turn();
        assertThat(forwards.logs.getFirst().unreachable).containsExactly(SERVER);
        byte[] forged = packet("9.9.9.1", PEER4).udp(443, 1000, new byte[9]).build();
        host.input(packet(PEER4, "9.9.9.1").icmp(3, 3, 0, forged)).turn();
        assertThat(forwards.logs.getFirst().unreachable).hasSize(1);
    }

    @Test
    void idleFlowsCloseAfterFiveMinutes() {
        host.input(from(1000, "9.9.9.9", 443)).turn();
        host.advance(299 * SECOND);
        host.input(from(1000, "9.9.9.9", 443)).turn();
        host.advance(299 * SECOND);
        reply(0, SERVER, 1);
        host.pull();
        host.advance(300 * SECOND - MILLI);
        assertThat(forwards.logs.getFirst().closed).isZero();
        host.advance(MILLI);
        assertThat(forwards.logs.getFirst().closed).isEqualTo(1);
        assertThat(host.stack.liveFlows()).isZero();
        assertThat(host.stack.counters().udpFlowsExpired).isEqualTo(1);
        host.input(from(1000, "9.9.9.9", 443)).turn();
        assertThat(forwards.flows).as("then it is a new flow").hasSize(2);
    }

    @Test
    void flowsThatOnlyAskedNamesCloseSooner() {
        host.input(from(1000, "9.9.9.9", 53)).input(from(1001, "9.9.9.9", 53));
        host.input(from(1001, "9.9.9.9", 54)).turn();
        host.advance(30 * SECOND);
        assertThat(forwards.logs.get(0).closed).isEqualTo(1);
        assertThat(forwards.logs.get(1).closed).isZero();
    }

    @Test
    void longestIdleFlowOfTheBusiestClientGivesWay() {
        Host small = new Host(b -> b.udpFlows(10).udpFlowsPerParty(10));
        UdpForwards f = new UdpForwards();
        small.stack.forwarder(f);
        small.input(packet("10.0.0.8", "9.9.9.9").udp(7, 7, new byte[1])).turn();
        for (int i = 0; i < 9; i++) {
            small.advance(MILLI);
            small.input(from(1000 + i, "9.9.9.9", 443)).turn();
        }
        small.advance(MILLI);
        small.input(from(1000, "9.9.9.9", 443)).turn();
        small.input(from(2000, "9.9.9.9", 443)).turn();
        assertThat(f.flows).hasSize(11);
        assertThat(f.logs.get(0).closed).as("the other client's").isZero();
        assertThat(f.logs.get(1).closed).as("just used").isZero();
        assertThat(f.logs.get(2).closed).as("port 1001").isEqualTo(1);
        assertThat(small.stack.liveFlows()).isEqualTo(10);
        assertThat(small.stack.counters().udpFlowsEvicted).isEqualTo(1);
        small.close();
    }

    @Test
    void floodOfSourcesStaysWithinTheLimit() {
        for (int i = 0; i < 40_000; i++) {
            host.input(from(1 + i, "9.9.9.9", 443));
            if (i % 64 == 0) {
                host.turn();
            }
        }
        host.turn();
        assertThat(host.stack.liveFlows()).as("two thirds for one client").isEqualTo(5461);
        for (int i = 0; i < 40_000; i++) {
            host.input(packet("10.0.0.77", "9.9.9.9").udp(1 + i, 443, new byte[1]));
            if (i % 64 == 0) {
                host.turn();
            }
        }
        host.turn();
        assertThat(host.stack.liveFlows()).isEqualTo(8192);
        assertThat(host.stack.timers.armed()).isEqualTo(8192);
        assertThat(host.pool.inUse()).isZero();
    }

    @Test
    void flowEvictedBeforeItWasAnnouncedIsNeverHeardOf() {
        Host small = new Host(b -> b.udpFlows(2).udpFlowsPerParty(2));
        UdpForwards f = new UdpForwards();
        small.stack.forwarder(f);
        for (int i = 0; i < 10; i++) {
            small.input(from(1000 + i, "9.9.9.9", 443));
        }
        small.turn();
        assertThat(f.flows).hasSize(2);
        small.close();
    }

    @Test
    void forwarderThatLeavesClosesTheFlowsThatWait() {
        host.input(from(1000, "9.9.9.9", 443));
        host.stack.forwarder(null);
        host.turn();
        assertThat(forwards.flows).isEmpty();
        assertThat(host.stack.liveFlows()).isZero();
    }

    @Test
    void flowWithoutHandlerKeepsItsDataUntilItHasOne() {
        UdpSocket[] flow = new UdpSocket[1];
        host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {}

                    @Override
                    public void udp(UdpSocket f) {
                        flow[0] = f;
                    }
                });
        host.input(from(1000, "9.9.9.9", 443)).turn();
        UdpLog late = new UdpLog();
        flow[0].handler(late);
        host.turn();
        assertThat(late.data).hasSize(1);
    }

    @Test
    void forwarderMayCloseAtOnceOrAnswerFromTheCall() {
        host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {}

                    @Override
                    public void udp(UdpSocket f) {
                        f.unreachable(SERVER, Refusal.PROHIBITED);
                        f.close();
                    }
                });
        List<PacketView> out = host.input(from(1000, "9.9.9.9", 443)).turn();
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().isIcmp(3, 13)).isTrue();
        assertThat(host.stack.liveFlows()).isZero();
        assertThat(host.pool.inUse()).isZero();
    }

    @Test
    void stackWithoutAddressesForwardsAndReportsAsTheDestination() {
        Host bare = new Host(b -> b.addresses(List.of()));
        UdpForwards f = new UdpForwards();
        bare.stack.forwarder(f);
        bare.input(from(1000, "9.9.9.9", 443));
        bare.input(packet(PEER6, OWN6).udp(3, 4, new byte[1])).turn();
        assertThat(f.flows).hasSize(2);
        f.flows.getFirst().unreachable(SERVER, Refusal.HOST_UNREACHABLE);
        assertThat(bare.pull().getFirst().src).isEqualTo("9.9.9.9");
        bare.close();
    }

    @Test
    void anAnswerToANameMakesTheFlowShorterAndAnotherQuestionLonger() {
        host.input(from(1000, "9.9.9.9", 53)).turn();
        host.advance(30 * SECOND - 1);
        assertThat(forwards.logs.getFirst().closed).as("thirty without an answer").isZero();
        reply(0, Host.address("9.9.9.9", 53), 1);
        host.pull();
        host.advance(15 * SECOND - 1);
        assertThat(forwards.logs.getFirst().closed).as("fifteen with one").isZero();
        host.input(from(1000, "9.9.9.9", 53)).turn();
        host.advance(30 * SECOND - 1);
        assertThat(forwards.logs.getFirst().closed).as("thirty again").isZero();
        reply(0, Host.address("9.9.9.9", 53), 1);
        host.pull();
        host.advance(15 * SECOND);
        assertThat(forwards.logs.getFirst().closed).isEqualTo(1);
    }

    @Test
    void whoOnceAskedForMoreThanNamesIsNoNameFlowAnyMore() {
        host.input(from(1000, "9.9.9.9", 443)).turn();
        host.input(from(1000, "9.9.9.9", 53)).turn();
        reply(0, Host.address("9.9.9.9", 53), 1);
        host.pull();
        host.advance(300 * SECOND - 1);
        assertThat(forwards.logs.getFirst().closed).isZero();
        host.advance(1);
        assertThat(forwards.logs.getFirst().closed).isEqualTo(1);
    }

    @Test
    void isNamedByItsClient() {
        host.input(from(1000, "9.9.9.9", 53)).turn();
        UdpSocket flow = forwards.flows.getFirst();
        assertThat(flow.toString()).isEqualTo("UDP flow of " + flow.local());
        assertThat(flow.local().getPort()).isEqualTo(1000);
        assertThat(host.stack.udp(false, 4000, new UdpLog()).toString())
                .startsWith("UDP socket ")
                .endsWith(":4000");
    }
}
