package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The formulas of RFC 9937, 6.2, by hand; windows in bytes, segments of 1000. */
class PrrTest {
    private static final int MSS = 1000;

    private final Prr prr = new Prr();

    @Test
    void beginsWithTheFastRetransmit() {
        prr.begin(20_000, 14_000, 17_000, MSS);
        assertThat(prr.cwnd()).isEqualTo(18_000);
    }

    @Test
    void sendsInProportionAboveTheThreshold() {
        prr.begin(20_000, 14_000, 19_000, MSS);
        prr.onSend(MSS);
        prr.onAck(1000, true, 18_500, MSS);
        assertThat(prr.cwnd()).as("700 of 1000, of which all is out").isEqualTo(18_500);
        prr.onAck(1000, true, 17_500, MSS);
        assertThat(prr.cwnd()).as("1400, of which 1000 are out").isEqualTo(17_500 + 400);
        prr.onAck(1, true, 17_500, MSS);
        assertThat(prr.cwnd()).as("1400.7 rounds up").isEqualTo(17_500 + 401);
        prr.onSend(401);
        prr.onAck(999, true, 17_000, MSS);
        assertThat(prr.cwnd()).isEqualTo(17_000 + 2100 - 1401);
    }

    @Test
    void sendsWhatWasDeliveredBelowTheThreshold() {
        prr.begin(20_000, 14_000, 9_000, MSS);
        prr.onSend(MSS);
        prr.onAck(3000, false, 8_000, MSS);
        assertThat(prr.cwnd()).as("no more than was delivered in this ACK").isEqualTo(11_000);
        prr.onSend(2000);
        prr.onAck(1000, false, 8_000, MSS);
        assertThat(prr.cwnd()).as("4000 were delivered, 3000 are out").isEqualTo(9_000);
        prr.onAck(1000, false, 8_000, MSS);
        assertThat(prr.cwnd()).as("and what earlier ACKs left").isEqualTo(10_000);
    }

    @Test
    void growsByASegmentMoreWithEachAckThatFoundNoLoss() {
        prr.begin(20_000, 14_000, 9_000, MSS);
        prr.onSend(MSS);
        prr.onAck(2000, true, 8_000, MSS);
        assertThat(prr.cwnd()).isEqualTo(8_000 + 3_000);
    }

    @Test
    void doesNotGrowBeyondTheThreshold() {
        prr.begin(20_000, 14_000, 15_000, MSS);
        prr.onSend(MSS);
        prr.onAck(5000, true, 14_000, MSS);
        assertThat(prr.cwnd()).as("at the threshold").isEqualTo(14_000);
        prr.onAck(5000, true, 13_500, MSS);
        assertThat(prr.cwnd()).isEqualTo(14_000);
    }

    @Test
    void neverForcesTheFirstRetransmissionToWait() {
        prr.begin(20_000, 14_000, 19_000, MSS);
        prr.onAck(100, false, 18_900, MSS);
        assertThat(prr.cwnd()).isEqualTo(19_900);
        prr.onAck(1329, false, 18_900, MSS);
        assertThat(prr.cwnd()).as("1000.3 round up").isEqualTo(18_900 + 1001);
    }

    @Test
    void neverTakesBackWhatIsOut() {
        prr.begin(20_000, 14_000, 19_000, MSS);
        prr.onSend(10_000);
        prr.onAck(1000, false, 18_000, MSS);
        assertThat(prr.cwnd()).isEqualTo(18_000);
    }

    @Test
    void anAckThatDeliversNothingChangesNothing() {
        prr.begin(20_000, 14_000, 19_000, MSS);
        prr.onAck(0, true, 10_000, MSS);
        assertThat(prr.cwnd()).isEqualTo(20_000);
    }

    @Test
    void beginsAnewEachTime() {
        prr.begin(20_000, 14_000, 19_000, MSS);
        prr.onSend(5_000);
        prr.onAck(9_000, true, 12_000, MSS);
        prr.begin(10_000, 7_000, 9_500, MSS);
        prr.onAck(2_000, true, 8_000, MSS);
        assertThat(prr.cwnd()).isEqualTo(8_000 + 1_400);
    }

    @Test
    void survivesAFlightOfNothing() {
        prr.begin(0, 2_000, 0, MSS);
        prr.onSend(MSS);
        prr.onAck(MSS, false, 3_000, MSS);
        assertThat(prr.cwnd()).isGreaterThanOrEqualTo(3_000);
    }
}
