package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pings of forwarded addresses that the forwarder answers when the real host did. */
class EchoRelayTest {
    private final Host host = new Host(b -> b.forwardedEcho(EchoPolicy.RELAY));
    private final List<EchoRequest> requests = new ArrayList<>();

    @BeforeEach
    void forward() {
        host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {}

                    @Override
                    public void udp(UdpSocket flow) {}

                    @Override
                    public void echo(EchoRequest request) {
                        requests.add(request);
                    }
                });
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    @Test
    void answersInTheNameOfTheHostWhenTold() {
        byte[] data = {1, 2, 3, 4, 5};
        host.input(packet(PEER4, "9.9.9.9").hopLimit(9).icmp(8, 0, 0x12340007, data));
        host.input(packet(PEER6, "2001:db8::9").icmp(128, 0, 0x43210008, data));
        assertThat(host.turn()).isEmpty();
        EchoRequest request = requests.getFirst();
        assertThat(request.source()).isEqualTo(Host.address(PEER4));
        assertThat(request.destination()).isEqualTo(Host.address("9.9.9.9"));
        assertThat(request.identifier()).isEqualTo(0x1234);
        assertThat(request.sequence()).isEqualTo(7);
        assertThat(request.hopLimit()).isEqualTo(9);
        assertThat(request.payload()).isEqualTo(data);
        host.advance(3 * Host.SECOND);
        requests.forEach(EchoRequest::reply);
        requests.forEach(EchoRequest::reply);
        List<PacketView> out = host.pull();
        assertThat(out).as("of several answers the first counts").hasSize(2);
        assertThat(out.get(0).isIcmp(0, 0)).isTrue();
        assertThat(out.get(0).src).isEqualTo("9.9.9.9");
        assertThat(out.get(0).i32(4)).isEqualTo(0x12340007);
        assertThat(out.get(0).data()).isEqualTo(data);
        assertThat(out.get(1).isIcmp(129, 0)).isTrue();
    }

    @Test
    void passesAHostThatCannotBeReachedOn() {
        byte[] ping = packet(PEER4, "9.9.9.9").icmp(8, 0, 5, new byte[8]).build();
        host.input(ping).turn();
        requests.getFirst().refuse(Refusal.HOST_UNREACHABLE);
        PacketView out = host.pull().getFirst();
        assertThat(out.isIcmp(3, 1)).isTrue();
        assertThat(out.data()).isEqualTo(ping);
    }

    @Test
    void aPingInFragmentsIsAskedAndAnsweredAsOne() {
        byte[] data = new byte[4000];
        data[3999] = 7;
        for (byte[] fragment : packet(PEER4, "9.9.9.9").icmp(8, 0, 5, data).fragments(1000)) {
            host.input(fragment);
        }
        assertThat(host.turn()).isEmpty();
        assertThat(requests).hasSize(1);
        // What the stack puts together later lies where this one lay.
        for (byte[] fragment : packet(PEER4, "9.9.9.8").icmp(8, 0, 6, data).fragments(1000)) {
            host.input(fragment);
        }
        host.turn();
        assertThat(requests.getFirst().payload()).isEqualTo(data);
        assertThat(requests.getFirst().destination()).isEqualTo(Host.address("9.9.9.9"));
        requests.getFirst().reply();
        assertThat(host.pull()).hasSize(3).allMatch(p -> p.src.equals("9.9.9.9"));
        requests.get(1).refuse(Refusal.NET_UNREACHABLE);
        PacketView out = host.pull().getFirst();
        assertThat(out.isIcmp(3, 0)).isTrue();
        assertThat(out.bytes.length).isLessThanOrEqualTo(576);
    }

    @Test
    void aPingThatNobodyAnswersLeavesNothing() {
        host.input(packet(PEER4, "9.9.9.9").icmp(8, 0, 5, new byte[8])).turn();
        requests.clear();
        assertThat(host.advance(Host.SECOND)).isEmpty();
        assertThat(host.pool.inUse()).isZero();
    }

    @Test
    void withoutAForwarderNobodyStandsForTheAddress() {
        host.stack.forwarder(null);
        host.input(packet(PEER4, "9.9.9.9").icmp(8, 0, 5, new byte[8]));
        assertThat(host.turn()).isEmpty();
        assertThat(requests).isEmpty();
    }

    @Test
    void ownAddressesAnswerThemselves() {
        host.input(packet(PEER4, OWN4).icmp(8, 0, 5, new byte[8]));
        assertThat(host.turn()).hasSize(1);
        assertThat(requests).isEmpty();
    }

    @Test
    void answersAfterTheStackClosedGoNowhere() {
        host.input(packet(PEER4, "9.9.9.9").icmp(8, 0, 5, new byte[8])).turn();
        host.stack.close();
        requests.getFirst().reply();
        assertThat(host.pull()).isEmpty();
    }

    @Test
    void aFloodOfPingsIsLimited() {
        for (int i = 0; i < 3000; i++) {
            host.input(packet(PEER4, "9.9.9.9").icmp(8, 0, i, new byte[8])).turn();
        }
        assertThat(requests).hasSize(1000);
    }

    @Test
    void saysWhoPingsWhom() {
        host.input(packet(PEER4, "9.9.9.9").icmp(8, 0, 5, new byte[8])).turn();
        assertThat(requests.getFirst().toString())
                .isEqualTo(Host.address(PEER4) + " pings " + Host.address("9.9.9.9"));
    }

    @Test
    void answersCarryTheDscpOfTheQuestion() {
        host.input(packet(PEER4, "9.9.9.9").trafficClass(0xbb).icmp(8, 0, 5, new byte[8])).turn();
        requests.getFirst().reply();
        PacketView out = host.pull().getFirst();
        assertThat(out.trafficClass).isEqualTo(0xb8);
        assertThat(out.dst).isEqualTo(PEER4);
    }

    @Test
    void aRefusedPingIsAnsweredNoMore() {
        host.input(packet(PEER4, "9.9.9.9").icmp(8, 0, 5, new byte[8])).turn();
        requests.getFirst().refuse(Refusal.HOST_UNREACHABLE);
        requests.getFirst().reply();
        requests.getFirst().refuse(Refusal.HOST_UNREACHABLE);
        assertThat(host.pull()).hasSize(1);
    }
}
