package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReassemblyTest extends ReassemblyFixture {
    private static PacketBuilder udp(boolean v6, int id, byte[] data) {
        PacketBuilder p = v6 ? packet(PEER6, OWN6) : packet(PEER4, OWN4);
        return p.id(id).udp(1000, 2000, data);
    }

    private void input(List<byte[]> packets) {
        packets.forEach(host::input);
        assertThat(host.turn()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void putsFragmentsTogetherInAnyOrderWithDuplicates(boolean v6) {
        for (int round = 0; round < 500; round++) {
            int size = 8 * (1 + random.nextInt(250));
            int most = Math.min(65507, size * 63 - 8);
            byte[] data = data(1 + random.nextInt(round % 20 == 0 ? most : Math.min(most, 6000)));
            List<byte[]> fragments = udp(v6, round, data).fragments(Math.max(size, 8));
            List<byte[]> order = new ArrayList<>(fragments);
            boolean whole = order.size() == 1;
            for (int i = random.nextInt(4); i > 0 && !whole; i--) {
                order.add(order.get(random.nextInt(order.size())));
            }
            Collections.shuffle(order, random);
            byte[] last = order.getLast();
            while (!whole && order.indexOf(last) < order.size() - 1) {
                order.remove(order.indexOf(last)); // a duplicate after the end begins anew
            }
            log.data.clear();
            input(order);
            assertThat(log.data).as("round %d, %d fragments", round, order.size()).hasSize(1);
            assertThat(log.data.getFirst()).isEqualTo(data);
            host.advance(61 * SECOND);
            assertThat(host.stack.counters().ipReasmFails).isZero();
        }
    }

    @Test
    void takesTheLargestDatagramAndNothingLarger() {
        byte[] data = data(65507);
        input(udp(false, 1, data).fragments(1400));
        assertThat(log.data.getFirst()).isEqualTo(data);

        List<byte[]> fragments = udp(false, 2, data).fragments(1400);
        fragments.removeLast();
        fragments.add(
                packet(PEER4, OWN4)
                        .id(2)
                        .payload(17, new byte[400])
                        .fragment(65512, false)
                        .build());
        input(fragments);
        assertThat(log.data).hasSize(1);
        assertThat(host.stack.counters().ipReasmFails).as("ping of death").isEqualTo(1);
    }

    @Test
    void separatesDatagramsByTheirWholeKey() {
        byte[] a = data(3000);
        byte[] b = data(3000);
        List<byte[]> one = udp(false, 7, a).fragments(1400);
        List<byte[]> two = udp(false, 8, b).fragments(1400);
        List<byte[]> three = packet("10.0.0.9", OWN4).id(7).udp(1000, 2000, a).fragments(1400);
        for (int i = 0; i < one.size(); i++) {
            host.input(one.get(i)).input(two.get(i)).input(three.get(i));
        }
        host.turn();
        assertThat(log.data).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void discardsOverlapsAndAllThatFollows(boolean v6) {
        byte[] data = data(3000);
        List<byte[]> fragments = udp(v6, 5, data).fragments(1400);
        byte[] overlapping = udp(v6, 5, data).fragments(1408).get(1);
        host.input(fragments.get(0)).input(overlapping);
        input(fragments);
        assertThat(log.data).isEmpty();
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(1);
        assertThat(host.stack.counters().ipReasmOks).isZero();

        assertThat(host.advance(61 * SECOND)).as("discarded: no time exceeded").isEmpty();
        input(fragments);
        assertThat(log.data).as("the key is free again").hasSize(1);
    }

    @Test
    void discardsWhenTheEndIsContradicted() {
        PacketBuilder p = packet(PEER4, OWN4).payload(17, new byte[80]);
        host.input(p.id(1).fragment(800, false)).input(p.id(1).fragment(1600, false));
        host.input(p.id(2).fragment(800, false)).input(p.id(2).fragment(880, true));
        host.input(p.id(3).fragment(800, true)).input(p.id(3).fragment(400, false));
        host.input(p.id(4).fragment(800, true)).input(p.id(4).fragment(800, false));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(4);
    }

    @Test
    void dropsFragmentsThatCannotBe() {
        host.input(packet(PEER4, OWN4).payload(17, new byte[13]).fragment(0, true));
        host.input(packet(PEER4, OWN4).payload(17, new byte[0]).fragment(8, false));
        host.input(packet(PEER6, OWN6).payload(17, new byte[0]).fragment(8, true));
        host.input(packet(PEER6, OWN6).payload(17, new byte[12]).fragment(8, true));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(4);
        assertThat(host.stack.timers.armed()).isZero();
    }

    @Test
    void firstFragmentHoldsAllHeaders() {
        byte[] padded = PacketBuilder.bytes(17, 0, 1, 4, 0, 0, 0, 0);
        host.input(packet(PEER4, OWN4).payload(6, new byte[16]).fragment(0, true));
        host.input(packet(PEER6, OWN6).payload(6, new byte[16]).fragment(0, true));
        host.input(packet(PEER6, OWN6).payload(60, padded).fragment(0, true));
        assertThat(host.turn()).isEmpty();
        assertThat(host.stack.timers.armed()).as("nothing was kept").isZero();
        assertThat(host.stack.counters().ipReasmReqds).isEqualTo(3);
    }

    @Test
    void extensionHeadersBehindTheFragmentHeaderAreWalked() {
        byte[] inner = packet(PEER6, OWN6).udp(1000, 2000, data(2000)).build();
        byte[] chain = new byte[8 + inner.length - 40];
        System.arraycopy(PacketBuilder.bytes(17, 0, 1, 4, 0, 0, 0, 0), 0, chain, 0, 8);
        System.arraycopy(inner, 40, chain, 8, inner.length - 40);
        input(packet(PEER6, OWN6).id(77).payload(60, chain).fragments(1200));
        assertThat(log.data).hasSize(1);
        assertThat(log.data.getFirst()).isEqualTo(Arrays.copyOfRange(inner, 48, inner.length));
    }

    @Test
    void timesOutAndTellsTheSenderOnlyWithTheFirstFragment() {
        List<byte[]> first = udp(false, 1, data(3000)).fragments(1400);
        List<byte[]> second = udp(false, 2, data(3000)).fragments(1400);
        host.input(first.get(0)).input(first.get(1)).input(second.get(1));
        host.turn();
        assertThat(host.advance(15 * SECOND - MILLI)).isEmpty();
        List<PacketView> out = host.advance(MILLI);
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().isIcmp(11, 1)).isTrue();
        byte[] quoted = out.getFirst().data();
        assertThat(Arrays.copyOf(quoted, 28)).isEqualTo(Arrays.copyOf(first.getFirst(), 28));
        assertThat(host.stack.counters().ipReasmTimeout).isEqualTo(2);
    }

    @Test
    void timesOutAfterAMinuteInIpv6() {
        List<byte[]> first = udp(true, 1, data(3000)).fragments(1200);
        host.input(first.get(0));
        host.turn();
        assertThat(host.advance(60 * SECOND - MILLI)).isEmpty();
        List<PacketView> out = host.advance(MILLI);
        assertThat(out).hasSize(1);
        assertThat(out.getFirst().isIcmp(3, 1)).isTrue();
        assertThat(Arrays.copyOf(out.getFirst().data(), 56))
                .isEqualTo(Arrays.copyOf(first.getFirst(), 56));
    }

    @Test
    void takesEightByteFragmentsUpToSixtyFour() {
        byte[] fits = data(64 * 8 - 8);
        input(udp(false, 1, fits).fragments(8));
        assertThat(log.data).hasSize(1);
        input(udp(false, 2, data(64 * 8 - 7)).fragments(8));
        assertThat(log.data).hasSize(1);
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(1);
    }

    @Test
    void dropsPiecesTooSmallToBeMeantInEarnest() {
        Host usual = new Host();
        UdpLog earnest = new UdpLog();
        usual.stack.udp(false, 2000, earnest);
        udp(false, 1, data(3000)).fragments(248).forEach(usual::input);
        usual.turn();
        assertThat(earnest.data).isEmpty();
        assertThat(usual.stack.timers.armed()).as("only the last was kept").isEqualTo(1);
        udp(false, 2, data(3000)).fragments(256).forEach(usual::input);
        usual.turn();
        assertThat(earnest.data).hasSize(1);
        usual.close();
    }

    @Test
    void anAtomicFragmentDisturbsNoOther() {
        byte[] data = data(3000);
        List<byte[]> fragments = udp(true, 7, data).fragments(1200);
        host.input(fragments.getFirst());
        host.input(
                packet(PEER6, OWN6)
                        .id(7)
                        .extension(44, new byte[] {0, 0, 0, 0, 0, 0, 7})
                        .udp(1000, 2000, new byte[5]));
        input(fragments.subList(1, fragments.size()));
        assertThat(log.data).hasSize(2);
        assertThat(log.data.getFirst()).hasSize(5);
        assertThat(log.data.get(1)).isEqualTo(data);
    }

    @Test
    void combinesCongestionMarks() {
        byte[] data = data(3000);
        List<byte[]> fragments = udp(false, 1, data).trafficClass(0xb8 | 2).fragments(1400);
        fragments.set(1, PacketBuilder.fixV4Checksum(withByte(fragments.get(1), 1, 0xb8 | 3)));
        input(fragments);
        assertThat(log.trafficClass).isEqualTo(0xb8 | 3);

        fragments = udp(false, 2, data).fragments(1400);
        fragments.set(1, PacketBuilder.fixV4Checksum(withByte(fragments.get(1), 1, 3)));
        input(fragments);
        assertThat(log.data).as("CE with not-ECT is dropped").hasSize(1);
    }

    private static byte[] withByte(byte[] packet, int at, int value) {
        packet[at] = (byte) value;
        return packet;
    }

    @Test
    void floodOfOneSenderDoesNotPushOutAnother() {
        byte[] good = data(20_000);
        List<byte[]> fragments = udp(false, 1, good).fragments(1400);
        fragments.subList(0, 10).forEach(host::input);
        for (int i = 0; i < 20_000; i++) {
            PacketBuilder p = packet("10.9.9.9", OWN4).id(i).payload(17, new byte[1400]);
            host.input(p.fragment(1400 * (i % 40), true));
        }
        fragments.subList(10, fragments.size()).forEach(host::input);
        host.turn();
        assertThat(log.data).hasSize(1);
        assertThat(log.data.getFirst()).isEqualTo(good);
        assertThat(host.stack.timers.armed()).isLessThanOrEqualTo(64);
    }

    @Test
    void floodOfManySendersStaysWithinTheLimits() {
        for (int i = 0; i < 30_000; i++) {
            String source =
                    "10." + (i >> 16 & 255) + "." + (i >> 8 & 255) + "." + Math.max(3, i & 255);
            host.input(packet(source, OWN4).id(i).payload(17, new byte[1400]).fragment(1400, true));
        }
        host.turn();
        assertThat(host.stack.timers.armed()).isLessThanOrEqualTo(512);
        byte[] good = data(5000);
        input(udp(false, 1, good).fragments(1400));
        assertThat(log.data).hasSize(1);
        host.advance(16 * SECOND);
        assertThat(host.stack.timers.armed()).isZero();
    }
}
