package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ACKs that come together, at a bandwidth of 1 MB/s: 1000 bytes are expected each millisecond. */
class BbrExtraAckedTest {
    private static final long MILLI = 1_000_000;
    private static final long START = -77 * MILLI;
    private static final double BW = 1e6;
    private static final long CWND = 200_000;

    private final BbrExtraAcked extra = new BbrExtraAcked();

    @BeforeEach
    void begin() {
        extra.restart(START);
    }

    private void ack(long bytes, long round, long millis) {
        extra.onAck(bytes, BW, CWND, round, 5, START + millis * MILLI);
    }

    @Test
    void isWhatComesBeyondTheBandwidth() {
        ack(3000, 0, 0);
        assertThat(extra.get()).as("none was expected yet").isEqualTo(3000);
        ack(4000, 0, 2);
        assertThat(extra.get()).as("7000 less 2000").isEqualTo(5000);
        ack(1000, 0, 6);
        assertThat(extra.get()).as("the maximum stays").isEqualTo(5000);
    }

    /** What came before is as much as was expected: a new stretch begins. */
    @Test
    void countsAnewOnceNothingIsExtra() {
        ack(3000, 0, 0);
        ack(4000, 0, 3);
        assertThat(extra.get()).as("a new stretch: 4000").isEqualTo(4000);
        ack(6000, 0, 6);
        assertThat(extra.get()).as("10000 of which 3000 were expected").isEqualTo(7000);
    }

    @Test
    void aStretchLastsWhileMoreCameThanWasExpected() {
        ack(3001, 0, 0);
        ack(4000, 0, 3);
        assertThat(extra.get()).as("7001 less 3000").isEqualTo(4001);
    }

    @Test
    void isNoMoreThanTheWindow() {
        ack(CWND + 1, 0, 0);
        assertThat(extra.get()).isEqualTo(CWND);
    }

    @Test
    void idleTimeIsNoStretch() {
        ack(3000, 0, 0);
        extra.restart(START + 2 * MILLI);
        ack(4000, 0, 3);
        assertThat(extra.get()).as("a new stretch again: no more was expected yet").isEqualTo(4000);
    }

    /** Rounds 0 to 4 and 5 to 9 are the halves of the window. */
    @Test
    void forgetsAfterFiveToTenRounds() {
        ack(9000, 0, 0);
        ack(1000, 4, 20);
        ack(2000, 5, 40);
        assertThat(extra.get()).as("the half before").isEqualTo(9000);
        ack(1000, 9, 60);
        assertThat(extra.get()).isEqualTo(9000);
        ack(1500, 10, 80);
        assertThat(extra.get()).as("of rounds 5 to 10").isEqualTo(2000);
        ack(1000, 15, 100);
        assertThat(extra.get()).isEqualTo(1500);
    }

    @Test
    void theHalvesAreAsLongAsItIsTold() {
        extra.onAck(9000, BW, CWND, 0, 1, START);
        extra.onAck(3000, BW, CWND, 1, 1, START + 20 * MILLI);
        assertThat(extra.get()).isEqualTo(9000);
        extra.onAck(1000, BW, CWND, 2, 1, START + 40 * MILLI);
        assertThat(extra.get()).isEqualTo(3000);
    }
}
