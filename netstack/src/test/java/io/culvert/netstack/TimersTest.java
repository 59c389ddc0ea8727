package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimersTest {
    private final Timers timers = new Timers();
    private final List<Probe> fired = new ArrayList<>();

    private final class Probe extends Timer {
        private long wanted = Timer.NEVER;
        private int told;

        @Override
        void nearlyDue(long now) {
            told++;
        }

        @Override
        void fire(long now) {
            fired.add(this);
        }
    }

    @Test
    void firesAtTheDeadlineAndOnlyOnce() {
        Probe p = new Probe();
        timers.arm(p, 100);
        timers.advance(99);
        assertThat(fired).isEmpty();
        timers.advance(100);
        assertThat(fired).containsExactly(p);
        assertThat(p.isArmed()).isFalse();
        timers.advance(1000);
        assertThat(fired).hasSize(1);
        assertThat(timers.nextDeadline()).isEqualTo(Timer.NEVER);
    }

    /** Those that were moved to a later time may be told as well: they know better. */
    @Test
    void tellsWhoIsDueSoon() {
        Random random = new Random(1);
        List<Probe> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            Probe p = new Probe();
            p.wanted = random.nextInt(1000);
            timers.arm(p, p.wanted);
            all.add(p);
        }
        timers.tellUntil(300, 0);
        assertThat(all).allSatisfy(p -> assertThat(p.told).isEqualTo(p.wanted <= 300 ? 1 : 0));
        assertThat(fired).isEmpty();
        assertThat(timers.armed()).isEqualTo(500);
    }

    @Test
    void saysTheTrueDeadlineAfterAMoveToLaterAndToEarlier() {
        Probe a = new Probe();
        Probe b = new Probe();
        timers.arm(a, 100);
        timers.arm(b, 300);
        timers.arm(a, 500);
        assertThat(timers.nextDeadline()).isEqualTo(300);
        timers.arm(a, 50);
        assertThat(timers.nextDeadline()).isEqualTo(50);
        timers.cancel(a);
        assertThat(timers.nextDeadline()).isEqualTo(300);
        timers.remove(b);
        assertThat(timers.nextDeadline()).isEqualTo(Timer.NEVER);
        assertThat(timers.armed()).isZero();
    }

    @Test
    void cancelledTimerCanBeArmedAgainEarlierThanBefore() {
        Probe a = new Probe();
        timers.arm(a, 1000);
        timers.cancel(a);
        timers.arm(a, 10);
        timers.advance(10);
        assertThat(fired).containsExactly(a);
    }

    @Test
    void timerThatRearmsItselfInThePastFiresOncePerAdvance() {
        int[] count = new int[1];
        Timer t =
                new Timer() {
                    @Override
                    void fire(long now) {
                        count[0]++;
                        timers.arm(this, now - 5);
                    }
                };
        timers.arm(t, 7);
        timers.advance(50);
        assertThat(count[0]).isEqualTo(1);
        assertThat(timers.nextDeadline()).isEqualTo(51);
    }

    @Test
    void behavesLikeASortedListUnderAHundredThousandTimers() {
        Random random = new Random(7);
        List<Probe> probes = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            Probe p = new Probe();
            probes.add(p);
            p.wanted = random.nextInt(1_000_000);
            timers.arm(p, p.wanted);
        }
        long now = 0;
        for (int step = 0; step < 200; step++) {
            for (int i = 0; i < 2000; i++) {
                move(probes.get(random.nextInt(probes.size())), now, random);
            }
            now += random.nextInt(8000);
            fired.clear();
            timers.advance(now);
            long last = Long.MIN_VALUE;
            for (Probe p : fired) {
                assertThat(p.wanted).isLessThanOrEqualTo(now).isGreaterThanOrEqualTo(last);
                last = p.wanted;
                p.wanted = Timer.NEVER;
            }
            long earliest = Timer.NEVER;
            int armed = 0;
            for (Probe p : probes) {
                earliest = Math.min(earliest, p.wanted);
                armed += p.wanted == Timer.NEVER ? 0 : 1;
            }
            assertThat(timers.nextDeadline()).isEqualTo(earliest).isGreaterThan(now);
            assertThat(timers.armed()).isEqualTo(armed);
        }
    }

    private void move(Probe p, long now, Random random) {
        switch (random.nextInt(6)) {
            case 0 -> {
                timers.cancel(p);
                p.wanted = Timer.NEVER;
            }
            case 1 -> {
                timers.remove(p);
                p.wanted = Timer.NEVER;
            }
            default -> {
                p.wanted = now + 1 + random.nextInt(1_000_000);
                timers.arm(p, p.wanted);
            }
        }
    }
}
