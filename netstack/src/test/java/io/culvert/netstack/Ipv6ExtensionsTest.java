package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.PacketBuilder.bytes;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ipv6ExtensionsTest {
    private static final byte[] PADDED = bytes(0, 1, 4, 0, 0, 0, 0);

    private final Host host = new Host();
    private final UdpLog log = new UdpLog();

    @BeforeEach
    void bind() {
        host.stack.udp(true, 2000, log);
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    private static PacketBuilder udp() {
        return packet(PEER6, OWN6).udp(1000, 2000, new byte[] {9, 8, 7});
    }

    private List<PacketView> send(PacketBuilder p) {
        host.input(p);
        return host.turn();
    }

    private void assertDelivered(PacketBuilder p) {
        assertThat(send(p)).isEmpty();
        assertThat(log.data).hasSize(1);
    }

    private void assertDropped(PacketBuilder p) {
        assertThat(send(p)).isEmpty();
        assertThat(log.data).isEmpty();
        assertThat(host.stack.counters().ipInExtensionErrors).isEqualTo(1);
    }

    private void assertProblem(PacketBuilder p, int code, int pointer) {
        long before = problems();
        List<PacketView> out = send(p);
        assertThat(log.data).isEmpty();
        assertThat(problems()).isEqualTo(before + 1);
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().isIcmp(4, code)).isTrue();
        assertThat(out.getFirst().i32(4)).as("pointer").isEqualTo(pointer);
        assertThat(out.getFirst().data()).as("quotes the packet").isEqualTo(p.build());
    }

    private long problems() {
        Counters c = host.stack.counters();
        return c.ipInExtensionErrors + c.ipInUnknownProtos;
    }

    @Test
    void walksEveryKnownHeader() {
        byte[] routing = bytes(0, 3, 0, 0, 0, 0, 0);
        byte[] atomic = bytes(0, 0, 0, 0, 0, 0, 1);
        assertDelivered(
                udp().extension(0, PADDED)
                        .extension(60, PADDED)
                        .extension(43, routing)
                        .extension(44, atomic)
                        .extension(60, PADDED));
    }

    @Test
    void walksSixHeadersAndNoMore() {
        PacketBuilder six = udp();
        for (int i = 0; i < 6; i++) {
            six.extension(60, PADDED);
        }
        assertDelivered(six);
        log.data.clear();
        assertDropped(six.extension(60, PADDED));
    }

    @Test
    void dropsMoreThan256BytesOfHeaders() {
        byte[] long31 = new byte[31 * 8 + 7];
        long31[0] = 31;
        Arrays.fill(long31, 1, long31.length, (byte) 0); // Pad1
        assertDelivered(udp().extension(60, long31));
        log.data.clear();
        assertDropped(udp().extension(60, long31).extension(60, PADDED));
    }

    @Test
    void dropsMoreThanEightOptions() {
        byte[] options = new byte[31];
        options[0] = 3;
        for (int i = 1; i + 1 < 31; i += 2) {
            options[i] = 1;
        }
        options[30] = 0;
        byte[] eight = new byte[23];
        eight[0] = 2;
        for (int i = 1; i < 17; i += 2) {
            eight[i] = 1;
        }
        assertDelivered(udp().extension(60, eight));
        log.data.clear();
        assertDropped(udp().extension(60, options));
    }

    @Test
    void hopByHopStandsFirstOnly() {
        assertProblem(udp().extension(60, PADDED).extension(0, PADDED), 1, 40);
    }

    @Test
    void dropsRoutingTypeZeroAndReportsSegmentsLeft() {
        assertDropped(udp().extension(43, bytes(0, 0, 0, 0, 0, 0, 0)));
        assertProblem(udp().extension(43, bytes(0, 4, 1, 0, 0, 0, 0)), 0, 42);
    }

    @Test
    void unknownOptionsFollowTheirTopBits() {
        assertDelivered(udp().extension(60, bytes(0, 0x1e, 2, 0, 0, 0, 0)));
        log.data.clear();
        assertProblem(udp().extension(60, bytes(0, 0, 0x9e, 2, 0, 0, 0)), 2, 43);
        assertProblem(udp().extension(60, bytes(0, 0xde, 2, 0, 0, 0, 0)), 2, 42);
        long before = host.stack.counters().ipInExtensionErrors;
        assertThat(send(udp().extension(60, bytes(0, 0x5e, 2, 0, 0, 0, 0)))).isEmpty();
        assertThat(host.stack.counters().ipInExtensionErrors).isEqualTo(before + 1);
    }

    @Test
    void dropsOptionsThatOverrunTheirHeader() {
        assertDropped(udp().extension(60, bytes(0, 1, 5, 0, 0, 0, 0)));
    }

    @Test
    void dropsOptionWithoutLength() {
        assertDropped(udp().extension(60, bytes(0, 1, 3, 0, 0, 0, 0x1e)));
    }

    @Test
    void dropsTruncatedChains() {
        assertDropped(packet(PEER6, OWN6).payload(60, bytes(17, 1, 1, 4, 0, 0, 0, 0)));
    }

    @Test
    void dropsHeaderOfLessThanEightBytes() {
        assertDropped(packet(PEER6, OWN6).payload(60, bytes(17, 0, 1)));
    }

    @ParameterizedTest
    @ValueSource(ints = {50, 51, 140})
    void securityHeadersAreUnknownProtocols(int type) {
        assertProblem(udp().extension(60, PADDED).extension(type, PADDED), 1, 40);
    }

    @Test
    void noNextHeaderIsTheQuietEnd() {
        assertThat(send(packet(PEER6, OWN6).extension(60, PADDED).payload(59, new byte[5])))
                .isEmpty();
        assertThat(host.stack.counters().ipInExtensionErrors).isZero();
        assertThat(host.stack.counters().ipInNoNextHeaders).isEqualTo(1);
    }

    @Test
    void dropsFragmentHeadersInEachOther() {
        byte[] atomic = bytes(0, 0, 0, 0, 0, 0, 1);
        assertDropped(udp().extension(44, atomic).extension(44, atomic));
    }

    @Test
    void neverReportsAboutIcmpErrorsBehindHeaders() {
        byte[] bad = bytes(0, 0x9e, 2, 0, 0, 0, 0);
        assertThat(send(packet(PEER6, OWN6).extension(60, bad).icmp(1, 4, 0, new byte[48])))
                .isEmpty();
        assertThat(send(packet(PEER6, OWN6).extension(60, bad).icmp(128, 0, 0, new byte[48])))
                .hasSize(1);
    }
}
