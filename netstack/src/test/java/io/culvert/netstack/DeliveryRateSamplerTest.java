package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DeliveryRateSamplerTest {
    private static final long MILLI = 1_000_000;
    private static final int MSS = 1000;

    private final RetransmissionQueue queue = new RetransmissionQueue();
    private final DeliveryRateSampler sampler = new DeliveryRateSampler();
    private final RateSample sample = new RateSample();
    private long next = 1;

    private void send(long now) {
        if (queue.isEmpty()) {
            sampler.pipeWasEmpty(now);
        }
        int slot = queue.append(next, MSS, false);
        next += MSS;
        sampler.stamp(queue, slot, now);
    }

    private void ack(int segments, long now) {
        sample.clear();
        for (int i = 0; i < segments; i++) {
            int slot = queue.at(0);
            sampler.onDelivered(queue, slot, MSS, sample, now);
            queue.removeFirst();
        }
        sampler.finish(sample, 10 * MILLI, now);
    }

    @Test
    void measuresTheRateOfASteadyFlow() {
        long now = 0;
        for (int i = 0; i < 20; i++) {
            send(now);
            now += MILLI;
        }
        for (int i = 0; i < 100; i++) {
            ack(1, now);
            send(now);
            now += MILLI;
        }
        assertThat(sample.rate).as("one segment a millisecond").isCloseTo(1e6, within(1e3));
        assertThat(sample.priorDelivered).isEqualTo(80_000);
        assertThat(sample.deliveredTotal).isEqualTo(100_000);
    }

    @Test
    void doesNotBelieveCompressedAcks() {
        long now = 0;
        for (int i = 0; i < 20; i++) {
            send(now);
            now += MILLI;
        }
        ack(20, now); // all at once
        assertThat(sample.rate).isLessThanOrEqualTo(1.06e6);
    }

    @Test
    void givesNoSampleForAnIntervalShorterThanThePath() {
        send(0);
        ack(1, 5 * MILLI);
        assertThat(sample.rate).isEqualTo(-1);
        send(6 * MILLI);
        ack(1, 16 * MILLI);
        assertThat(sample.rate).isCloseTo(1e5, within(1.0));
    }

    @Test
    void marksSamplesOfAnApplicationThatHadNothingToSend() {
        send(0);
        sampler.appLimited(queue.inflight());
        assertThat(sampler.isAppLimited()).isTrue();
        send(MILLI);
        ack(1, 10 * MILLI);
        assertThat(sample.appLimited).isFalse();
        ack(1, 11 * MILLI);
        assertThat(sample.appLimited).as("was sent in the bubble").isTrue();
        assertThat(sampler.isAppLimited()).as("the bubble has left the pipe").isFalse();
        send(12 * MILLI);
        ack(1, 22 * MILLI);
        assertThat(sample.appLimited).isFalse();
    }

    @Test
    void countsEachByteOnceAndNeverExceedsTheRateOfSending() {
        for (int seed = 0; seed < 200; seed++) {
            Random r = new Random(seed);
            RetransmissionQueue q = new RetransmissionQueue();
            DeliveryRateSampler s = new DeliveryRateSampler();
            long now = 0;
            long position = 1;
            long expected = 0;
            for (int step = 0; step < 500; step++) {
                now += 100_000 + r.nextInt(2_000_000);
                if (q.count() < 30 && r.nextInt(3) > 0) {
                    if (q.isEmpty()) {
                        s.pipeWasEmpty(now);
                    }
                    s.stamp(q, q.append(position, MSS, false), now);
                    position += MSS;
                } else if (q.count() > 0) {
                    sample.clear();
                    for (int n = 1 + r.nextInt(Math.min(3, q.count())); n > 0; n--) {
                        s.onDelivered(q, q.at(0), MSS, sample, now);
                        expected += MSS;
                        q.removeFirst();
                    }
                    s.finish(sample, Long.MAX_VALUE, now);
                    assertThat(sample.deliveredTotal).isEqualTo(expected);
                    assertThat(sample.interval).isNotNegative();
                    double fastest = MSS * 1e9 / 100_000;
                    assertThat(sample.rate).isLessThanOrEqualTo(fastest * 3.1);
                }
            }
        }
    }

    @Test
    void saysWhatWasLostBetweenSendingAndDelivery() {
        send(0);
        send(MILLI);
        sampler.onLost(500);
        assertThat(sampler.isAppLimited()).as("a loss is no bubble").isFalse();
        ack(1, 10 * MILLI);
        assertThat(sample.lost).isEqualTo(500);
        send(11 * MILLI);
        sampler.onLost(300);
        ack(2, 21 * MILLI);
        assertThat(sample.lost).as("after the newest of the batch was sent").isEqualTo(300);
        assertThat(sample.lostTotal).isEqualTo(800);
        assertThat(sampler.lost()).isEqualTo(800);
        assertThat(sampler.delivered()).isEqualTo(3 * MSS);
        assertThat(sampler.transmitted()).isEqualTo(3 * MSS);
    }

    @Test
    void theBubbleLastsUntilMoreThanTheFlightIsDelivered() {
        for (int i = 0; i < 5; i++) {
            send(i * MILLI);
        }
        ack(3, 10 * MILLI);
        sampler.appLimited(queue.inflight());
        send(11 * MILLI);
        ack(2, 12 * MILLI);
        assertThat(sampler.isAppLimited()).isTrue();
        ack(1, 21 * MILLI);
        assertThat(sampler.isAppLimited()).isFalse();
    }

    @Test
    void aLossMakesTheBubbleShorter() {
        for (int i = 0; i < 4; i++) {
            send(i * MILLI);
        }
        sampler.appLimited(queue.inflight());
        sampler.onLost(2 * MSS);
        ack(2, 12 * MILLI);
        assertThat(sampler.isAppLimited()).isTrue();
        ack(1, 13 * MILLI);
        assertThat(sampler.isAppLimited()).isFalse();
    }

    @Test
    void theNewestTransmissionOfABatchDecidesInWhateverOrderTheyAreSeen() {
        for (boolean newestFirst : new boolean[] {false, true}) {
            RetransmissionQueue q = new RetransmissionQueue();
            DeliveryRateSampler s = new DeliveryRateSampler();
            s.pipeWasEmpty(0);
            int[] slots = new int[3];
            for (int i = 0; i < 3; i++) {
                if (i == 2) {
                    s.onDelivered(q, slots[1], MSS, sample, 5 * MILLI);
                    s.finish(sample, Long.MAX_VALUE, 5 * MILLI);
                    q.markSacked(slots[1]);
                }
                slots[i] = q.append(1 + (long) i * MSS, MSS, false);
                s.stamp(q, slots[i], i * 3L * MILLI);
            }
            sample.clear();
            s.onDelivered(q, slots[newestFirst ? 2 : 0], MSS, sample, 20 * MILLI);
            s.onDelivered(q, slots[newestFirst ? 0 : 2], MSS, sample, 20 * MILLI);
            s.finish(sample, Long.MAX_VALUE, 20 * MILLI);
            assertThat(sample.priorDelivered).isEqualTo(MSS);
            assertThat(sample.interval).isEqualTo(15 * MILLI);
            assertThat(sample.delivered).isEqualTo(2 * MSS);
            assertThat(sample.rate)
                    .as("one of the two was sent before the interval")
                    .isEqualTo(MSS * 1e9 / (15 * MILLI));
        }
    }

    @Test
    void noTimeGivesNoRate() {
        send(5 * MILLI);
        sample.clear();
        sampler.onDelivered(queue, queue.at(0), MSS, sample, 5 * MILLI);
        sampler.finish(sample, Long.MAX_VALUE, 5 * MILLI);
        assertThat(sample.interval).isZero();
        assertThat(sample.rate).isEqualTo(-1);
        assertThat(sampler.rate()).isZero();
    }

    @Test
    void theRateIsThatOfTheLastBatchThatGaveOne() {
        assertThat(sampler.rate()).isZero();
        send(0);
        ack(1, 10 * MILLI);
        assertThat(sample.rate).isEqualTo(MSS * 1e9 / (10 * MILLI));
        assertThat(sampler.rate()).isEqualTo(sample.rate);
        send(20 * MILLI);
        ack(1, 30 * MILLI - 1);
        assertThat(sample.rate).as("faster than the path ever was").isEqualTo(-1);
        assertThat(sampler.rate()).isEqualTo(MSS * 1e9 / (10 * MILLI));
        send(40 * MILLI);
        ack(1, 60 * MILLI);
        assertThat(sampler.rate()).isEqualTo(MSS * 1e9 / (20 * MILLI));
    }
}
