package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** About which packets there are ICMP errors, and whose (RFC 1122, 3.2.2; RFC 4443, 2.4). */
class IcmpErrorTest {
    private static final String FAR4 = "9.9.9.9";
    private static final String FAR6 = "2001:db8::9";
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int DESTINATION = 60;

    private final Host host = new Host();

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    /** What the stack says when that packet's destination can't be reached. */
    private List<PacketView> refuse(Host of, byte[] packet) {
        of.stack.icmp.unreachable(
                Host.segment(packet), 0, packet.length, Refusal.HOST_UNREACHABLE, of.now);
        return of.pull();
    }

    private boolean isReported(byte[] packet) {
        long sent = host.stack.counters().icmpOutMsgs;
        boolean reported = !refuse(host, packet).isEmpty();
        assertThat(host.stack.counters().icmpOutMsgs).isEqualTo(sent + (reported ? 1 : 0));
        return reported;
    }

    private static PacketBuilder icmp6(int type) {
        return packet(PEER6, FAR6).icmp(type, 0, 0, new byte[48]);
    }

    @ParameterizedTest
    @CsvSource({"3, false", "4, false", "5, false", "11, false", "12, false", "8, true", "0, true"})
    void ofIcmpThereAreErrorsAboutWhatIsNone(int type, boolean reported) {
        byte[] p = packet(PEER4, FAR4).icmp(type, 0, 0, new byte[28]).build();
        assertThat(isReported(p)).isEqualTo(reported);
        byte[] withOptions =
                packet(PEER4, FAR4).options(1, 1, 1, 1).icmp(type, 0, 0, new byte[28]).build();
        assertThat(isReported(withOptions)).as("behind options").isEqualTo(reported);
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "4, false", "127, false", "128, true", "129, true"})
    void ofIcmpv6LikewiseBehindWhateverExtensions(int type, boolean reported) {
        assertThat(isReported(icmp6(type).build())).isEqualTo(reported);
        assertThat(isReported(icmp6(type).fragment(0, true).build())).isEqualTo(reported);
        for (int extension : new int[] {HOP_BY_HOP, ROUTING, DESTINATION}) {
            byte[] body = new byte[7];
            assertThat(isReported(icmp6(type).extension(extension, body).build()))
                    .as("behind " + extension)
                    .isEqualTo(reported);
        }
        byte[] long24 = new byte[23];
        long24[0] = 2;
        byte[] several =
                icmp6(type)
                        .extension(HOP_BY_HOP, new byte[7])
                        .extension(DESTINATION, long24)
                        .extension(ROUTING, new byte[7])
                        .fragment(0, true)
                        .build();
        assertThat(isReported(several)).isEqualTo(reported);
    }

    @Test
    void icmpWhoseTypeIsNotThereMayBeAnError() {
        byte[] p = packet(PEER4, FAR4).icmp(8, 0, 0, new byte[28]).build();
        assertThat(isReported(Arrays.copyOf(p, 21))).isTrue();
        assertThat(isReported(Arrays.copyOf(p, 20))).isFalse();
        byte[] p6 = icmp6(128).build();
        assertThat(isReported(Arrays.copyOf(p6, 41))).isTrue();
        assertThat(isReported(Arrays.copyOf(p6, 40))).isFalse();
    }

    @Test
    void extensionsThatAreNotAllThereHideNoIcmp() {
        byte[] p = icmp6(1).extension(DESTINATION, new byte[7]).build();
        assertThat(isReported(Arrays.copyOf(p, 49))).isFalse();
        assertThat(isReported(Arrays.copyOf(p, 48))).isFalse();
        assertThat(isReported(Arrays.copyOf(p, 47))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 800, 0xfff8})
    void aLaterFragmentIsNotReported(int offset) {
        byte[] p = packet(PEER6, FAR6).payload(17, new byte[64]).fragment(offset, true).build();
        assertThat(isReported(p)).isFalse();
        byte[] behind =
                packet(PEER6, FAR6)
                        .extension(DESTINATION, new byte[7])
                        .payload(17, new byte[64])
                        .fragment(offset, false)
                        .build();
        assertThat(isReported(behind)).isFalse();
        byte[] v4 = packet(PEER4, FAR4).payload(17, new byte[64]).fragment(offset, true).build();
        assertThat(isReported(v4)).isFalse();
    }

    @Test
    void theFirstFragmentIsReported() {
        byte[] p = packet(PEER6, FAR6).payload(17, new byte[64]).fragment(0, true).build();
        assertThat(isReported(p)).isTrue();
        byte[] v4 = packet(PEER4, FAR4).payload(17, new byte[64]).fragment(0, true).build();
        assertThat(isReported(v4)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 9.9.9.9",
        "127.0.0.1, 9.9.9.9",
        "224.0.0.1, 9.9.9.9",
        "10.0.0.1, 224.0.0.1",
        "10.0.0.1, 255.255.255.255",
        "::, 2001:db8::9",
        "ff02::1, 2001:db8::9",
        "fd00::1, ff02::1"
    })
    void whoOrWhatIsNotOneHostIsNotReported(String from, String to) {
        assertThat(isReported(packet(from, to).udp(1, 2, new byte[8]).build())).isFalse();
    }

    @Test
    void comesFromTheOwnAddressThatWasAskedElseFromTheFirst() {
        Host two =
                new Host(b ->
                        b.addresses(
                                List.of(
                                        Host.address(OWN4),
                                        Host.address(OWN6),
                                        Host.address("10.0.0.3"),
                                        Host.address("fd00::3"))));
        String[][] cases = {
            {PEER4, "10.0.0.3", "10.0.0.3"},
            {PEER4, OWN4, OWN4},
            {PEER4, FAR4, OWN4},
            {PEER6, "fd00::3", "fd00::3"},
            {PEER6, FAR6, OWN6}
        };
        for (String[] c : cases) {
            PacketView p =
                    refuse(two, packet(c[0], c[1]).udp(1, 2, new byte[8]).build()).getFirst();
            assertThat(p.src).isEqualTo(Host.address(c[2]).getHostAddress());
            assertThat(p.dst).isEqualTo(Host.address(c[0]).getHostAddress());
            assertThat(p.hopLimit).isEqualTo(64);
            assertThat(p.trafficClass).isZero();
        }
        two.close();
    }

    @Test
    void withoutAnOwnAddressOfTheFamilyItComesFromTheDestination() {
        Host only4 = new Host(b -> b.addresses(List.of(Host.address(OWN4))));
        PacketView p = refuse(only4, packet(PEER6, FAR6).udp(1, 2, new byte[8]).build()).getFirst();
        assertThat(p.src).isEqualTo(Host.address(FAR6).getHostAddress());
        only4.close();
    }

    @Test
    void hostsOfOneNetworkOfIpv6ShareALimit() {
        int sent = 0;
        for (int i = 0; i < 200; i++) {
            byte[] p = packet("fd00::1:" + i, FAR6).udp(1, 2, new byte[8]).build();
            sent += refuse(host, p).size();
        }
        assertThat(sent).isEqualTo(50);
        assertThat(host.stack.counters().icmpOutRateLimited).isEqualTo(150);
        assertThat(refuse(host, packet("fd00:0:0:1::1", FAR6).udp(1, 2, new byte[8]).build()))
                .hasSize(1);
    }

    @Test
    void pingsOfOneNetworkOfIpv6ShareALimitToo() {
        int sent = 0;
        for (int i = 0; i < 1500; i++) {
            byte[] p = packet("fd00::1:" + i, OWN6).icmp(128, 0, i, new byte[8]).build();
            sent += host.input(p).turn().size();
        }
        assertThat(sent).isEqualTo(1000);
        assertThat(host.stack.counters().icmpOutRateLimited).isEqualTo(500);
        assertThat(host.stack.counters().icmpInEchos).isEqualTo(1000);
        assertThat(host.stack.counters().icmpOutMsgs).isEqualTo(1000);
        assertThat(host.input(packet("10.0.0.7", OWN4).icmp(8, 0, 1, new byte[8])).turn())
                .hasSize(1);
    }

    @Test
    void anAllowanceOfNoneIsNone() {
        Host silent = new Host(b -> b.icmpRate(0, 50));
        assertThat(refuse(silent, packet(PEER4, FAR4).udp(1, 2, new byte[8]).build())).isEmpty();
        silent.close();
    }

    @Test
    void aMessageWithoutRoomIsCountedAndNotSent() {
        byte[] p = packet(PEER4, FAR4).udp(1, 2, new byte[900]).build();
        Host rich = new Host(b -> b.icmpRate(1_000_000, 100_000), 64 * 1024);
        for (int i = 0; i < 2000; i++) {
            rich.stack.icmp.unreachable(
                    Host.segment(p), 0, p.length, Refusal.HOST_UNREACHABLE, rich.now);
        }
        Counters counters = rich.stack.counters();
        assertThat(counters.icmpOutDropped).isPositive();
        assertThat(counters.icmpOutMsgs).isPositive();
        assertThat(counters.icmpOutMsgs + counters.icmpOutDropped + counters.icmpOutRateLimited)
                .isEqualTo(2000);
        assertThat(rich.pull()).hasSize((int) counters.icmpOutMsgs);
        rich.close();
    }

    @Test
    void whatWaitsWhenTheStackClosesIsDropped() {
        byte[] p = packet(PEER4, FAR4).udp(1, 2, new byte[8]).build();
        host.stack.icmp.unreachable(
                Host.segment(p), 0, p.length, Refusal.HOST_UNREACHABLE, host.now);
        assertThat(host.stack.hasOutput(host.now)).isTrue();
        host.stack.close();
        assertThat(host.stack.hasOutput(host.now)).isFalse();
        assertThat(host.pull()).isEmpty();
    }
}
