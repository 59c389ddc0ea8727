package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** 1 MB/s and 100 ms: 100 segments of 1000 bytes are the product, 50 the window of ProbeRTT. */
class BbrProbeRttFiguresTest {
    private static final int MSS = 1000;
    private static final long MILLI = 1_000_000;

    private final BbrSamples path = new BbrSamples(BbrParameters.PROFILE);
    private final BbrProbeRtt probe = new BbrProbeRtt(path.model);

    @BeforeEach
    void know() {
        path.round(100, 1e6);
        path.round(100, 1e6);
    }

    @Test
    void keepsHalfTheProductInFlight() {
        probe.begin();
        assertThat(probe.cwnd()).isEqualTo(50 * MSS);
    }

    @Test
    void keepsFourSegmentsAtLeast() {
        path.model.bandwidth.replace(50_000);
        probe.begin();
        assertThat(probe.cwnd()).isEqualTo(4 * MSS);
    }

    /** D4: of a bandwidth that is long gone half the product would keep the queue standing. */
    @Test
    void followsWhatTheLastRoundsDelivered() {
        path.round(20, 0.2e6);
        path.round(30, 0.3e6);
        probe.begin();
        path.round(10, 0.1e6); // for its window already
        assertThat(probe.cwnd()).isEqualTo(15 * MSS);
        assertThat(path.model.bw()).isEqualTo(1e6);
        path.model.bandwidth.replace(0.1e6);
        assertThat(probe.cwnd()).as("whichever is less").isEqualTo(5 * MSS);
    }

    private boolean ack(long inflight, long millis) {
        return probe.onAck(inflight, path.now + millis * MILLI);
    }

    private void anotherRound() {
        path.see(path.delivered, 1000, 0.5e6);
    }

    @Test
    void lastsTwoHundredMillisecondsOnceLittleIsInFlight() {
        probe.begin();
        assertThat(ack(50 * MSS + 1, 0)).isFalse();
        assertThat(ack(50 * MSS, 100)).as("it begins").isFalse();
        anotherRound();
        assertThat(ack(50 * MSS, 300)).isFalse();
        assertThat(probe.isDone(path.now + 300 * MILLI)).isFalse();
        assertThat(probe.isDone(path.now + 300 * MILLI + 1)).isTrue();
        assertThat(ack(50 * MSS, 301)).isTrue();
    }

    @Test
    void isNotDoneBeforeLittleIsInFlight() {
        probe.begin();
        anotherRound();
        assertThat(ack(50 * MSS + 1, 500)).isFalse();
        assertThat(probe.isDone(path.now + 1000 * MILLI)).isFalse();
    }

    @Test
    void lastsARoundAtLeast() {
        probe.begin();
        path.see(path.delivered - 1, 1000, 0.5e6);
        assertThat(ack(50 * MSS, 0)).as("the round begins with it").isFalse();
        long sent = path.delivered;
        path.see(sent - 1, 1000, 0.5e6);
        assertThat(ack(50 * MSS, 400)).isFalse();
        assertThat(probe.isDone(path.now + 400 * MILLI)).as("after a pause it is").isTrue();
        path.see(sent, 1000, 0.5e6);
        assertThat(ack(50 * MSS, 400)).isTrue();
    }

    @Test
    void theRoundMayEndBeforeTheTwoHundredMilliseconds() {
        probe.begin();
        ack(50 * MSS, 0);
        anotherRound();
        assertThat(ack(50 * MSS, 100)).isFalse();
        path.see(path.delivered - 1, 1000, 0.5e6);
        assertThat(ack(50 * MSS, 201)).isTrue();
    }

    /** What is in flight after it began shows the path as it is then. */
    @Test
    void aRoundBeginsWithIt() {
        path.see(0, 5000, 1e6);
        probe.begin();
        path.see(path.delivered - 1, 1000, 1e6);
        assertThat(path.model.rounds.started()).isFalse();
        BbrProbeRttFiguresTest other = new BbrProbeRttFiguresTest();
        other.know();
        other.path.see(0, 5000, 1e6);
        other.probe.begin();
        other.path.see(other.path.delivered, 1000, 1e6);
        assertThat(other.path.model.rounds.started()).isTrue();
    }

    @Test
    void theNextBeginsAsTheFirst() {
        probe.begin();
        ack(50 * MSS, 0);
        anotherRound();
        assertThat(ack(50 * MSS, 201)).isTrue();
        probe.begin();
        assertThat(probe.isDone(path.now + 1000 * MILLI)).isFalse();
        assertThat(ack(50 * MSS, 1000)).isFalse();
        path.see(path.delivered - 1, 1000, 0.5e6);
        assertThat(ack(50 * MSS, 1201)).as("its round is not over").isFalse();
    }
}
