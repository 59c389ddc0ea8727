package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How long the ACK of a lone segment waits: half of the round trip as the receiver sees it, 40 ms
 * at most.
 */
class TcpAckDelayTest {
    private static final int FULL = 1380 - 12;
    private static final int QUICK = 16;

    private final TcpScript t = new TcpScript();
    private int seq = 1;
    private int clockBase;

    /** Opened with timestamps; {@link #data} says how old the echo is. */
    private void open() {
        t.listen();
        t.timestamps = true;
        t.send(t.syn());
        t.expect("SA");
        t.send(Seg.of("A").seq(1).ack(1));
        clockBase = t.lastTimestamp - (int) (t.host.now / Host.MILLI);
        t.app.events.clear();
    }

    /** A full segment that echoes what we said so many milliseconds ago. */
    private Seg data(int echoAge) {
        int echo = clockBase + (int) (t.host.now / Host.MILLI) - echoAge;
        Seg s = Seg.of("A").seq(seq).ack(1).data(FULL).ts(t.now(), echo);
        seq += FULL;
        return s;
    }

    private Seg plain() {
        Seg s = Seg.of("A").seq(seq).ack(1).data(FULL);
        seq += FULL;
        return s;
    }

    private void quick(int echoAge) {
        for (int i = 0; i < QUICK; i++) {
            t.send(data(echoAge));
            t.expect("A").hasAck(seq);
            t.advanceMillis(1);
        }
    }

    /** Milliseconds that the ACK of the segment takes. */
    private long delay(Seg s) {
        long start = t.host.now;
        t.send(s);
        for (int i = 0; i < 100 && t.out.isEmpty(); i++) {
            t.advanceMillis(1);
        }
        Seg ack = t.expect("A").hasAck(seq);
        t.expectNothing();
        return (ack.at - start) / Host.MILLI;
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "2, 1", "40, 20", "79, 39", "80, 40", "81, 40", "3000, 40"})
    void isHalfOfTheRoundTripAndFortyMillisecondsAtMost(int rtt, int delay) {
        open();
        quick(rtt);
        assertThat(delay(data(rtt))).isEqualTo(delay);
        assertThat(delay(data(rtt))).as("the one behind it does not wait").isZero();
        assertThat(delay(data(rtt))).isEqualTo(delay);
    }

    @Test
    void aLongerSampleCountsForAnEighth() {
        open();
        quick(40);
        assertThat(delay(data(40))).isEqualTo(20);
        assertThat(delay(data(72))).isZero();
        assertThat(delay(data(44))).as("half of 44").isEqualTo(22);
    }

    @Test
    void aShorterSampleMakesTheMeanShorterByAnEighth() {
        open();
        quick(60);
        assertThat(delay(data(60))).isEqualTo(30);
        assertThat(delay(data(12))).isZero();
        assertThat(delay(data(54))).as("half of 54").isEqualTo(27);
        assertThat(delay(data(6))).isZero();
        assertThat(delay(data(48))).as("half of 48").isEqualTo(24);
    }

    @Test
    void theSameEchoAgainSaysNothing() {
        open();
        quick(40);
        Seg last = data(40);
        final int echo = last.echo;
        assertThat(delay(last)).isEqualTo(20);
        assertThat(delay(data(0).ts(t.now(), echo))).isZero();
        assertThat(delay(data(0).ts(t.now(), echo))).isEqualTo(20);
    }

    @ParameterizedTest
    @CsvSource({"9999, 40", "10000, 20", "20000, 20"})
    void whatTookTenSecondsIsNoSample(int rtt, int delay) {
        open();
        quick(40);
        assertThat(delay(data(40))).isEqualTo(20);
        assertThat(delay(data(rtt))).isZero();
        Seg none = data(0);
        none.ts(t.now(), 0); // an echo of 0 is none
        assertThat(delay(none)).isEqualTo(delay);
    }

    @Test
    void withoutTimestampsItIsTheTimeInWhichAWindowArrives() {
        t.established(Seg.of("S").mss(1380));
        t.advanceMillis(30);
        for (int i = 0; i < QUICK; i++) {
            t.send(plain());
            t.expect("A").hasAck(seq);
        }
        assertThat(delay(plain())).as("the first data came after 30 ms").isEqualTo(15);
        assertThat(delay(plain())).isZero();
        t.advanceMillis(95); // 110 ms after the first data
        while (seq < 65536) {
            t.send(plain());
        }
        t.drain();
        assertThat(delay(plain())).as("half of 30 and an eighth of 80").isEqualTo(20);
    }

    @Test
    void beforeAnySampleItIsThatOfOurOwnSegments() {
        t.listen();
        t.send(Seg.of("S").mss(1380));
        t.expect("SA");
        t.advanceMillis(50);
        t.send(Seg.of("A").seq(1).ack(1));
        for (int i = 0; i < QUICK; i++) {
            t.send(plain());
            t.expect("A").hasAck(seq);
        }
        assertThat(delay(plain())).isEqualTo(25);
    }

    @Test
    void withoutOurOwnItIsAGuess() {
        t.listen();
        t.send(Seg.of("S").mss(1380));
        t.advanceMillis(1500);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1));
        for (int i = 0; i < QUICK; i++) {
            t.send(plain());
            t.expect("A").hasAck(seq);
        }
        assertThat(delay(plain())).isEqualTo(40);
    }

    @ParameterizedTest
    @CsvSource({"999, false", "1000, false", "1001, true"})
    void afterASecondAFlowIsYoungAgain(int pause, boolean young) {
        open();
        quick(40);
        assertThat(delay(data(40))).isEqualTo(20);
        t.advanceMillis(pause - 20);
        assertThat(delay(data(40))).as("after a delayed ACK one is at once").isZero();
        assertThat(delay(data(40)) == 0).isEqualTo(young);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void withoutSackWhatIsOwedAndTheHoleAreAnsweredEach(int owed) {
        t.established(Seg.of("S").mss(1380));
        t.advanceMillis(30);
        for (int i = 0; i < QUICK; i++) {
            t.send(plain());
        }
        t.drain();
        Seg behind = Seg.of("A").seq(seq + 2 * FULL).ack(1).data(100);
        if (owed == 0) {
            t.send(behind);
        } else {
            t.send(plain(), behind);
        }
        assertThat(t.drain()).hasSize(1 + owed).allMatch(s -> s.ack == seq);
    }

    @Test
    void twoLoneSegmentsOrOneWithPushAreAcknowledgedAtOnce() {
        open();
        quick(40);
        Seg first = data(40);
        Seg second = data(40);
        t.send(first).expectNothing();
        t.send(second);
        t.expect("A").hasAck(seq);
        Seg pushed = data(40);
        pushed.flags |= PacketBuilder.PSH;
        assertThat(delay(pushed)).isZero();
        assertThat(delay(data(40))).as("the push before is no reason").isEqualTo(20);
    }

    // Timestamps (RFC 7323)

    @ParameterizedTest
    @CsvSource({"-100, true", "-101, false", "0, true", "1, true"})
    void aTimestampMayBeOlderByAsMuchAsAPathReorders(int later, boolean taken) {
        open();
        Seg newest = data(10);
        int recent = t.now();
        t.send(newest);
        t.drain();
        Seg s = Seg.of("A").seq(seq).ack(1).data(10).ts(recent + later, t.lastTimestamp);
        t.send(s);
        t.expect("A").hasAck(taken ? seq + 10 : seq);
        assertThat(t.host.stack.tcp.counters.pawsDropped).isEqualTo(taken ? 0 : 1);
    }

    @ParameterizedTest
    @CsvSource({"-1, false", "0, true"})
    void after24DaysATimestampSaysNothing(long nanos, boolean taken) {
        open();
        t.send(data(10));
        t.drain();
        int recent = t.now();
        t.advanceMillis(24L * 24 * 3600 * 1000);
        t.host.now += nanos;
        t.send(Seg.of("A").seq(seq).ack(1).data(10).ts(recent - 1_000_000, t.lastTimestamp));
        t.expect("A").hasAck(taken ? seq + 10 : seq);
    }

    @Test
    void echoesTheSegmentThatTheLastAckWaitedFor() {
        open();
        t.send(data(10).ts(t.now(), 1));
        final int first = t.now();
        assertThat(t.expect("A").echo).isEqualTo(first);
        t.advanceMillis(7);
        t.send(Seg.of("A").seq(seq + FULL).ack(1).data(FULL).ts(t.now(), 1)); // behind a hole
        assertThat(t.expect("A").echo).as("not of what is out of order").isEqualTo(first);
        t.advanceMillis(7);
        int filling = t.now();
        t.send(Seg.of("A").seq(seq).ack(1).data(FULL).ts(filling, 1));
        assertThat(t.expect("A").hasAck(seq + 2 * FULL).echo).isEqualTo(filling);
        t.advanceMillis(7);
        t.send(Seg.of("A").seq(seq + 2 * FULL).ack(1).data(10).ts(filling - 5, 1));
        assertThat(t.expect("A").echo).as("none that is older").isEqualTo(filling);
    }
}
