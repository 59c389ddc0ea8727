package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Delivery rates of random histories: loss, reordering, repetition, partial acknowledgment (bbr.md
 * 7: 47).
 */
class SamplerPropertyTest {
    private static final int CASES = 100_000;
    private static final int SEGMENT = 1000;
    private static final long GAP = 100_000;

    /** Bytes a second. */
    private static final double FASTEST = SEGMENT * 1e9 / GAP;

    private final SplittableRandom random = new SplittableRandom(7);
    private final RateSample sample = new RateSample();

    @Test
    void countsEachByteOnceInNoNegativeTime() {
        for (int i = 0; i < CASES; i++) {
            new History(random.split()).play();
        }
    }

    /** One connection's life. */
    private final class History {
        private final SplittableRandom r;
        private final RetransmissionQueue queue = new RetransmissionQueue();
        private final DeliveryRateSampler sampler = new DeliveryRateSampler();
        private long now = 1_000_000_000;
        private long next;
        private long una;
        private long acknowledged;

        History(SplittableRandom r) {
            this.r = r;
        }

        void play() {
            for (int turn = 0; turn < 12; turn++) {
                send(1 + r.nextInt(6));
                if (r.nextInt(4) == 0) {
                    sampler.appLimited(queue.inflight());
                }
                now += 1 + r.nextLong(5_000_000);
                acknowledge();
            }
            while (!queue.isEmpty()) {
                now += 1_000_000;
                repeat();
                now += 1_000_000;
                cumulative(next);
            }
            assertThat(sampler.delivered()).as("each byte once").isEqualTo(next);
            assertThat(acknowledged).isEqualTo(next);
            send(1);
            now += 1_000_000;
            cumulative(next);
            assertThat(sampler.isAppLimited()).as("the bubble ends").isFalse();
        }

        private void send(int segments) {
            for (int i = 0; i < segments; i++) {
                if (queue.isEmpty()) {
                    sampler.pipeWasEmpty(now);
                }
                int slot = queue.append(next, SEGMENT, false);
                sampler.stamp(queue, slot, now);
                next += SEGMENT;
                now += GAP + r.nextLong(GAP);
            }
        }

        /** Loses, selectively acknowledges, cuts and repeats what is in flight, at random. */
        private void acknowledge() {
            begin();
            for (int i = 0; i < queue.count(); i++) {
                int slot = queue.at(i);
                if (!queue.has(slot, TransmissionRecords.SACKED)) {
                    int fate = r.nextInt(4);
                    if (fate == 0 && !queue.has(slot, TransmissionRecords.LOST)) {
                        queue.markLost(slot);
                        sampler.onLost(queue.length(slot));
                    } else if (fate == 1) {
                        deliver(slot, queue.length(slot));
                        queue.markSacked(slot);
                    }
                }
            }
            end();
            if (r.nextInt(2) == 0) {
                repeat();
            }
            if (r.nextInt(2) == 0) {
                now += 1 + r.nextLong(3_000_000);
                cumulative(Math.min(next, una + r.nextInt(4 * SEGMENT)));
            }
        }

        private void repeat() {
            while (queue.firstLost() != RetransmissionQueue.NONE) {
                int slot = queue.firstLost();
                if (queue.length(slot) > 10 && r.nextInt(5) == 0) {
                    queue.splitLost(slot, 1 + r.nextInt(queue.length(slot) - 1));
                }
                queue.sentAgain(slot);
                sampler.stamp(queue, slot, now);
                now += GAP + r.nextLong(GAP);
            }
        }

        private void cumulative(long ack) {
            begin();
            while (!queue.isEmpty() && queue.end(queue.at(0)) <= ack) {
                int slot = queue.at(0);
                if (!queue.has(slot, TransmissionRecords.SACKED)) {
                    deliver(slot, queue.length(slot));
                }
                queue.removeFirst();
            }
            if (!queue.isEmpty() && queue.start(queue.at(0)) < ack) {
                int slot = queue.at(0);
                if (!queue.has(slot, TransmissionRecords.SACKED)) {
                    deliver(slot, (int) (ack - queue.start(slot)));
                }
                queue.trimFirst(ack);
            }
            una = Math.max(una, ack);
            end();
        }

        private void begin() {
            sample.clear();
        }

        private void deliver(int slot, int bytes) {
            sampler.onDelivered(queue, slot, bytes, sample, now);
            acknowledged += bytes;
        }

        private void end() {
            sampler.finish(sample, Long.MAX_VALUE, now);
            assertThat(sampler.delivered()).isEqualTo(acknowledged);
            if (sample.priorDelivered < 0) {
                assertThat(sample.rate).isNegative();
                return;
            }
            assertThat(sample.interval).isNotNegative();
            assertThat(sample.rate).as("the fastest sending").isLessThanOrEqualTo(FASTEST);
            assertThat(sample.delivered).isNotNegative();
        }
    }
}
