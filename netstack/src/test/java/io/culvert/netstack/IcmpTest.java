package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IcmpTest {
    private final Host host = new Host();

    @AfterEach
    void nothingIsLeft() {
        host.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 56, 1000})
    void answersEchoRequestsToItsOwnAddresses(int length) {
        byte[] data = new byte[length];
        new Random(length).nextBytes(data);
        List<PacketView> out =
                host.input(packet(PEER4, OWN4).trafficClass(0xbb).icmp(8, 0, 0x12340007, data))
                        .input(packet(PEER6, OWN6).icmp(128, 0, 0x12340008, data))
                        .turn();
        assertThat(out).hasSize(2);
        assertThat(out.get(0).isIcmp(0, 0)).isTrue();
        assertThat(out.get(0).src).isEqualTo(OWN4);
        assertThat(out.get(0).dst).isEqualTo(PEER4);
        assertThat(out.get(0).i32(4)).isEqualTo(0x12340007);
        assertThat(out.get(0).data()).isEqualTo(data);
        assertThat(out.get(0).trafficClass).as("DSCP kept, ECN not").isEqualTo(0xb8);
        assertThat(out.get(1).isIcmp(129, 0)).isTrue();
        assertThat(out.get(1).i32(4)).isEqualTo(0x12340008);
        assertThat(out.get(1).data()).isEqualTo(data);
    }

    @Test
    void answersALargePingInFragments() {
        byte[] data = new byte[20_000];
        new Random(1).nextBytes(data);
        packet(PEER4, OWN4).id(9).icmp(8, 0, 5, data).fragments(1400).forEach(host::input);
        packet(PEER6, OWN6).id(9).icmp(128, 0, 5, data).fragments(1360).forEach(host::input);
        List<PacketView> out = host.turn();
        assertThat(out).allMatch(PacketView::isFragment);
        byte[] whole4 = new byte[20_008];
        byte[] whole6 = new byte[20_008];
        for (PacketView p : out) {
            byte[] whole = p.v6 ? whole6 : whole4;
            System.arraycopy(p.payload, 0, whole, p.fragmentOffset, p.payload.length);
        }
        assertThat(whole4[0]).isZero();
        assertThat(PacketBuilder.naiveChecksum(whole4)).isZero();
        assertThat(Arrays.copyOfRange(whole4, 8, 20_008)).isEqualTo(data);
        assertThat(whole6[0]).isEqualTo((byte) 129);
        assertThat(Arrays.copyOfRange(whole6, 8, 20_008)).isEqualTo(data);
    }

    @Test
    void dropsDamagedMessages() {
        host.input(packet(PEER4, OWN4).icmp(8, 0, 1, new byte[8]).corruptChecksum(1));
        host.input(packet(PEER6, OWN6).icmp(128, 0, 1, new byte[8]).corruptChecksum(1));
        host.input(packet(PEER4, OWN4).payload(1, new byte[] {8, 0, 0, 0, 0, 0, 0}));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.counters().icmpInErrors).isEqualTo(3);
    }

    @Test
    void echoToForwardedAddressesFollowsThePolicy() {
        host.stack.forwarder(new UdpForwards());
        host.input(packet(PEER4, "9.9.9.9").icmp(8, 0, 1, new byte[8]));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.counters().icmpInEchosDropped).isEqualTo(1);

        Host fake = new Host(b -> b.forwardedEcho(EchoPolicy.FAKE));
        fake.stack.forwarder(new UdpForwards());
        fake.input(packet(PEER4, "9.9.9.9").icmp(8, 0, 1, new byte[8]));
        List<PacketView> out = fake.turn();
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().src).isEqualTo("9.9.9.9");
        fake.close();
    }

    @ParameterizedTest
    @CsvSource({"4", "5", "9", "10", "13", "17"})
    void ignoresWhatATunnelHasNoUseFor(int type) {
        host.input(packet(PEER4, OWN4).icmp(type, 0, 0, new byte[40]));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.counters().icmpInIgnored).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {133, 134, 135, 136, 137, 130, 200})
    void ignoresNeighboursAndRouters(int type) {
        host.input(packet(PEER6, OWN6).hopLimit(255).icmp(type, 0, 0, new byte[40]));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.counters().icmpInIgnored).isEqualTo(1);
    }

    @Test
    void quotesAsMuchAsTheRfcsAllow() {
        byte[] data = new byte[1300];
        List<PacketView> out =
                host.input(packet(PEER4, OWN4).udp(1, 2, data))
                        .input(packet(PEER6, OWN6).udp(1, 2, data))
                        .input(packet(PEER4, OWN4).udp(1, 2, new byte[3]))
                        .turn();
        assertThat(out).hasSize(3);
        assertThat(out.get(0).isIcmp(3, 3)).isTrue();
        assertThat(out.get(0).bytes).hasSize(576);
        assertThat(out.get(0).data())
                .isEqualTo(Arrays.copyOf(packet(PEER4, OWN4).udp(1, 2, data).build(), 548));
        assertThat(out.get(1).isIcmp(1, 4)).isTrue();
        assertThat(out.get(1).bytes).hasSize(1280);
        assertThat(out.get(2).data()).isEqualTo(packet(PEER4, OWN4).udp(1, 2, new byte[3]).build());
    }

    @Test
    void neverReportsAboutIcmpErrors() {
        host.stack.forwarder(new UdpForwards());
        byte[] quote = packet(OWN4, PEER4).udp(1, 2, new byte[8]).build();
        host.input(packet(PEER4, "9.9.9.9").hopLimit(1).icmp(3, 3, 0, quote));
        host.input(packet(PEER4, "9.9.9.9").hopLimit(1).icmp(11, 0, 0, quote));
        assertThat(host.turn()).isEmpty();
        host.input(packet(PEER4, "9.9.9.9").hopLimit(1).icmp(8, 0, 0, quote));
        assertThat(host.turn()).hasSize(1);
    }

    @Test
    void neverReportsAboutLaterFragments() {
        host.stack.forwarder(new UdpForwards());
        PacketBuilder p = packet(PEER4, "9.9.9.9").hopLimit(1).payload(17, new byte[80]);
        host.input(p.fragment(80, true));
        PacketBuilder p6 = packet(PEER6, "2001:db8::1").hopLimit(1).payload(17, new byte[80]);
        host.input(p6.fragment(80, true));
        assertThat(host.turn()).isEmpty();
        host.input(p.fragment(0, true));
        host.input(p6.fragment(0, true));
        assertThat(host.turn()).hasSize(2);
    }

    @Test
    void limitsErrorsToOneHostAndRefills() {
        int sent = 0;
        for (int i = 0; i < 500; i++) {
            sent += host.input(packet(PEER4, OWN4).udp(1, 2, new byte[3])).turn().size();
        }
        assertThat(sent).isEqualTo(50);
        assertThat(host.stack.counters().icmpOutRateLimited).isEqualTo(450);
        assertThat(host.input(packet("10.0.0.7", OWN4).udp(1, 2, new byte[3])).turn())
                .as("another host has a bucket of its own")
                .hasSize(1);
        host.advance(10 * MILLI);
        sent = 0;
        for (int i = 0; i < 500; i++) {
            sent += host.input(packet(PEER4, OWN4).udp(1, 2, new byte[3])).turn().size();
        }
        assertThat(sent).isEqualTo(10);
    }

    @Test
    void limitsErrorsToAllHostsTogetherByANumberThatNobodyForesees() {
        int sent = errorsToManyHosts(host);
        assertThat(sent).isBetween(150, 260);
        byte[] secret = new byte[32];
        secret[0] = 1;
        Host other = new Host(b -> b.secret(secret));
        assertThat(errorsToManyHosts(other)).isBetween(150, 260).isNotEqualTo(sent);
        other.close();
    }

    private static int errorsToManyHosts(Host host) {
        int sent = 0;
        for (int i = 0; i < 5000; i++) {
            String source = "10.1." + i / 250 + "." + (1 + i % 250);
            sent += host.input(packet(source, OWN4).udp(1, 2, new byte[3])).turn().size();
        }
        return sent;
    }

    @Test
    void queueOfMessagesIsBounded() {
        for (int i = 0; i < 900; i++) {
            host.input(packet(PEER4, OWN4).icmp(8, 0, i, new byte[1392]));
        }
        assertThat(host.pool.inUse()).isLessThan(400 * 1024);
        assertThat(host.turn().size()).isBetween(100, 200);
        assertThat(host.stack.counters().icmpOutDropped).isGreaterThan(600);
    }

    @Test
    void floodOfPingsIsLimited() {
        int answered = 0;
        for (int i = 0; i < 3000; i++) {
            answered += host.input(packet(PEER4, OWN4).icmp(8, 0, i, new byte[8])).turn().size();
        }
        assertThat(answered).isEqualTo(1000);
    }

    @ParameterizedTest
    @CsvSource({
        "RESET, 3, 3, 1, 4",
        "HOST_UNREACHABLE, 3, 1, 1, 3",
        "NET_UNREACHABLE, 3, 0, 1, 0",
        "PROHIBITED, 3, 13, 1, 1"
    })
    void refusalsBecomeTheirMessages(Refusal how, int type4, int code4, int type6, int code6) {
        byte[] syn4 =
                packet(PEER4, "9.9.9.9").tcp(1, 80, 5, 0, 2, 1, new byte[0], new byte[0]).build();
        byte[] syn6 =
                packet(PEER6, "2001:db8::9")
                        .tcp(1, 80, 5, 0, 2, 1, new byte[0], new byte[0])
                        .build();
        host.stack.icmp.unreachable(Host.segment(syn4), 0, syn4.length, how, host.now);
        host.stack.icmp.unreachable(Host.segment(syn6), 0, syn6.length, how, host.now);
        List<PacketView> out = host.turn();
        assertThat(out).hasSize(2);
        assertThat(out.get(0).isIcmp(type4, code4)).isTrue();
        assertThat(out.get(1).isIcmp(type6, code6)).isTrue();
        assertThat(out.get(0).dst).isEqualTo(PEER4);
        assertThat(out.get(0).src).isEqualTo(how == Refusal.RESET ? "9.9.9.9" : OWN4);
        assertThat(out.get(0).data()).isEqualTo(syn4);
        assertThat(out.get(1).data()).isEqualTo(syn6);
    }

    @Test
    void silentRefusalIsSilent() {
        byte[] syn = packet(PEER4, "9.9.9.9").udp(1, 2, new byte[0]).build();
        host.stack.icmp.unreachable(Host.segment(syn), 0, syn.length, Refusal.SILENT, host.now);
        assertThat(host.turn()).isEmpty();
    }

    @Test
    void errorsAboutNothingSentAreCounted() {
        byte[] quote = packet(OWN4, PEER4).udp(5, 6, new byte[8]).build();
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, quote));
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, Arrays.copyOf(quote, 27)));
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, new byte[0]));
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, new byte[60]));
        byte[] foreign = packet("10.0.0.77", PEER4).udp(5, 6, new byte[8]).build();
        host.input(packet(PEER4, OWN4).icmp(3, 3, 0, foreign));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.counters().icmpInUnmatched).isEqualTo(5);
    }

    @Test
    void echoIsOrdinaryAgainAfterASecond() {
        host.advance(SECOND);
        assertThat(host.input(packet(PEER4, OWN4).icmp(8, 0, 1, new byte[8])).turn()).hasSize(1);
    }
}
