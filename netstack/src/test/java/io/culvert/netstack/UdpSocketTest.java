package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UdpSocketTest {
    private static final InetSocketAddress PEER = Host.address(PEER4, 53);

    private final Host host = new Host();
    private final UdpLog log = new UdpLog();
    private final Random random = new Random(11);

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private byte[] data(int length) {
        byte[] b = new byte[length];
        random.nextBytes(b);
        return b;
    }

    private static void send(UdpSocket s, InetSocketAddress to, byte[] data) {
        s.send(to, Host.segment(data), 0, data.length);
    }

    @Test
    void exchangesDatagramsInBothFamilies() {
        UdpSocket s4 = host.stack.udp(false, 0, log);
        UdpSocket s6 = host.stack.udp(true, 4000, log);
        assertThat(s4.local().getAddress()).isEqualTo(Host.address(OWN4));
        assertThat(s4.local().getPort()).isBetween(32768, 60999);
        assertThat(s6.local()).isEqualTo(Host.address(OWN6, 4000));
        send(s4, PEER, new byte[] {1, 2, 3});
        send(s6, Host.address(PEER6, 53), new byte[] {4, 5});
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(2);
        PacketView first = out.get(0);
        assertThat(first.src).isEqualTo(OWN4);
        assertThat(first.dst).isEqualTo(PEER4);
        assertThat(first.sourcePort()).isEqualTo(s4.local().getPort());
        assertThat(first.destinationPort()).isEqualTo(53);
        assertThat(first.data()).containsExactly(1, 2, 3);
        assertThat(first.df).isTrue();
        assertThat(first.hopLimit).isEqualTo(64);
        assertThat(out.get(1).data()).containsExactly(4, 5);

        host.input(packet(PEER4, OWN4).udp(53, s4.local().getPort(), new byte[] {7}));
        host.input(packet(PEER6, OWN6).udp(53, 4000, new byte[0]));
        host.turn();
        assertThat(log.data).containsExactly(new byte[] {7}, new byte[0]);
        assertThat(log.addresses).containsExactly(PEER, Host.address(PEER6, 53));
    }

    @Test
    void tellsOnceWhenHalfOfTheSendQueueIsFreeAgain() {
        Host small = new Host(b -> b.udpQueueBytes(8192));
        UdpSocket s = small.stack.udp(false, 500, log);
        assertThat(s.sendSpace()).isEqualTo(8192);
        s.awaitRoom();
        for (int i = 0; i < 7; i++) {
            assertThat(s.sendSpace()).isGreaterThanOrEqualTo(1000 + 63);
            send(s, PEER, data(1000));
        }
        assertThat(s.sendSpace()).isLessThan(1000 + 63);
        assertThat(small.stack.counters.udpSndbufErrors).isZero();

        assertThat(writableAfterPulling(small, 3)).isZero();
        assertThat(writableAfterPulling(small, 1)).isEqualTo(1);
        assertThat(writableAfterPulling(small, 3)).isEqualTo(1);
        small.close();
    }

    private int writableAfterPulling(Host from, int packets) {
        MemorySegment out = Host.segment(new byte[2000]);
        for (int i = 0; i < packets; i++) {
            assertThat(from.stack.pull(out, 0, 1500, 0)).isPositive();
        }
        from.stack.deliver();
        return log.writable;
    }

    @Test
    void repliesFromTheAddressThatWasAsked() {
        Host two =
                new Host(b -> b.addresses(List.of(Host.address(OWN4), Host.address("10.0.0.22"))));
        UdpSocket s = two.stack.udp(false, 500, log);
        two.input(packet(PEER4, "10.0.0.22").udp(9, 500, new byte[1])).turn();
        send(s, Host.address(PEER4, 9), new byte[1]);
        send(s, Host.address(PEER4, 10), new byte[1]);
        List<PacketView> out = two.pull();
        assertThat(out.get(0).src).isEqualTo("10.0.0.22");
        assertThat(out.get(1).src).isEqualTo(OWN4);
        two.close();
    }

    @Test
    void computedZeroChecksumLeavesAsAllOnes() {
        UdpSocket s = host.stack.udp(false, 4000, log);
        UdpSocket s6 = host.stack.udp(true, 4000, log);
        int seen = 0;
        for (int i = 0; i < 65536; i++) {
            byte[] d = {(byte) (i >> 8), (byte) i};
            send(s, PEER, d);
            send(s6, Host.address(PEER6, 9), d);
            for (PacketView p : host.pull()) { // its constructor refuses 0 and verifies the sum
                seen += p.u16(6) == 0xffff ? 1 : 0;
            }
        }
        assertThat(seen).as("the payload that sums to zero, in each family").isEqualTo(2);
    }

    @Test
    void zeroChecksumIsFineInIpv4Only() {
        host.stack.udp(false, 2000, log);
        host.stack.udp(true, 2000, log);
        host.input(packet(PEER4, OWN4).udp(1, 2000, new byte[4]).noChecksum()).turn();
        assertThat(log.data).hasSize(1);
        host.input(packet(PEER6, OWN6).udp(1, 2000, new byte[4]).noChecksum()).turn();
        assertThat(log.data).hasSize(1);
        assertThat(host.stack.counters().udpInCsumErrors).isEqualTo(1);
    }

    @Test
    void dropsWrongChecksumsAndLengths() {
        host.stack.udp(false, 2000, log);
        host.input(packet(PEER4, OWN4).udp(1, 2000, data(9)).corruptChecksum(0x100));
        assertThat(host.stack.counters().udpInCsumErrors).isEqualTo(1);
        host.input(packet(PEER4, OWN4).udp(1, 2000, data(9)).patch(5, 7));
        host.input(packet(PEER4, OWN4).udp(1, 2000, data(9)).patch(5, 18));
        host.input(packet(PEER4, OWN4).payload(17, new byte[7]));
        host.input(packet(PEER4, OWN4).udp(1, 0, data(9)));
        assertThat(host.stack.counters().udpInErrors).isEqualTo(4);
        assertThat(host.turn()).isEmpty();
        assertThat(log.data).isEmpty();
    }

    @Test
    void trimsToTheUdpLength() {
        host.stack.udp(false, 2000, log);
        byte[] p = packet(PEER4, OWN4).udp(1, 2000, new byte[] {1, 2, 3, 4}).build();
        byte[] padded = java.util.Arrays.copyOf(p, p.length + 6);
        padded[3] = (byte) (padded[3] + 6);
        host.input(PacketBuilder.fixV4Checksum(padded)).turn();
        assertThat(log.data.getFirst()).containsExactly(1, 2, 3, 4);
    }

    @Test
    void unknownPortIsReported() {
        List<PacketView> out =
                host.input(packet(PEER4, OWN4).udp(1, 999, new byte[4]))
                        .input(packet(PEER6, OWN6).udp(1, 999, new byte[4]))
                        .input(packet(PEER4, OWN4).udp(1, 999, data(4)).corruptChecksum(1))
                        .turn();
        assertThat(out).hasSize(2);
        assertThat(out.get(0).isIcmp(3, 3)).isTrue();
        assertThat(out.get(0).src).isEqualTo(OWN4);
        assertThat(out.get(1).isIcmp(1, 4)).isTrue();
        assertThat(host.stack.counters().udpNoPorts).isEqualTo(2);
    }

    @Test
    void portsAreTakenOnceForEachFamilyAndFreedByClose() {
        UdpSocket s = host.stack.udp(false, 700, log);
        host.stack.udp(true, 700, log);
        assertThatThrownBy(() -> host.stack.udp(false, 700, log))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("700");
        s.close();
        host.stack.deliver();
        assertThat(log.closed).isEqualTo(1);
        host.stack.udp(false, 700, log);
        assertThat(host.stack.liveFlows()).isEqualTo(2);
    }

    @Test
    void ephemeralPortsDifferAndDoNotRunInARow() {
        Set<Integer> ports = new HashSet<>();
        int rows = 0;
        int last = 0;
        for (int i = 0; i < 1000; i++) {
            int port = host.stack.udp(false, 0, log).local().getPort();
            assertThat(ports.add(port)).isTrue();
            rows += port == last + 1 ? 1 : 0;
            last = port;
        }
        assertThat(rows).isLessThan(10);
    }

    @Test
    void allEphemeralPortsCanBeUsed() {
        for (int i = 0; i < 61000 - 32768; i++) {
            host.stack.udp(false, 0, log);
        }
        assertThatThrownBy(() -> host.stack.udp(false, 0, log))
                .isInstanceOf(IllegalStateException.class);
        host.stack.udp(true, 0, log);
    }

    @Test
    void refusesWhatMakesNoSense() {
        Host v4 = new Host(b -> b.addresses(List.of(Host.address(OWN4))));
        assertThatThrownBy(() -> v4.stack.udp(true, 0, log)).hasMessageContaining("IPv6");
        assertThatThrownBy(() -> v4.stack.udp(false, 65536, log)).hasMessageContaining("65536");
        UdpSocket s = v4.stack.udp(false, 0, log);
        MemorySegment m = Host.segment(new byte[10]);
        assertThatThrownBy(() -> s.send(PEER, m, 5, 6))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> s.send(InetSocketAddress.createUnresolved("x", 1), m, 0, 6))
                .hasMessageContaining("x");
        assertThatThrownBy(() -> s.unreachable(PEER, Refusal.RESET))
                .isInstanceOf(IllegalStateException.class);
        v4.close();
        assertThatThrownBy(() -> v4.stack.udp(false, 0, log)).hasMessageContaining("closed");
        s.send(PEER, m, 0, 6);
        assertThat(v4.pull()).isEmpty();
        s.close();
        assertThat(s.isClosed()).isTrue();
        assertThat(log.closed).isEqualTo(1);
    }

    @Test
    void countsWhatCannotBeSent() {
        UdpSocket s = host.stack.udp(false, 0, log);
        send(s, Host.address(PEER6, 53), new byte[1]);
        send(s, Host.address("224.0.0.1", 53), new byte[1]);
        send(s, Host.address(PEER4, 0), new byte[1]);
        send(s, PEER, new byte[65508]);
        assertThat(host.pull()).isEmpty();
        assertThat(host.stack.counters().udpOutErrors).isEqualTo(4);
        send(s, PEER, new byte[65507]);
        assertThat(host.pull()).isNotEmpty();
    }

    @Test
    void slowReaderLosesTheNewestAndOnlyItsOwn() {
        log.reading = false;
        UdpLog other = new UdpLog();
        UdpSocket slow = host.stack.udp(false, 2000, log);
        host.stack.udp(false, 2001, other);
        for (int i = 0; i < 10_000; i++) {
            byte[] d = new byte[1200];
            d[0] = (byte) i;
            host.input(packet(PEER4, OWN4).udp(1, 2000, d));
            if (i % 100 == 0) {
                host.input(packet(PEER4, OWN4).udp(1, 2001, d)).turn();
            }
        }
        host.turn();
        assertThat(other.data).hasSize(100);
        log.drain(slow);
        int kept = 512 * 1024 / (RecordQueue.HEADER + 1200);
        assertThat(log.data).hasSize(kept);
        for (int i = 0; i < kept; i++) {
            assertThat(log.data.get(i)[0]).isEqualTo((byte) i);
        }
        assertThat(host.stack.counters().udpRcvbufErrors).isEqualTo(10_000 - kept);
        assertThat(host.pool.inUse()).isZero();
    }

    @Test
    void sendQueueIsBounded() {
        UdpSocket s = host.stack.udp(false, 2000, log);
        for (int i = 0; i < 1000; i++) {
            send(s, PEER, new byte[1200]);
        }
        int kept = 512 * 1024 / (RecordQueue.HEADER + UdpSocket.HEADER + 1200);
        assertThat(host.pull()).hasSize(kept);
        assertThat(host.stack.counters().udpSndbufErrors).isEqualTo(1000 - kept);
    }

    @Test
    void dropsWhenThePoolIsEmpty() {
        ChunkPool small = new ChunkPool(4096, 8192);
        Host poor = new Host(b -> b.pool(small));
        log.reading = false;
        UdpSocket s = poor.stack.udp(false, 2000, log);
        for (int i = 0; i < 20; i++) {
            poor.input(packet(PEER4, OWN4).udp(1, 2000, new byte[1200]));
            send(s, PEER, new byte[1200]);
        }
        poor.turn();
        assertThat(poor.stack.counters().udpRcvbufErrors).isGreaterThan(0);
        assertThat(poor.stack.counters().udpSndbufErrors).isGreaterThan(0);
        log.drain(s);
        poor.input(packet(PEER4, OWN4).udp(1, 2000, new byte[1200])).turn();
        poor.close();
        assertThat(small.inUse()).isZero();
    }

    @Test
    void unreadDatagramsLeaveMemoryForOthers() {
        log.reading = false;
        for (int s = 0; s < 100; s++) {
            host.stack.udp(false, 3000 + s, log);
            for (int i = 0; i < 250; i++) {
                host.input(packet(PEER4, OWN4).udp(1, 3000 + s, new byte[1200]));
            }
        }
        host.turn();
        assertThat(host.stack.counters().udpRcvbufErrors).isGreaterThan(0);
        assertThat(host.pool.inUse()).isLessThanOrEqualTo(host.pool.capacity() / 8 * 7);
    }

    @Test
    void socketsTakeTurns() {
        UdpSocket a = host.stack.udp(false, 2000, log);
        UdpSocket b = host.stack.udp(false, 2001, log);
        for (int i = 0; i < 50; i++) {
            send(a, PEER, new byte[100]);
        }
        send(b, PEER, new byte[100]);
        List<PacketView> out = host.pull();
        assertThat(out).hasSize(51);
        assertThat(out.get(1).sourcePort()).isEqualTo(2001);
    }

    @Test
    void icmpGoesFirst() {
        UdpSocket a = host.stack.udp(false, 2000, log);
        send(a, PEER, new byte[100]);
        host.input(packet(PEER4, OWN4).icmp(8, 0, 0, new byte[8]));
        assertThat(host.turn().getFirst().protocol).isEqualTo(1);
    }

    @Test
    void whatWasSentBeforeTheCloseStillLeaves() {
        UdpSocket s = host.stack.udp(false, 2000, log);
        send(s, PEER, new byte[100]);
        s.close();
        send(s, PEER, new byte[100]);
        assertThat(host.stack.liveFlows()).isEqualTo(1);
        assertThat(host.pull()).hasSize(1);
        assertThat(host.stack.liveFlows()).isZero();
        assertThat(host.stack.timers.armed()).isZero();
    }

    @Test
    void closedSocketWaitsForThePullOnlySoLong() {
        UdpSocket s = host.stack.udp(false, 2000, log);
        host.now += 100 * SECOND; // the stack wasn't told
        send(s, PEER, new byte[100]);
        s.close();
        host.stack.handleTimers(host.now);
        assertThat(host.stack.liveFlows()).isEqualTo(1);
        assertThat(host.stack.nextDeadline()).isGreaterThanOrEqualTo(host.now);
        host.now += 5 * SECOND - 2 * Host.MILLI;
        host.stack.handleTimers(host.now);
        assertThat(host.stack.liveFlows()).isEqualTo(1);
        host.now += 2 * Host.MILLI;
        host.stack.handleTimers(host.now);
        assertThat(host.stack.liveFlows()).isZero();
        assertThat(host.pool.inUse()).isZero();
        assertThat(host.pull()).isEmpty();
    }

    @Test
    void closeDropsWhatWasNotRead() {
        log.reading = false;
        UdpSocket s = host.stack.udp(false, 2000, log);
        host.input(packet(PEER4, OWN4).udp(1, 2000, new byte[5])).turn();
        s.close();
        assertThat(s.receive(new UdpDatagram())).isFalse();
        assertThat(host.pool.inUse()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"3,3", "3,1", "3,0", "3,13", "3,2"})
    void icmpAboutAnOwnDatagramIsReported(int type, int code) {
        UdpSocket s = host.stack.udp(false, 2000, log);
        send(s, PEER, new byte[100]);
        byte[] sent = host.pull().getFirst().bytes;
        host.input(packet("10.0.0.254", OWN4).icmp(type, code, 0, sent)).turn();
        assertThat(log.unreachable).containsExactly(PEER);
    }

    @Test
    void icmpv6AboutAnOwnDatagramIsReportedWithAndWithoutFragments() {
        UdpSocket s = host.stack.udp(true, 2000, log);
        InetSocketAddress to = Host.address(PEER6, 53);
        send(s, to, new byte[100]);
        host.input(packet(PEER6, OWN6).icmp(1, 4, 0, host.pull().getFirst().bytes)).turn();
        send(s, to, new byte[3000]);
        List<PacketView> fragments = host.pull();
        byte[] first = java.util.Arrays.copyOf(fragments.get(0).bytes, 1200);
        host.input(packet(PEER6, OWN6).icmp(1, 3, 0, first)).turn();
        assertThat(log.unreachable).containsExactly(to, to);
        byte[] later = java.util.Arrays.copyOf(fragments.get(1).bytes, 1200);
        host.input(packet(PEER6, OWN6).icmp(1, 3, 0, later)).turn();
        assertThat(log.unreachable).hasSize(2);
    }

    @Test
    void icmpAboutWhatWasNeverSentIsNotBelieved() {
        UdpSocket s = host.stack.udp(false, 2000, log);
        byte[] forged = packet(OWN4, PEER4).udp(2000, 53, new byte[8]).build();
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, forged)).turn();
        host.input(packet(PEER4, OWN4).udp(53, 2000, new byte[8])).turn();
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, forged)).turn();
        assertThat(log.unreachable).as("it only ever sent to us").isEmpty();
        send(s, Host.address(PEER4, 54), new byte[8]);
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, forged)).turn();
        assertThat(log.unreachable).isEmpty();
        assertThat(host.stack.counters().icmpInUnmatched).isEqualTo(3);
    }

    @Test
    void hintsAreNoErrors() {
        UdpSocket s = host.stack.udp(false, 2000, log);
        send(s, PEER, new byte[8]);
        byte[] sent = host.pull().getFirst().bytes;
        host.input(packet(PEER4, OWN4).icmp(11, 0, 0, sent));
        host.input(packet(PEER4, OWN4).icmp(12, 0, 0, sent)).turn();
        assertThat(log.unreachable).isEmpty();
        assertThat(host.stack.counters().icmpInUnmatched).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1392, 1393, 5000, 65507})
    void largestAndOtherDatagramsArriveAtAnotherStack(int length) {
        Host other = new Host(b -> b.addresses(List.of(Host.address(PEER4), Host.address(PEER6))));
        UdpLog there = new UdpLog();
        other.stack.udp(false, 53, there);
        other.stack.udp(true, 53, there);
        byte[] d = data(length);
        send(host.stack.udp(false, 0, log), PEER, d);
        send(host.stack.udp(true, 0, log), Host.address(PEER6, 53), d);
        List<PacketView> out = host.pull();
        java.util.Collections.shuffle(out, random);
        out.forEach(p -> other.input(p.bytes));
        other.turn();
        assertThat(there.data).hasSize(2);
        assertThat(there.data.get(0)).isEqualTo(d);
        assertThat(there.data.get(1)).isEqualTo(d);
        other.close();
    }

    @Test
    void sameAddressIsTheSameObject() {
        host.stack.udp(false, 2000, log);
        for (int i = 0; i < 5; i++) {
            host.input(packet(PEER4, OWN4).udp(53, 2000, new byte[8]));
            host.input(packet("10.0.0.5", OWN4).udp(54, 2000, new byte[8]));
        }
        host.turn();
        assertThat(log.addresses).hasSize(10);
        assertThat(log.addresses.get(8)).isSameAs(log.addresses.get(0));
        assertThat(log.addresses.get(9)).isSameAs(log.addresses.get(1));
    }
}
