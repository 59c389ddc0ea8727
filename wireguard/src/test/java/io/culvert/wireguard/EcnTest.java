package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Congestion marks and classes across the tunnel. */
@Tag("A13")
class EcnTest {
    private static final int DSCP_EF = 46 << 2;

    private final Pair pair = Pair.connected(1);

    /** RFC 6040 section 4.2, figure 4; a sender without ECN is left alone, as the kernel does. */
    @ParameterizedTest
    @CsvSource({
        "0, 0, 0", "0, 1, 0", "0, 2, 0", "0, 3, 0",
        "1, 0, 1", "1, 1, 1", "1, 2, 1", "1, 3, 3",
        "2, 0, 2", "2, 1, 1", "2, 2, 2", "2, 3, 3",
        "3, 0, 3", "3, 1, 3", "3, 2, 3", "3, 3, 3"
    })
    void theOuterMarkIsCombinedIntoTheInnerPacket(int inner, int outer, int expected) {
        byte[] v4 = ipv4(DSCP_EF | inner, 100);
        byte[] v6 = ipv6(DSCP_EF | inner, 100);
        pair.bob.ecn = outer;

        pair.send(pair.alice, v4);
        pair.send(pair.alice, v6);

        assertThat(pair.bob.received)
                .containsExactly(ipv4(DSCP_EF | expected, 100), ipv6(DSCP_EF | expected, 100));
    }

    /** 65536 headers that differ in a word of their own, so that every sum occurs. */
    @Test
    void theMendedChecksumIsTheOneThatComputingItAnewGives() {
        byte[] ect0 = ipv4(Ecn.ECT_0, 20);
        byte[] ect1 = ipv4(Ecn.ECT_1, 20);
        byte[] ce = ipv4(Ecn.CE, 20);
        for (int id = 0; id < 0x10000; id++) {
            identify(ect0, id);
            identify(ect1, id);
            identify(ce, id);
            assertThat(combined(ect0, Ecn.CE)).isEqualTo(ce);
            assertThat(combined(ect1, Ecn.CE)).isEqualTo(ce);
            assertThat(combined(ect0, Ecn.ECT_1)).isEqualTo(ect1);
        }
    }

    private static byte[] combined(byte[] packet, int outer) {
        byte[] copy = packet.clone();
        Ecn.combine(MemorySegment.ofArray(copy), 0, outer);
        return copy;
    }

    @Test
    void aWrongInnerChecksumStaysWrong() {
        byte[] packet = ipv4(Ecn.ECT_0, 100);
        packet[10] ^= 0x40;
        pair.bob.ecn = Ecn.CE;
        pair.send(pair.alice, packet);
        byte[] expected = ipv4(Ecn.CE, 100);
        expected[10] ^= 0x40;
        assertThat(pair.bob.received).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void dataShowsItsMarkOutsideAndNotItsClass(int inner) {
        pair.alice.seal(ipv4(DSCP_EF | inner, 100), pair.now);
        assertThat(pair.alice.device.trafficClass()).isEqualTo(inner);
        assertThat(pair.alice.device.recipient()).isSameAs(pair.aliceToBob);
        pair.alice.seal(ipv6(0xfc | inner, 100), pair.now);
        assertThat(pair.alice.device.trafficClass()).isEqualTo(inner);
    }

    @Test
    void aStagedPacketKeepsItsMark() {
        Pair fresh = new Pair(2);
        assertThat(fresh.alice.sealTo(ipv4(Ecn.ECT_0, 100), fresh.now)).isEqualTo(Device.STAGED);
        fresh.carry(fresh.alice.poll(fresh.now).getFirst());
        assertThat(fresh.alice.device.trafficClass()).isEqualTo(0x88);
        fresh.carry(fresh.bob.poll(fresh.now).getFirst());
        assertThat(fresh.bob.device.trafficClass()).isEqualTo(0x88);
        assertThat(fresh.bob.device.recipient()).isSameAs(fresh.bobToAlice);
        assertThat(fresh.alice.poll(fresh.now)).hasSize(1);
        assertThat(fresh.alice.device.trafficClass()).isEqualTo(Ecn.ECT_0);
        assertThat(fresh.alice.device.recipient()).isSameAs(fresh.aliceToBob);
    }

    @Test
    void aKeepaliveHasNoClass() {
        pair.alice.seal(ipv4(Ecn.CE, 100), pair.now);
        pair.aliceToBob.queueKeepalive(pair.now);
        assertThat(pair.alice.poll(pair.now)).hasSize(1);
        assertThat(pair.alice.device.trafficClass()).isZero();
    }

    @Test
    void aCookieReplyHasNoClassAndIsNobodys() {
        pair.jump(10 * Pair.SECOND);
        pair.bob.seal(ipv4From("10.0.0.2", "10.0.0.1", Ecn.CE, 100), pair.now);
        pair.aliceToBob.initiate(pair.now);
        pair.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        assertThat(pair.bob.poll(pair.now)).singleElement().matches(d -> d.type() == 3);
        assertThat(pair.bob.device.trafficClass()).isZero();
        assertThat(pair.bob.device.recipient()).isNull();
    }

    @Test
    void anOuterMarkOnAHandshakeOrKeepaliveIsOfNoConsequence() {
        Pair fresh = new Pair(3);
        fresh.alice.ecn = Ecn.CE;
        fresh.bob.ecn = Ecn.CE;
        fresh.aliceToBob.initiate(fresh.now);
        fresh.exchange();
        assertThat(fresh.aliceToBob.hasSession(fresh.now)).isTrue();
        assertThat(fresh.bobToAlice.hasSession(fresh.now)).isTrue();
    }

    private static byte[] ipv4(int trafficClass, int length) {
        return ipv4From("10.0.0.1", "10.0.0.2", trafficClass, length);
    }

    private static byte[] ipv4From(String from, String to, int trafficClass, int length) {
        byte[] packet = Packets.ip(from, to, length);
        packet[1] = (byte) trafficClass;
        identify(packet, length);
        return packet;
    }

    /** Sets the identification, and the checksum anew. */
    private static void identify(byte[] packet, int id) {
        packet[4] = (byte) (id >> 8);
        packet[5] = (byte) id;
        packet[10] = 0;
        packet[11] = 0;
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += (packet[i] & 0xff) << 8 | (packet[i + 1] & 0xff);
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = ~((sum & 0xffff) + (sum >>> 16));
        packet[10] = (byte) (sum >> 8);
        packet[11] = (byte) sum;
    }

    private static byte[] ipv6(int trafficClass, int length) {
        byte[] packet = Packets.ip("fd00::1", "fd00::2", length);
        packet[0] |= (byte) (trafficClass >> 4);
        packet[1] = (byte) (trafficClass << 4 | (packet[1] & 0x0f));
        return packet;
    }
}
