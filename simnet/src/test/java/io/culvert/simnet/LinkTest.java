package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.culvert.simnet.Trace.Fate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkTest {
    private static final int OVERHEAD = 28;
    private static final long MILLI = 1_000_000;

    /** What came out of the link, in the order in which it was sent. */
    private static final class Sink implements Link.Departures {
        static final class Arrival {
            private final long time;
            private final byte[] data;
            private final int length;

            Arrival(long time, byte[] data, int length) {
                this.time = time;
                this.data = data;
                this.length = length;
            }

            long time() {
                return time;
            }
        }

        final List<Arrival> arrivals = new ArrayList<>();
        final List<Fate> drops = new ArrayList<>();
        final List<Boolean> dropped = new ArrayList<>();

        @Override
        public void arrivesAt(long arrival, byte[] data, int length, Fate fate) {
            arrivals.add(new Arrival(arrival, data, length));
            dropped.add(false);
        }

        @Override
        public void dropped(byte[] data, int length, Fate fate) {
            drops.add(fate);
            dropped.add(true);
        }
    }

    private final Sink sink = new Sink();

    private Link send(LinkProfile profile, int count, int length, long every) {
        Link link = new Link("a>b", new SeededRandom(5), profile);
        for (int i = 0; i < count; i++) {
            byte[] data = new byte[length];
            data[0] = (byte) i;
            link.send(data, length, OVERHEAD, i * every, sink);
        }
        return link;
    }

    @Test
    void aPerfectLinkDeliversAtOnceAndUnchanged() {
        send(LinkProfile.PERFECT, 100, 1200, 10);
        assertThat(sink.arrivals).hasSize(100);
        for (int i = 0; i < 100; i++) {
            assertThat(sink.arrivals.get(i).time()).isEqualTo(i * 10L);
            assertThat(sink.arrivals.get(i).data[0]).isEqualTo((byte) i);
        }
    }

    @Test
    void losesAtItsRate() {
        Link link = send(LinkProfile.PERFECT.but().loss(0.05).build(), 20_000, 10, 1);
        assertThat(sink.drops).hasSize((int) link.counters().lost()).containsOnly(Fate.LOST);
        assertThat(link.counters().lost()).isCloseTo(1000, within(120L));
    }

    @Test
    void losesInBurstsOfTheGivenLength() {
        send(
                LinkProfile.PERFECT.but().burst(BurstLoss.of(0.02, 8 * MILLI)).build(),
                100_000,
                10,
                MILLI);
        int bursts = 0;
        for (int i = 1; i < sink.dropped.size(); i++) {
            bursts += sink.dropped.get(i) && !sink.dropped.get(i - 1) ? 1 : 0;
        }
        assertThat(sink.drops.size()).isCloseTo(2000, within(500));
        assertThat((double) sink.drops.size() / bursts).isCloseTo(8, within(1.5));
    }

    @Test
    void delayAndJitterKeepTheOrder() {
        send(LinkProfile.PERFECT.but().delay(20 * MILLI, 10 * MILLI).build(), 1000, 10, MILLI);
        long last = 0;
        for (int i = 0; i < 1000; i++) {
            Sink.Arrival a = sink.arrivals.get(i);
            assertThat(a.time())
                    .isBetween(i * MILLI + 20 * MILLI, i * MILLI + 30 * MILLI)
                    .isGreaterThanOrEqualTo(last);
            last = a.time();
        }
    }

    @Test
    void datagramsHeldBackAreOvertaken() {
        LinkProfile profile =
                LinkProfile.PERFECT.but().delay(MILLI, 0).reorder(0.1, 5 * MILLI).build();
        Link link = send(profile, 1000, 10, MILLI / 2);
        long overtaken = 0;
        for (int i = 1; i < 1000; i++) {
            overtaken += sink.arrivals.get(i).time() < sink.arrivals.get(i - 1).time() ? 1 : 0;
        }
        assertThat(link.counters().reordered()).isCloseTo(100, within(30L));
        assertThat(overtaken).isBetween(40L, link.counters().reordered());
    }

    @Test
    void duplicatesAreCopies() {
        Link link =
                send(LinkProfile.PERFECT.but().duplicate(0.1).corrupt(0.5, 1).build(), 1000, 10, 1);
        assertThat(link.counters().duplicated()).isCloseTo(100, within(30L));
        assertThat(sink.arrivals).hasSize(1000 + (int) link.counters().duplicated());
        assertThat(sink.arrivals.stream().map(a -> System.identityHashCode(a.data)).distinct())
                .hasSize(sink.arrivals.size());
    }

    @Test
    void flipsExactlyOneBitWhenToldSo() {
        Link link = send(LinkProfile.PERFECT.but().corrupt(1, 1).build(), 1, 100, 1);
        int bits = 0;
        for (byte b : sink.arrivals.getFirst().data) {
            bits += Integer.bitCount(b & 255);
        }
        assertThat(bits).isEqualTo(1);
        assertThat(link.counters().corrupted()).isEqualTo(1);
    }

    @Test
    void cutsOffTheEnd() {
        send(LinkProfile.PERFECT.but().truncate(1).build(), 50, 100, 1);
        assertThat(sink.arrivals).allMatch(a -> a.length >= 1 && a.length < 100);
    }

    @Test
    void theRateSpacesDatagramsAndTheQueueOverflows() {
        // 1000 bytes on the wire each, 100 bytes a millisecond, room for three in the queue.
        LinkProfile profile = LinkProfile.PERFECT.but().rate(100, 3000).build();
        Link link = send(profile, 6, 1000 - OVERHEAD, 0);
        assertThat(sink.arrivals.stream().map(Sink.Arrival::time))
                .containsExactly(10 * MILLI, 20 * MILLI, 30 * MILLI);
        assertThat(sink.drops).hasSize(3).containsOnly(Fate.QUEUE_FULL);
        assertThat(link.counters().queueFull()).isEqualTo(3);
    }

    @Test
    void theQueueDrains() {
        LinkProfile profile = LinkProfile.PERFECT.but().rate(100, 1000).build();
        send(profile, 100, 1000 - OVERHEAD, 10 * MILLI);
        assertThat(sink.arrivals).hasSize(100);
    }

    @Test
    void theMtuCountsTheOuterHeaders() {
        LinkProfile profile = LinkProfile.PERFECT.but().mtu(1280).build();
        send(profile, 1, 1280 - OVERHEAD, 1);
        assertThat(sink.arrivals).hasSize(1);
        Link link = send(profile, 1, 1281 - OVERHEAD, 1);
        assertThat(sink.drops).containsExactly(Fate.TOO_BIG);
        assertThat(link.counters().tooBig()).isEqualTo(1);
    }

    @Test
    void refusesWhatIsNoProfile() {
        assertThatThrownBy(() -> LinkProfile.PERFECT.but().loss(1.5).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1.5");
        assertThatThrownBy(() -> LinkProfile.PERFECT.but().loss(Double.NaN).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LinkProfile.PERFECT.but().delay(-1, 0).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LinkProfile.PERFECT.but().mtu(20).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BurstLoss(0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
