package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rounds of hand-made samples; RTTs in milliseconds where they don't matter otherwise. */
class BbrRoundsTest {
    private final BbrRounds rounds = new BbrRounds();
    private final RateSample sample = new RateSample();
    private long delivered;

    @BeforeEach
    void clear() {
        sample.clear();
    }

    private void see(long priorDelivered, double rate, long rtt) {
        sample.priorDelivered = priorDelivered;
        sample.deliveredTotal = delivered += 1000;
        sample.rate = rate;
        sample.rtt = rtt;
        rounds.onSample(sample);
    }

    /** What was sent after all that is delivered so far: it begins a round. */
    private void begin(double rate) {
        see(delivered, rate, 50);
    }

    private void goOn(double rate) {
        see(0, rate, 50);
    }

    @Test
    void endWhenSomethingSentAfterTheyBeganIsDelivered() {
        see(0, 1, 50);
        assertThat(rounds.started()).isTrue();
        assertThat(rounds.count()).isOne();
        see(999, 1, 50);
        assertThat(rounds.started()).isFalse();
        assertThat(rounds.count()).isOne();
        see(1000, 1, 50); // 3000 are delivered now
        assertThat(rounds.started()).isTrue();
        assertThat(rounds.count()).isEqualTo(2);
        see(2999, 1, 50);
        assertThat(rounds.started()).isFalse();
        rounds.restart(6000);
        see(5999, 1, 50);
        assertThat(rounds.started()).isFalse();
        see(6000, 1, 50);
        assertThat(rounds.started()).isTrue();
        assertThat(rounds.count()).isEqualTo(3);
        rounds.noSample();
        assertThat(rounds.started()).isFalse();
        assertThat(rounds.count()).isEqualTo(3);
    }

    @Test
    void knowTheirBestRateThatNoApplicationLimited() {
        assertThat(rounds.best()).isZero();
        begin(10);
        goOn(30);
        goOn(20);
        sample.appLimited = true;
        goOn(99);
        assertThat(rounds.best()).isEqualTo(30);
        assertThat(rounds.lastBest()).isZero();
        assertThat(rounds.lastAppLimited()).isFalse();
        sample.appLimited = false;
        begin(5);
        assertThat(rounds.best()).isEqualTo(5);
        assertThat(rounds.lastBest()).isEqualTo(30);
        assertThat(rounds.lastAppLimited()).isTrue();
        begin(5);
        assertThat(rounds.lastBest()).isEqualTo(5);
        assertThat(rounds.lastAppLimited()).isFalse();
    }

    @Test
    void knowTheirLowestRoundTripTime() {
        assertThat(rounds.minRtt()).isEqualTo(Long.MAX_VALUE);
        assertThat(rounds.lastMinRtt()).isEqualTo(Long.MAX_VALUE);
        see(delivered, 1, 50);
        see(0, 1, 40);
        see(0, 1, 45);
        see(0, 1, -1);
        see(0, 1, 0);
        assertThat(rounds.minRtt()).isEqualTo(40);
        see(delivered, 1, -1);
        assertThat(rounds.minRtt()).isEqualTo(Long.MAX_VALUE);
        assertThat(rounds.lastMinRtt()).isEqualTo(40);
        see(0, 1, 60);
        assertThat(rounds.minRtt()).isEqualTo(60);
        begin(1);
        assertThat(rounds.lastMinRtt()).isEqualTo(60);
    }

    @Test
    void knowWhatTheyLostAndDelivered() {
        sample.lostTotal = 300;
        begin(1); // 1000 are delivered
        sample.lostTotal = 400;
        goOn(1);
        sample.lostTotal = 700;
        goOn(1);
        assertThat(rounds.lastLost()).isEqualTo(300);
        assertThat(rounds.lastDelivered()).isEqualTo(1000);
        sample.lostTotal = 900;
        begin(1);
        assertThat(rounds.lastLost()).isEqualTo(600);
        assertThat(rounds.lastDelivered()).isEqualTo(3000);
        begin(1);
        assertThat(rounds.lastLost()).isZero();
        assertThat(rounds.lastDelivered()).isEqualTo(1000);
    }

    @Test
    void growInTheLastRoundOrInThisOne() {
        begin(100);
        assertThat(rounds.grew(1.25)).as("nothing to compare with").isFalse();
        begin(124);
        assertThat(rounds.grew(1.25)).isFalse();
        goOn(125);
        assertThat(rounds.grew(1.25)).as("in this one").isTrue();
        assertThat(rounds.lastGrew(1.25)).as("not the last one").isFalse();
        begin(100);
        assertThat(rounds.grew(1.25)).as("the last one").isTrue();
        assertThat(rounds.lastGrew(1.25)).isTrue();
        begin(100);
        assertThat(rounds.grew(1.25)).isFalse();
        assertThat(rounds.lastGrew(1.25)).isFalse();
    }

    /** A rate of which only an application's limit is known is nothing to have grown from. */
    @Test
    void doNotGrowFromNothing() {
        sample.appLimited = true;
        begin(1);
        sample.appLimited = false;
        begin(100);
        assertThat(rounds.lastBest()).isZero();
        assertThat(rounds.grew(1.25)).isFalse();
        begin(100);
        assertThat(rounds.lastGrew(1.25)).isFalse();
        assertThat(rounds.grew(1.25)).isFalse();
    }
}
