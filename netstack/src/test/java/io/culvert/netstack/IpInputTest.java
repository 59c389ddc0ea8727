package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.PacketBuilder.fixV4Checksum;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpInputTest {
    private final Host host = new Host();
    private final UdpLog log = new UdpLog();

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private static PacketBuilder udp4() {
        return packet(PEER4, OWN4).udp(1000, 2000, new byte[] {1, 2, 3, 4});
    }

    private static PacketBuilder udp6() {
        return packet(PEER6, OWN6).udp(1000, 2000, new byte[] {1, 2, 3, 4});
    }

    private void bind() {
        host.stack.udp(false, 2000, log);
        host.stack.udp(true, 2000, log);
    }

    private void assertDropped(byte[] packet, ToLongFunction<Counters> counter) {
        bind();
        long before = counter.applyAsLong(host.stack.counters());
        host.input(packet);
        assertThat(host.turn()).isEmpty();
        assertThat(log.data).isEmpty();
        assertThat(counter.applyAsLong(host.stack.counters())).isEqualTo(before + 1);
    }

    @Test
    void deliversSoundPacketsOfBothFamilies() {
        bind();
        host.input(udp4().trafficClass(0xb9)).input(udp6().trafficClass(0x2e));
        assertThat(host.turn()).isEmpty();
        assertThat(log.data).hasSize(2).allMatch(d -> Arrays.equals(d, new byte[] {1, 2, 3, 4}));
        assertThat(log.addresses)
                .containsExactly(Host.address(PEER4, 1000), Host.address(PEER6, 1000));
        assertThat(log.trafficClass).isEqualTo(0x2e);
    }

    @Test
    void cutsPaddingOff() {
        bind();
        byte[] p4 = udp4().build();
        byte[] p6 = udp6().build();
        host.input(Arrays.copyOf(p4, p4.length + 40)).input(Arrays.copyOf(p6, p6.length + 1));
        host.turn();
        assertThat(log.data).hasSize(2).allMatch(d -> d.length == 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 19})
    void dropsWhatIsShorterThanAHeader(int length) {
        assertDropped(Arrays.copyOf(udp4().build(), length), c -> c.ipInHdrErrors);
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 39, 40, 47})
    void dropsTruncatedIpv6(int length) {
        assertDropped(Arrays.copyOf(udp6().build(), length), c -> c.ipInHdrErrors);
    }

    @Test
    void dropsTruncatedIpv4() {
        byte[] p = udp4().build();
        assertDropped(Arrays.copyOf(p, p.length - 1), c -> c.ipInHdrErrors);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x05, 0x15, 0x55, 0x75, 0xf5})
    void dropsUnknownVersions(int firstByte) {
        byte[] p = udp4().build();
        p[0] = (byte) firstByte;
        assertDropped(p, c -> c.ipInHdrErrors);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4})
    void dropsHeaderLengthBelowFive(int words) {
        byte[] p = udp4().build();
        p[0] = (byte) (0x40 | words);
        assertDropped(fixV4Checksum(p), c -> c.ipInHdrErrors);
    }

    @Test
    void dropsHeaderLongerThanThePacket() {
        byte[] p = udp4().build();
        p[0] = 0x4f;
        assertDropped(fixV4Checksum(p), c -> c.ipInHdrErrors);
    }

    @Test
    void dropsTotalLengthBelowTheHeader() {
        byte[] p = udp4().build();
        p[3] = 19;
        assertDropped(fixV4Checksum(p), c -> c.ipInHdrErrors);
    }

    @Test
    void dropsWrongHeaderChecksum() {
        byte[] p = udp4().build();
        p[10] ^= 1;
        assertDropped(p, c -> c.ipInHdrErrors);
    }

    @Test
    void everyFlippedHeaderBitIsNoticed() {
        bind();
        byte[] sound = udp4().build();
        for (int bit = 0; bit < 160; bit++) {
            byte[] p = sound.clone();
            p[bit / 8] ^= (byte) (1 << bit % 8);
            host.input(p);
        }
        assertThat(host.turn()).isEmpty();
        assertThat(log.data).isEmpty();
    }

    @Test
    void skipsHarmlessOptions() {
        bind();
        host.input(udp4().options(1, 7, 7, 4, 0, 0, 0, 0));
        host.input(udp4().options(148, 4, 0, 0));
        assertThat(host.turn()).isEmpty();
        assertThat(log.data).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"131", "137"})
    void dropsSourceRoutesUnanswered(int type) {
        assertDropped(udp4().options(type, 7, 4, 10, 0, 0, 9, 0).build(), c -> c.ipInHdrErrors);
    }

    @ParameterizedTest
    @CsvSource({"68,0", "68,1", "68,5", "1,68"})
    void dropsOptionsThatOverrun(int first, int second) {
        int[] options = first == 1 ? new int[] {1, 1, 1, second} : new int[] {first, second, 0, 1};
        assertDropped(udp4().options(options).build(), c -> c.ipInHdrErrors);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "127.0.0.1",
                "224.0.0.1",
                "255.255.255.255",
                "240.0.0.1"
            })
    void dropsImpossibleSources(String source) {
        assertDropped(
                packet(source, OWN4).udp(1000, 2000, new byte[4]).build(), c -> c.ipInAddrErrors);
    }

    @ParameterizedTest
    @ValueSource(strings = {"::", "::1", "ff02::1"})
    void dropsImpossibleIpv6Sources(String source) {
        assertDropped(
                packet(source, OWN6).udp(1000, 2000, new byte[4]).build(), c -> c.ipInAddrErrors);
    }

    @Test
    void dropsIpv4MappedAddressesOnTheWire() {
        byte[] p = packet("::1:ffff:a00:1", OWN6).udp(1000, 2000, new byte[4]).build();
        Arrays.fill(p, 8, 18, (byte) 0);
        p[18] = (byte) 0xff;
        p[19] = (byte) 0xff;
        assertDropped(p, c -> c.ipInAddrErrors);
    }

    @ParameterizedTest
    @ValueSource(strings = {OWN4})
    void dropsItsOwnAddressAsSource(String own) {
        assertDropped(packet(own, own).udp(1000, 2000, new byte[4]).build(), c -> c.ipInAddrErrors);
    }

    @Test
    void dropsLandOfForwardedAddresses() {
        host.stack.forwarder(new UdpForwards());
        assertDropped(
                packet("9.9.9.9", "9.9.9.9").udp(7, 7, new byte[4]).build(), c -> c.ipInAddrErrors);
    }

    @ParameterizedTest
    @ValueSource(strings = {"224.0.0.251", "255.255.255.255", "127.0.0.1", "0.0.0.0", "241.1.1.1"})
    void neverForwardsToWhatIsNoHost(String destination) {
        UdpForwards forwards = new UdpForwards();
        host.stack.forwarder(forwards);
        assertDropped(
                packet(PEER4, destination).udp(1000, 2000, new byte[4]).build(),
                c -> c.ipInAddrErrors);
        assertThat(forwards.flows).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ff02::fb", "::1", "::", "fe80::1"})
    void neverForwardsToWhatIsNoIpv6Host(String destination) {
        host.stack.forwarder(new UdpForwards());
        assertDropped(
                packet(PEER6, destination).udp(1000, 2000, new byte[4]).build(),
                c -> c.ipInAddrErrors);
    }

    @Test
    void dropsForeignDestinationsWithoutAForwarder() {
        assertDropped(
                packet(PEER4, "10.0.0.3").udp(1000, 2000, new byte[4]).build(),
                c -> c.ipInNoRoutes);
    }

    @Test
    void dropsJumbograms() {
        byte[] jumbo = PacketBuilder.bytes(0, 0xc2, 4, 0, 1, 0, 0);
        byte[] p = packet(PEER6, OWN6).extension(0, jumbo).payload(59, new byte[0]).build();
        p[5] = 0;
        assertDropped(p, c -> c.ipInHdrErrors);
    }

    @Test
    void answersUnknownProtocols() {
        byte[] gre = new byte[30];
        List<PacketView> out =
                host.input(packet(PEER4, OWN4).payload(47, gre))
                        .input(packet(PEER6, OWN6).payload(47, gre))
                        .input(packet(PEER4, OWN4).payload(58, gre))
                        .turn();
        assertThat(out).hasSize(3);
        assertThat(out.get(0).isIcmp(3, 2)).isTrue();
        assertThat(out.get(1).isIcmp(4, 1)).isTrue();
        assertThat(out.get(1).i32(4)).as("pointer to the next-header field").isEqualTo(6);
        assertThat(out.get(2).isIcmp(3, 2)).isTrue();
        assertThat(host.stack.counters().ipInUnknownProtos).isEqualTo(3);
    }

    @Test
    void tellsTracerouteThatThePathEndsHere() {
        UdpForwards forwards = new UdpForwards();
        host.stack.forwarder(forwards);
        List<PacketView> out =
                host.input(packet(PEER4, "9.9.9.9").hopLimit(1).udp(5, 33434, new byte[8]))
                        .input(packet(PEER6, "2001:db8::9").hopLimit(1).udp(5, 33434, new byte[8]))
                        .input(packet(PEER4, OWN4).hopLimit(1).udp(5, 33434, new byte[8]))
                        .input(packet(PEER4, "9.9.9.9").hopLimit(2).udp(5, 33434, new byte[8]))
                        .turn();
        assertThat(out).hasSize(2);
        assertThat(out.get(0).isIcmp(11, 0)).isTrue();
        assertThat(out.get(0).src).isEqualTo(OWN4);
        assertThat(out.get(1).isIcmp(3, 0)).isTrue();
        assertThat(forwards.logs.getFirst().data).hasSize(2);
    }

    @Test
    void hopLimitIsNoMatterWhenToldSo() {
        Host quiet = new Host(b -> b.answerHopLimitExceeded(false));
        UdpForwards forwards = new UdpForwards();
        quiet.stack.forwarder(forwards);
        quiet.input(packet(PEER4, "9.9.9.9").hopLimit(1).udp(5, 33434, new byte[8]));
        assertThat(quiet.turn()).isEmpty();
        assertThat(forwards.flows).hasSize(1);
        quiet.close();
    }

    @Test
    void closedStackTakesNothing() {
        host.stack.close();
        host.input(packet(PEER4, OWN4).icmp(8, 0, 1, new byte[8]));
        assertThat(host.turn()).isEmpty();
    }
}
