package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One peer of the link, however many addresses it has, leaves the others their share. */
class PartyTest {
    private final List<TcpForwardRequest> requests = new ArrayList<>();
    private final List<UdpLog> logs = new ArrayList<>();
    private final Host host =
            new Host(b ->
                    b.udpFlows(30)
                            .udpFlowsPerParty(20)
                            .tcp(
                                    TcpSettings.builder()
                                            .pending(30)
                                            .pendingPerSource(20)
                                            .connectionsPerSource(25)
                                            .build()));

    {
        host.stack.forwarder(
                new Forwarder() {
                    @Override
                    public void tcp(TcpForwardRequest request) {
                        requests.add(request);
                    }

                    @Override
                    public void udp(UdpSocket flow) {
                        UdpLog log = new UdpLog();
                        logs.add(log);
                        flow.handler(log);
                    }
                });
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private void input(int peer, PacketBuilder p) {
        byte[] bytes = p.build();
        host.stack.input(Host.segment(bytes), 0, bytes.length, peer, host.now);
        host.turn();
    }

    private static String address(int i) {
        return "10.7." + i / 250 + "." + (1 + i % 250);
    }

    private static PacketBuilder syn(String from) {
        return packet(from, "192.0.2.7").tcp(9, 443, 5, 0, 2, 1, new byte[0], new byte[0]);
    }

    @Test
    void fragmentsOfManyAddressesOfOnePeerDoNotPushOutAnothers() {
        UdpLog log = new UdpLog();
        host.stack.udp(false, 2000, log);
        byte[] good = new byte[20_000];
        List<byte[]> fragments = packet("10.0.0.1", OWN4).id(1).udp(1, 2000, good).fragments(1400);
        for (byte[] f : fragments.subList(0, 10)) {
            host.stack.input(Host.segment(f), 0, f.length, 1, host.now);
        }
        for (int i = 0; i < 10_000; i++) {
            input(
                    2,
                    packet(address(i % 500), OWN4)
                            .id(i)
                            .payload(17, new byte[1400])
                            .fragment(1400, true));
        }
        for (byte[] f : fragments.subList(10, fragments.size())) {
            host.stack.input(Host.segment(f), 0, f.length, 1, host.now);
        }
        host.turn();
        assertThat(log.data).hasSize(1);
    }

    @Test
    void whoHoldsTheMostPaysWhenAllMemoryIsTaken() {
        UdpLog log = new UdpLog();
        host.stack.udp(false, 2000, log);
        byte[] good = new byte[5_000];
        List<byte[]> fragments = packet("10.0.0.1", OWN4).id(1).udp(1, 2000, good).fragments(1400);
        byte[] first = fragments.getFirst();
        host.stack.input(Host.segment(first), 0, first.length, 0, host.now);
        for (int i = 0; i < 20_000; i++) {
            input(
                    1 + i % 20,
                    packet(address(i % 500), OWN4)
                            .id(i)
                            .payload(17, new byte[1400])
                            .fragment(1400, true));
        }
        for (byte[] f : fragments.subList(1, fragments.size())) {
            host.stack.input(Host.segment(f), 0, f.length, 0, host.now);
        }
        host.turn();
        assertThat(log.data).hasSize(1);
        assertThat(host.stack.timers.armed()).isLessThanOrEqualTo(512);
    }

    @Test
    void parkedRequestsOfOnePeerLeaveRoomForAnother() {
        for (int i = 0; i < 100; i++) {
            input(1, syn(address(i)));
        }
        assertThat(requests).hasSize(20);
        for (int i = 0; i < 100; i++) {
            input(2, syn(address(100 + i)));
        }
        assertThat(requests).hasSize(30);
    }

    @Test
    void acceptedConnectionsOfOnePeerAreLimitedAndFreed() {
        for (int i = 0; i < 100; i++) {
            input(1, syn(address(i)));
            requests.forEach(r -> r.accept(new TcpScript.Recorder()));
            requests.clear();
        }
        assertThat(host.stack.liveFlows()).isEqualTo(25);
        input(2, syn(address(200)));
        assertThat(requests).hasSize(1);
        for (TcpFlow flow : host.stack.tcp.flows.snapshot()) {
            if (flow instanceof TcpConnection c) {
                c.abort();
            }
        }
        host.turn();
        input(1, syn(address(201)));
        assertThat(requests).hasSize(2);
    }

    @Test
    void udpFlowsOfOnePeerPushOutItsOwnOnly() {
        input(2, packet("10.0.0.9", "9.9.9.9").udp(7, 7, new byte[1]));
        for (int i = 0; i < 100; i++) {
            host.advance(MILLI);
            input(1, packet(address(i), "9.9.9.9").udp(7, 7, new byte[1]));
        }
        assertThat(host.stack.liveFlows()).isEqualTo(21);
        assertThat(logs.getFirst().closed).isZero();
        assertThat(logs.subList(1, 81)).allMatch(log -> log.closed == 1);
        assertThat(host.stack.counters().udpFlowsEvicted).isEqualTo(80);
    }

    @Test
    void isThePeerElseTheAddressElseTheNetworkOfIpv6() {
        Packet p = new Packet();
        p.srcHi = 0;
        p.srcLo = IpAddress.v4(0x0a000001);
        p.party(-1);
        assertThat(p.partyHi).isZero();
        assertThat(p.partyLo).isEqualTo(IpAddress.v4(0x0a000001));
        p.v6 = true;
        p.srcHi = 0x20010db8_00000001L;
        p.srcLo = 77;
        p.party(-1);
        assertThat(p.partyHi).isEqualTo(0x20010db8_00000001L);
        assertThat(p.partyLo).as("a host has a /64").isZero();
        p.party(0);
        assertThat(p.partyHi).isEqualTo(-1);
        assertThat(p.partyLo).isZero();
        p.party(7);
        assertThat(p.partyHi).isEqualTo(-1);
        assertThat(p.partyLo).isEqualTo(7);
    }
}
