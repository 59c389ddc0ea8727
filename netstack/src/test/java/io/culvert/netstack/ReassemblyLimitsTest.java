package io.culvert.netstack;

import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Exactly how much is kept of unfinished datagrams, who gives way, and what never gets through. */
class ReassemblyLimitsTest extends ReassemblyFixture {
    /** A datagram of which this much is here takes half of what a sender may have. */
    private static final int HALF = 64 * 1024 - 2048;

    private static String sender(int number) {
        return "10.1." + number / 250 + "." + (1 + number % 250);
    }

    private List<byte[]> large(String source, int id, int size) {
        return packet(source, OWN4).id(id).udp(1000, 2000, data(HALF)).fragments(size);
    }

    private void allButTheLast(List<byte[]> fragments) {
        fragments.subList(0, fragments.size() - 1).forEach(host::input);
        host.turn();
    }

    private boolean completes(List<byte[]> fragments) {
        int before = log.data.size();
        host.input(fragments.getLast()).turn();
        return log.data.size() > before;
    }

    /** Two fragments that overlap: the datagram is remembered without its bytes. */
    private void discarded(String source, int id) {
        host.input(packet(source, OWN4).id(id).payload(17, new byte[64]).fragment(64, true));
        host.input(packet(source, OWN4).id(id).payload(17, new byte[64]).fragment(96, true));
    }

    @Test
    void aSenderHasTwoLargeDatagramsAtATimeAndAThirdPushesTheOldestOut() {
        for (int round = 0; round < 20; round++) {
            List<byte[]> first = large(PEER4, 3 * round, 8192);
            List<byte[]> second = large(PEER4, 3 * round + 1, 8192);
            List<byte[]> third = large(PEER4, 3 * round + 2, 8192);
            allButTheLast(first);
            allButTheLast(second);
            assertThat(host.stack.counters().ipReasmFails).isEqualTo(2L * round);
            allButTheLast(third);
            assertThat(host.stack.counters().ipReasmFails).isEqualTo(2L * round + 1);
            assertThat(completes(third)).isTrue();
            assertThat(completes(second)).isTrue();
            assertThat(completes(first)).isFalse();
            assertThat(host.stack.counters().ipReasmOks).isEqualTo(2L * round + 2);
            host.advance(16 * Host.SECOND); // what came last of the first began anew
        }
    }

    @Test
    void aSenderHasSixtyFourDatagramsDiscardedOnesCounted() {
        for (int id = 0; id < 64; id++) {
            discarded(PEER4, id);
        }
        assertThat(host.stack.timers.armed()).isEqualTo(64);
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(64);
        discarded(PEER4, 64);
        assertThat(host.stack.timers.armed()).isEqualTo(64);
        assertThat(host.stack.counters().ipReasmFails)
                .as("one that was counted already gave way")
                .isEqualTo(65);
    }

    @Test
    void allTogetherHaveFiveHundredAndTwelve() {
        for (int i = 0; i < 512; i++) {
            discarded(sender(i), 1);
        }
        assertThat(host.stack.timers.armed()).isEqualTo(512);
        for (int i = 512; i < 600; i++) {
            discarded(sender(i), 1);
            assertThat(host.stack.timers.armed()).isEqualTo(512);
        }
    }

    /** All memory is taken by sixteen senders alike, each of which lacks its first fragment. */
    private List<List<byte[]>> fullMemory() {
        List<List<byte[]>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            List<byte[]> fragments = large(sender(i), 1, 1400);
            fragments.subList(1, fragments.size()).forEach(host::input);
            all.add(fragments);
        }
        host.turn();
        assertThat(host.stack.counters().ipReasmFails).isZero();
        return all;
    }

    private void assertOnlyFails(List<List<byte[]>> all, int number) {
        for (int i = 0; i < 16; i++) {
            int before = log.data.size();
            host.input(all.get(i).getFirst()).turn();
            assertThat(log.data.size() > before).as("sender %s", i).isEqualTo(i != number);
        }
    }

    private void wantsMore(int number) {
        byte[] more =
                packet(sender(number), OWN4)
                        .id(2)
                        .payload(17, new byte[1400])
                        .fragment(1400, true)
                        .build();
        host.input(more).turn();
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(1);
    }

    @Test
    void amongEqualsTheOneWhoWantsMoreGivesWayItself() {
        List<List<byte[]>> all = fullMemory();
        wantsMore(5);
        assertOnlyFails(all, 5);
    }

    @Test
    void amongEqualsTheOldestGivesWayToWhoHasNothing() {
        List<List<byte[]>> all = fullMemory();
        wantsMore(16);
        assertOnlyFails(all, 0);
    }

    @Test
    void nothingThatIsNoFragmentGetsThroughAsADatagram() {
        // Each is a whole and sound datagram, but its header says that more belongs to it.
        PacketBuilder uneven = packet(PEER4, OWN4).id(1).udp(1000, 2000, new byte[13]);
        byte[] unevenBytes = uneven.build();
        host.input(uneven.fragment(0, true).build());
        PacketBuilder even = packet(PEER4, OWN4).id(2).udp(1000, 2000, new byte[16]);
        host.input(even.fragment(0, true).build());
        discarded(PEER4, 3);
        PacketBuilder late = packet(PEER4, OWN4).id(3).udp(1000, 2000, new byte[16]);
        host.input(late.fragment(0, true).build());
        host.turn();
        assertThat(log.data).isEmpty();
        host.input(unevenBytes).turn();
        assertThat(log.data).hasSize(1);
    }

    @Test
    void aPacketOfIpv4HasItsHeaderWithinItsLargestSize() {
        host.input(packet(PEER4, OWN4).id(1).payload(17, new byte[12]).fragment(65504, false));
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(1);
        host.input(packet(PEER4, OWN4).id(1).payload(17, new byte[11]).fragment(65504, false));
        assertThat(host.stack.timers.armed()).isEqualTo(1);
        host.input(packet(PEER6, OWN6).id(1).payload(17, new byte[8]).fragment(65528, false));
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(2);
        host.input(packet(PEER6, OWN6).id(1).payload(17, new byte[7]).fragment(65528, false));
        assertThat(host.stack.timers.armed()).isEqualTo(2);
        assertThat(host.stack.counters().ipReasmFails).isEqualTo(2);
    }

    /** RFC 791: the protocol is part of the key; RFC 8200: the next header is not. */
    @Test
    void theProtocolTellsDatagramsOfIpv4ApartAndThoseOfIpv6Not() {
        byte[] data = new byte[1000];
        random.nextBytes(data);
        List<byte[]> v4 = packet(PEER4, OWN4).id(1).udp(1000, 2000, data).fragments(512);
        host.input(v4.getFirst());
        host.input(packet(PEER4, OWN4).id(1).payload(99, new byte[512]).fragment(256, true));
        host.input(v4.getLast()).turn();
        assertThat(log.data).hasSize(1);
        List<byte[]> v6 = packet(PEER6, OWN6).id(1).udp(1000, 2000, data).fragments(512);
        byte[] last = v6.getLast().clone();
        assertThat(last[40]).isEqualTo((byte) 17);
        last[40] = 99;
        host.input(v6.getFirst()).input(last).turn();
        assertThat(log.data).hasSize(2);
        assertThat(log.data.getLast()).isEqualTo(data);
    }

    @Test
    void anErrorAboutAWholeDatagramQuotesItsBeginning() {
        byte[] data = new byte[1000];
        random.nextBytes(data);
        PacketBuilder p = packet(PEER4, OWN4).id(1).udp(1000, 2001, data);
        p.fragments(512).forEach(host::input);
        PacketView out = host.turn().getFirst();
        assertThat(out.isIcmp(3, 3)).isTrue();
        byte[] quoted = out.data();
        assertThat(quoted).hasSize(576 - 28);
        assertThat(Arrays.copyOfRange(quoted, 28, quoted.length))
                .isEqualTo(Arrays.copyOf(data, quoted.length - 28));
    }
}
