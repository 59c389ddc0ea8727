package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Time-outs, and recoveries that are taken back, as congestion control hears of them; RTT 50 ms.
 */
class TcpRepairTest {
    private static final int FULL = 1380 - 12;
    private static final int RTT = 50;

    private final CongestionLog log = new CongestionLog();
    private final TcpScript t =
            new TcpScript(b ->
                    b.tcp(TcpSettings.builder().congestionControl(seed -> log).retries(4).build()));

    /** A connection on which a full segment arrived already; segment 0 is the next. */
    private void warm(Seg syn) {
        t.established(syn, RTT);
        t.write(FULL);
        t.drain();
        t.advanceMillis(RTT);
        t.send(ack(0));
        t.app.events.clear();
        log.calls.clear();
    }

    private void warm() {
        warm(t.syn());
    }

    private void warmWithoutSack() {
        warm(Seg.of("S").mss(FULL).ws(7));
    }

    private static int at(int segment) {
        return 1 + (segment + 1) * FULL;
    }

    private Seg ack(int segment, int... sackedSegments) {
        Seg s = Seg.of("A").seq(1).ack(at(segment));
        for (int sacked : sackedSegments) {
            s.sack(at(sacked));
        }
        return s;
    }

    private void expect(String... calls) {
        assertThat(log.take()).containsExactly(calls);
    }

    /** Milliseconds until something leaves. */
    private long untilSent() {
        long start = t.host.now;
        t.drain();
        for (int i = 0; i < 100_000 && t.out.isEmpty(); i++) {
            t.advanceMillis(1);
        }
        return (t.host.now - start) / Host.MILLI;
    }

    @Test
    void withoutSackATimeoutTakesAllForLost() {
        warmWithoutSack();
        t.write(3 * FULL);
        log.take();
        assertThat(untilSent()).as("srtt and 200 ms").isEqualTo(250);
        List<String> calls = log.take();
        assertThat(calls)
                .startsWith(
                        "lost 1F of 1F after 0 total 1F starved elsewhere",
                        "lost 1F of 2F after 0 total 2F starved",
                        "lost 1F of 3F after 0 total 3F starved")
                .endsWith(
                        "send 1F inflight 1F again",
                        "send 1F inflight 2F again",
                        "send 1F inflight 3F again");
        assertThat(calls.get(3)).startsWith("ENTER_RTO inflight 0 of 3F sacked 0");
        assertThat(calls).hasSize(7);
        assertThat(t.host.stack.tcp.counters.timeouts).isEqualTo(1);
        assertThat(t.host.stack.tcp.counters.lost).isEqualTo(3);
        assertThat(t.host.stack.tcp.counters.retransmitted).isEqualTo(3);
        assertThat(untilSent()).as("twice as long").isEqualTo(500);
        assertThat(t.sender().recovery.retries()).isEqualTo(2);
        t.send(ack(3));
        assertThat(log.take()).anyMatch(c -> c.startsWith("EXIT inflight 0 of 0"));
        assertThat(t.sender().recovery.retries()).isZero();
        assertThat(t.sender().isFlushed()).isTrue();
    }

    @Test
    void whenAllIsAcknowledgedThereIsNothingToWaitFor() {
        warm();
        t.write(3 * FULL);
        TcpTimers timers = t.connection().timers();
        assertThat(timers.isSet(TcpTimers.RTO) && timers.isSet(TcpTimers.TLP)).isTrue();
        t.advanceMillis(RTT);
        t.send(ack(0, 2, 3));
        assertThat(timers.isSet(TcpTimers.REORDER)).isTrue();
        t.send(ack(3));
        assertThat(timers.isSet(TcpTimers.RTO)).isFalse();
        assertThat(timers.isSet(TcpTimers.TLP)).isFalse();
        assertThat(timers.isSet(TcpTimers.REORDER)).isFalse();
    }

    @Test
    void theTimeoutCountsFromTheLastAckOfSomethingNew() {
        warmWithoutSack();
        t.write(2 * FULL);
        t.advanceMillis(200);
        t.send(ack(1));
        long rto = t.sender().rtt.rto() / Host.MILLI;
        assertThat(untilSent()).isBetween(rto, rto + 1);
        assertThat(rto).isGreaterThan(250);
    }

    @Test
    void whatLeavesAfterATimeoutMeasuresThePathAndNotTheWait() {
        warm();
        t.write(2 * FULL);
        untilSent(); // the tail loss probe
        untilSent();
        assertThat(t.sender().recovery.retries()).isEqualTo(1);
        t.advanceMillis(RTT);
        t.send(ack(2));
        TcpInfo info = TcpInfo.of(t.connection());
        assertThat((double) info.deliveryRate()).isCloseTo(2 * FULL / 0.05, withinPercentage(5));
    }

    @Test
    void theSecondSegmentDoesNotPutTheTimeoutOff() {
        warmWithoutSack();
        t.write(FULL);
        t.advanceMillis(100);
        t.write(FULL);
        assertThat(untilSent()).isEqualTo(150);
    }

    @Test
    void duplicatesKeepNobodyAlive() {
        warmWithoutSack();
        t.write(FULL);
        for (int i = 0; i < 100 && t.app.events.isEmpty(); i++) {
            untilSent();
            t.send(ack(0));
        }
        t.expectEvents("closed TIMEOUT");
        assertThat(t.host.now / Host.SECOND).isLessThan(60);
        t.drain();
        t.close();
    }

    @Test
    void aClosedWindowThatIsConfirmedDoes() {
        warm();
        t.send(ack(0).win(0));
        t.write(FULL);
        for (int i = 0; i < 20; i++) {
            untilSent();
            t.send(ack(0).win(0));
            assertThat(t.sender().recovery.retries()).isZero();
        }
        t.expectEvents();
        t.connection().abort();
        t.turn();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void aTimeoutThatADelayCausedIsTakenBackWithAllThatWasTakenForLost(int acknowledged) {
        warm();
        t.write(10 * FULL);
        t.drain();
        int original = t.lastTimestamp;
        t.advanceMillis(120); // a tail loss probe
        t.drain();
        log.take();
        untilSent();
        assertThat(log.take()).anyMatch(c -> c.startsWith("ENTER_RTO inflight"));
        t.drain();
        t.send(ack(acknowledged).ts(t.now(), original));
        int left = 10 - acknowledged;
        String size = left == 0 ? "0" : left + "F";
        assertThat(log.take())
                .anyMatch(c -> c.startsWith("SPURIOUS inflight " + size + " of " + size + " "))
                .noneMatch(c -> c.startsWith("EXIT"));
        assertThat(t.host.stack.tcp.counters.undone).isEqualTo(1);
        assertThat(t.sender().queue.lost()).isZero();
        assertThat(t.drain()).as("nothing more is repeated").isEmpty();
        assertThat(t.sender().rtt.backoff()).isZero();
        assertThat(t.sender().recovery.takesHeadFirst()).isFalse();
    }

    @Test
    void sacksThatThePeerTakesBackCountAsNotSaid() {
        warm();
        t.write(4 * FULL);
        t.drain();
        t.advanceMillis(RTT);
        t.send(ack(0, 1, 4));
        t.drain();
        t.advanceMillis(RTT);
        t.send(ack(1)); // 1 is here and everything behind it isn't
        assertThat(t.sender().queue.sacked()).isEqualTo(3 * FULL);
        long before = t.host.stack.tcp.counters.timeouts;
        while (t.host.stack.tcp.counters.timeouts == before) {
            untilSent();
        }
        assertThat(t.host.stack.tcp.counters.reneged).isEqualTo(1);
        assertThat(t.sender().queue.sacked()).isZero();
        assertThat(t.sender().acknowledgments.scoreboard().isEmpty()).isTrue();
        t.drain();
        t.send(ack(2, 3, 4));
        assertThat(t.sender().queue.sacked()).isEqualTo(FULL);
        t.send(ack(4));
        assertThat(t.sender().isFlushed()).isTrue();
    }

    @Test
    void karnsRuleHoldsWithoutTimestampsAndTheEchoTellsWithThem() {
        warm(Seg.of("S").mss(FULL).ws(7).sackOk());
        t.write(FULL);
        untilSent();
        t.advanceMillis(130);
        long srtt = t.sender().rtt.srtt();
        t.send(ack(1));
        assertThat(t.sender().rtt.srtt()).as("nobody knows of which").isEqualTo(srtt);
    }

    @Test
    void anEchoOfTheRepetitionIsASample() {
        warm();
        t.write(FULL);
        untilSent();
        t.advanceMillis(130);
        long srtt = t.sender().rtt.srtt();
        t.send(ack(1));
        assertThat(t.sender().rtt.srtt()).isEqualTo(srtt + (130 * Host.MILLI - srtt) / 8);
    }

    @Test
    void anEchoOfTheFirstTransmissionIsNone() {
        warm();
        t.write(FULL);
        int original = t.lastTimestamp;
        untilSent();
        t.advanceMillis(130);
        long srtt = t.sender().rtt.srtt();
        t.send(ack(1).ts(t.now(), original));
        assertThat(t.sender().rtt.srtt()).isEqualTo(srtt);
    }

    // Blocks at the edges of records

    @Test
    void aBlockThatCoversPartOfASegmentTellsNothingOfIt() {
        warm();
        t.write(4 * FULL);
        t.drain();
        t.advanceMillis(RTT);
        t.send(ack(0).sack(at(1) + 1, at(3)));
        assertThat(t.sender().queue.sacked()).as("2 alone").isEqualTo(FULL);
        t.send(ack(0).sack(at(1), at(4) - 1));
        assertThat(t.sender().queue.sacked()).as("1 and 2").isEqualTo(2 * FULL);
        t.send(ack(0).sack(at(1), at(4)));
        assertThat(t.sender().queue.sacked()).as("and 3").isEqualTo(3 * FULL);
        assertThat(t.connection().info().delivered()).isEqualTo(4 * FULL);
    }

    @Test
    void blocksOfWhatNeverLeftOrAreEmptyAreIgnored() {
        warm();
        t.write(4 * FULL);
        t.drain();
        t.send(ack(0).sack(at(2), at(4) + 1));
        t.send(ack(0).sack(at(2), at(2)));
        t.send(ack(0).sack(at(3), at(2)));
        assertThat(t.sender().queue.sacked()).isZero();
        assertThat(t.host.stack.tcp.counters.duplicateSacks).isZero();
        t.send(ack(0).sack(at(3), at(4)));
        assertThat(t.sender().queue.sacked()).isEqualTo(FULL);
    }

    @Test
    void theFirstBlockReportsADuplicateBelowTheAckOrWithinTheSecond() {
        warm();
        t.write(6 * FULL);
        t.drain();
        TcpCounters counters = t.host.stack.tcp.counters;
        t.send(ack(2).sack(at(1), at(2)));
        assertThat(counters.duplicateSacks).isEqualTo(1);
        t.send(ack(2).sack(at(4), at(5)));
        assertThat(counters.duplicateSacks).isEqualTo(1);
        t.send(ack(2).sack(at(4), at(5), at(4), at(5)));
        assertThat(counters.duplicateSacks).isEqualTo(2);
        t.send(ack(2).sack(at(4), at(5), at(3), at(5)));
        assertThat(counters.duplicateSacks).isEqualTo(3);
        t.send(ack(2).sack(at(4), at(5), at(4) + 1, at(5)));
        t.send(ack(2).sack(at(4), at(5), at(4), at(5) - 1));
        assertThat(counters.duplicateSacks).as("not within").isEqualTo(3);
        t.send(ack(2).sack(at(3), at(5), at(1), at(2)));
        assertThat(counters.duplicateSacks).as("the first one only").isEqualTo(3);
    }

    @Test
    void partOfASegmentMayBeAcknowledged() {
        warm();
        t.write(2 * FULL);
        t.drain();
        log.take();
        t.advanceMillis(RTT);
        t.send(Seg.of("A").seq(1).ack(at(0) + 400));
        expect("ack 400 una 400 inflight 2F to 2336 rtt 50 alone starved");
        t.send(ack(1));
        expect("ack 968 una 968 inflight 2336 to 1F rtt 50 alone starved");
        t.send(ack(2));
        assertThat(t.connection().info().delivered()).isEqualTo(3 * FULL);
    }
}
