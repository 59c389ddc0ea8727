package io.culvert.bench;

import static io.culvert.bench.PathDirection.Fate.DELIVERED;
import static io.culvert.bench.PathDirection.Fate.DROPPED;
import static io.culvert.bench.PathDirection.Fate.LOST;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.bench.PathDirection.Fate;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class PathDirectionTest {
    private static final long MILLI = 1_000_000;

    /** 1480 bytes take 59.2 us at 200 Mb/s. */
    private static final int PACKET = 1480;

    private static final long TRANSMISSION = 59_200;

    private static PathDirection path(String shape) {
        return new PathDirection(PathShape.parse(shape), 1);
    }

    @Test
    void withoutBottleneckEveryPacketTakesHalfTheRoundTrip() {
        PathDirection path = path("50/0/-/0");
        for (long now : new long[] {0, 0, 7, MILLI}) {
            assertThat(path.offer(now, PACKET)).isEqualTo(DELIVERED);
            assertThat(path.due()).isEqualTo(now + 25 * MILLI);
        }
        assertThat(path.maxQueueNanos()).isZero();
    }

    @Test
    void aTrainLeavesTheBottleneckPacketByPacket() {
        PathDirection path = path("50/0/200/100");
        for (int i = 1; i <= 64; i++) {
            assertThat(path.offer(5 * MILLI, PACKET)).isEqualTo(DELIVERED);
            assertThat(path.due()).isEqualTo(5 * MILLI + i * TRANSMISSION + 25 * MILLI);
        }
        assertThat(path.maxQueueNanos()).isEqualTo(63 * TRANSMISSION);
        assertThat(path.meanQueueNanos()).isEqualTo(31.5 * TRANSMISSION);
    }

    @Test
    void aShortPacketTakesItsShareOfTheRate() {
        PathDirection path = path("0/0/200/100");
        path.offer(0, PACKET / 4);
        assertThat(path.due()).isEqualTo(TRANSMISSION / 4);
    }

    @Test
    void anIdleBottleneckSavesNothingUp() {
        PathDirection path = path("0/0/200/100");
        path.offer(0, PACKET);
        path.offer(MILLI, PACKET);
        assertThat(path.due()).isEqualTo(MILLI + TRANSMISSION);
    }

    @Test
    void theQueueTakesWhatTheRateSendsInItsTimeAndNoMore() {
        PathDirection path = path("50/0/200/100");
        int fits = (int) (100 * MILLI / TRANSMISSION);
        for (int i = 0; i < fits; i++) {
            assertThat(path.offer(0, PACKET)).isEqualTo(DELIVERED);
        }
        assertThat(path.offer(0, PACKET)).isEqualTo(DROPPED);
        assertThat(path.offer(TRANSMISSION, PACKET)).isEqualTo(DELIVERED);
        assertThat(path.offer(TRANSMISSION, PACKET)).isEqualTo(DROPPED);
        assertThat(path.dropped()).isEqualTo(2);
        assertThat(path.maxQueueNanos()).isLessThanOrEqualTo(100 * MILLI);
    }

    @Test
    void underOverloadGoodputIsTheRate() {
        PathDirection path = path("50/0/200/100");
        long delivered = 0;
        for (long now = 0; now < 1000 * MILLI; now += TRANSMISSION / 2) {
            delivered += path.offer(now, PACKET) == DELIVERED && path.due() <= 1025 * MILLI ? 1 : 0;
        }
        assertThat(delivered * PACKET * 8).isCloseTo(200_000_000L, Percentage.withPercentage(0.1));
    }

    @Test
    void lossIsRandomAtItsRateAndTheSameForTheSameSeed() {
        int packets = 1_000_000;
        List<Fate> first = fates("50/1/-/0", 7, packets);
        assertThat(first.stream().filter(LOST::equals).count())
                // Five standard deviations of a binomial distribution are 498.
                .isBetween(10_000L - 498, 10_000L + 498);
        assertThat(fates("50/1/-/0", 7, packets)).isEqualTo(first);
        assertThat(fates("50/1/-/0", 8, packets)).isNotEqualTo(first);
    }

    private static List<Fate> fates(String shape, long seed, int packets) {
        PathDirection path = new PathDirection(PathShape.parse(shape), seed);
        List<Fate> fates = new ArrayList<>();
        for (int i = 0; i < packets; i++) {
            fates.add(path.offer(0, PACKET));
        }
        return fates;
    }

    @Test
    void aLostPacketHasUsedTheBottleneck() {
        PathDirection lossy = path("0/100/200/100");
        assertThat(lossy.offer(0, PACKET)).isEqualTo(LOST);
        assertThat(lossy.offer(0, PACKET)).isEqualTo(LOST);
        assertThat(lossy.maxQueueNanos()).isEqualTo(TRANSMISSION);
    }
}
