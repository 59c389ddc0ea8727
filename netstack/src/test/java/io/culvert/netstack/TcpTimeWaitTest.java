package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What rests of closed connections: what it answers, what ends it, and when (RFC 9293, RFC 6191).
 */
class TcpTimeWaitTest {
    private TcpScript t = new TcpScript();

    @AfterEach
    void nothingIsLeft() {
        t.close();
    }

    /**
     * A connection of that port which both sides closed; its own numbers begin at {@code t.isn}.
     */
    private void rest(int peerPort, Seg syn) {
        t.peerPort = peerPort;
        t.isnKnown = false;
        if (t.listener == null) {
            t.listen();
        }
        t.timestamps = syn.hasTimestamp;
        t.send(syn);
        t.send(Seg.of("A").seq(1).ack(1));
        t.connection().close();
        t.turn();
        t.send(Seg.of("FA").seq(1).ack(2));
        t.expectState(TcpState.TIME_WAIT);
        t.drain();
        t.app.events.clear();
    }

    private void rest(Seg syn) {
        rest(TcpScript.PEER_PORT, syn);
    }

    private int count() {
        return t.host.stack.tcp.timeWaits.count();
    }

    private void expectAcknowledged() {
        t.expect("A").hasSeq(2).hasAck(2).hasLength(0);
        t.expectNothing();
        assertThat(count()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 2, false", "0, 3, true", "-1, 3, false", "-1, 100000, false", "1, -9, true"})
    void aSynIsNewerByItsTimestampAndIfThatIsTheSameByItsNumber(int later, int seq, boolean opens) {
        rest(t.syn());
        t.send(Seg.of("S").seq(seq).mss(1460).ts(t.now() + later, 0));
        if (opens) {
            t.expect("SA").hasAck(seq + 1);
            assertThat(count()).isZero();
            assertThat(t.host.stack.tcp.counters.timeWaitReused).isEqualTo(1);
        } else {
            expectAcknowledged();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "3, true", "-70000, false"})
    void withoutTimestampsOnBothSidesTheNumberDecides(int seq, boolean opens) {
        rest(Seg.of("S").mss(1460));
        t.send(Seg.of("S").seq(seq).mss(1460).ts(t.now() - 1000, 0));
        if (opens) {
            t.expect("SA").hasAck(seq + 1);
        } else {
            expectAcknowledged();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SA", "SF", "SFA"})
    void aSynWithMoreThanThatOpensNothing(String flags) {
        rest(t.syn());
        t.send(Seg.of(flags).seq(1000).ack(2).ts(t.now() + 10, 0));
        expectAcknowledged();
    }

    @Test
    void newNumbersBeginFarBehindTheOldOnes() {
        rest(Seg.of("S").mss(1460));
        t.send(Seg.of("S").seq(3).mss(1460));
        t.expect("SA").hasSeq(2 + 65537);
    }

    @Test
    void whatIsInOrderAndEmptyNeedsNoAnswerAndAllElseDoes() {
        rest(Seg.of("S").mss(1460));
        t.send(Seg.of("A").seq(2).ack(2)).expectNothing();
        t.send(Seg.of("A").seq(3).ack(2));
        expectAcknowledged();
        t.send(Seg.of("A").seq(1).ack(2));
        expectAcknowledged();
        t.send(Seg.of("PA").seq(2).ack(2).data(1));
        expectAcknowledged();
        t.send(Seg.of("R").seq(2)).expectNothing();
        t.send(Seg.of("RA").seq(3).ack(2)).expectNothing();
        assertThat(count()).isEqualTo(1);
    }

    @Test
    void answersCarryTheTimeAndTheEchoOfTheConnection() {
        rest(t.syn());
        int before = t.lastTimestamp;
        int heard = t.now();
        t.advanceMillis(2345);
        t.send(Seg.of("PA").seq(2).ack(2).data(1));
        Seg answer = t.expect("A");
        assertThat(answer.hasTimestamp).isTrue();
        assertThat(answer.timestamp - before).isEqualTo(2345);
        assertThat(answer.echo).isEqualTo(heard);
        assertThat(answer.window).isPositive();
    }

    @Test
    void onlyTheLastFinStartsTheRestAgain() {
        rest(Seg.of("S").mss(1460));
        t.advanceMillis(30_000);
        t.send(Seg.of("FA").seq(2).ack(2));
        t.send(Seg.of("FA").seq(0).ack(2));
        t.send(Seg.of("A").seq(1).ack(2));
        assertThat(t.drain()).hasSize(3);
        t.advanceMillis(29_999);
        assertThat(count()).isEqualTo(1);
        t.advanceMillis(1);
        assertThat(count()).isZero();
        assertThat(t.host.stack.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void eachEndsInItsTimeAndOneThatBeganAgainBehindTheOthers() {
        for (int port = 1; port <= 3; port++) {
            rest(port, Seg.of("S").mss(1460));
            t.advanceMillis(10_000);
        }
        t.peerPort = 1;
        t.send(Seg.of("FA").seq(1)); // at 30 s
        t.advanceMillis(40_000 - 1);
        assertThat(count()).isEqualTo(3);
        t.advanceMillis(1);
        assertThat(count()).as("the second ended at 70 s").isEqualTo(2);
        t.advanceMillis(10_000 - 1);
        assertThat(count()).isEqualTo(2);
        t.advanceMillis(1);
        assertThat(count()).as("the third at 80 s").isEqualTo(1);
        t.advanceMillis(10_000 - 1);
        assertThat(count()).isEqualTo(1);
        t.advanceMillis(1);
        assertThat(count()).as("the first at 90 s").isZero();
        assertThat(t.host.stack.tcp.flows.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void oneThatIsReopenedLeavesTheOthers(int reopened) {
        for (int port = 1; port <= 3; port++) {
            rest(port, Seg.of("S").mss(1460));
        }
        t.peerPort = reopened;
        t.send(Seg.of("S").seq(1000).mss(1460));
        t.expect("SA");
        assertThat(count()).isEqualTo(2);
        t.send(Seg.of("R").seq(1001));
        rest(4, Seg.of("S").mss(1460));
        assertThat(count()).isEqualTo(3);
        t.advanceMillis(60_000);
        assertThat(count()).isZero();
        assertThat(t.host.stack.tcp.flows.size()).isZero();
    }

    @Test
    void beyondTheLimitTheOldestGoes() {
        t.close();
        t = new TcpScript(b -> b.tcp(TcpSettings.builder().timeWaits(2).build()));
        rest(1, Seg.of("S").mss(1460));
        final int first = t.isn;
        rest(2, Seg.of("S").mss(1460));
        final int second = t.isn;
        assertThat(t.host.stack.tcp.counters.timeWaitOverflows).isZero();
        rest(3, Seg.of("S").mss(1460));
        assertThat(count()).isEqualTo(2);
        assertThat(t.host.stack.tcp.counters.timeWaitOverflows).isEqualTo(1);
        t.peerPort = 1;
        t.isn = first;
        t.send(Seg.of("PA").seq(2).ack(2).data(1));
        t.expect("R");
        t.peerPort = 2;
        t.isn = second;
        t.send(Seg.of("PA").seq(2).ack(2).data(1));
        t.expect("A").hasSeq(2).hasAck(2);
    }

    @Test
    void answersAreLimited() {
        rest(Seg.of("S").mss(1460));
        long answered = 0;
        for (int i = 0; i < 3000; i++) {
            t.send(Seg.of("PA").seq(2).ack(2).data(1));
            answered += t.drain().size();
        }
        assertThat(answered).isBetween(1000L, 2000L);
        t.advanceMillis(1000);
        t.send(Seg.of("PA").seq(2).ack(2).data(1));
        expectAcknowledged();
    }

    /** With a port of its own a dialer comes back to where it was. */
    @Test
    void aDialerMaySucceedItselfAfterASecondIfTimestampsTellThemApart() {
        for (boolean timestamps : new boolean[] {true, false}) {
            TcpScript d = new TcpScript();
            d.peerPort = TcpScript.PEER_PORT;
            d.connect();
            d.expect("S");
            d.timestamps = timestamps;
            Seg answer = Seg.of("SA").ack(1).mss(1460);
            d.send(timestamps ? answer.ts(d.now(), d.lastTimestamp) : answer);
            d.expect("A");
            d.connection().close();
            d.turn();
            d.expect("FA");
            d.send(Seg.of("FA").seq(1).ack(2));
            d.expect("A");
            TcpTimeWaits rests = d.host.stack.tcp.timeWaits;
            List<TcpFlow> flows = List.of(d.host.stack.tcp.flows.snapshot());
            assertThat(flows).hasSize(1);
            TcpTimeWait rest = (TcpTimeWait) flows.getFirst();
            long now = d.host.now;
            assertThat(rests.maySucceed(rest, now + Host.SECOND - 1)).isFalse();
            assertThat(rests.maySucceed(rest, now + Host.SECOND)).isEqualTo(timestamps);
            assertThat(rests.succeed(rest)).isEqualTo(d.isn + 2 + 65537);
            assertThat(rests.count()).isZero();
            d.close();
        }
    }
}
