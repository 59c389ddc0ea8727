package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application may ask of a connection, and what it hears. */
class TcpConnectionTest {
    private static final int FULL = 1380 - 12;

    private final TcpScript t = new TcpScript();

    @Test
    void namesItsEnds() {
        t.established();
        TcpConnection c = t.connection();
        assertThat(c.local()).isEqualTo(Host.address(Host.OWN4, TcpScript.PORT));
        assertThat(c.remote()).isEqualTo(Host.address(TcpScript.PEER, TcpScript.PEER_PORT));
        assertThat(c.toString()).isEqualTo(c.local() + " - " + c.remote() + " ESTABLISHED");
    }

    @Test
    void anEmptyWriteIsDoneAtOnceAndANegativeOneIsAMistake() {
        t.established();
        List<String> released = new ArrayList<>();
        MemorySegment none = MemorySegment.ofArray(new byte[1]);
        t.connection().write(none, 0, 0, () -> released.add("empty"));
        assertThat(released).containsExactly("empty");
        t.turn().expectNothing();
        assertThatThrownBy(() -> t.connection().write(none, 0, -1, () -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("-1");
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1", "1, 0, 1", "-1, 1, 1", "1, 1, -1", "0, 0, -1"})
    void aKeepAliveThatMakesNoSenseIsRefused(long idle, long interval, int probes) {
        t.established();
        assertThatThrownBy(() -> t.connection().keepAlive(idle, interval, probes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(idle + ", " + interval + ", " + probes);
        t.connection().keepAlive(1, 1, 1);
        t.connection().keepAlive(0, 0, 0);
    }

    @Test
    void whatNagleHeldBackLeavesWhenItIsToldNotToWait() {
        t.established();
        t.connection().noDelay(false);
        t.write(10);
        t.expect("PA").hasLength(10);
        t.write(10).expectNothing();
        t.connection().noDelay(true);
        t.turn();
        t.expect("PA").hasLength(10);
    }

    @Test
    void theTrafficClassIsThatOfWhatLeavesFromThenOn() {
        t.established();
        t.connection().trafficClass(0xbb);
        t.connection().write(Host.segment(new byte[10]), 0, 10, () -> {});
        t.host.stack.endBatch(t.host.now);
        PacketView p = t.host.pull().getFirst();
        assertThat(p.trafficClass).as("DSCP, not ECN").isEqualTo(0xb8);
    }

    @Test
    void whatWasWrittenBeforeTheAnswerLeavesBehindIt() {
        t.connect();
        t.expect("S");
        t.connection().write(Host.segment(new byte[100]), 0, 100, () -> {});
        t.turn().expectNothing();
        t.send(Seg.of("SA").ack(1).mss(1380));
        t.expect("PA").hasSeq(1).hasLength(100);
        t.expectNothing();
    }

    @Test
    void hearsOfRoomThatItWaitedForBeforeTheAnswer() {
        t.connect();
        t.expect("S");
        while (t.connection().sendSpace() > 0) {
            int space = t.connection().sendSpace();
            t.connection().write(Host.segment(new byte[space]), 0, space, () -> {});
        }
        t.expectEvents();
        t.send(Seg.of("SA").ack(1).mss(1380).ws(7));
        int ack = 1;
        for (int i = 0; i < 200 && !t.app.events.contains("writable"); i++) {
            for (Seg s : t.drain()) {
                ack = Math.max(ack, s.end());
            }
            t.advanceMillis(10);
            t.send(Seg.of("A").seq(1).ack(ack));
        }
        t.expectEvents("connected", "writable");
    }

    /** Nothing is lost of what a handler that failed had still to hear. */
    @Test
    void theRestOfTheNewsComesAfterAHandlerThrew() {
        TcpScript.Recorder failing = t.app;
        t.host.stack.listen(
                null,
                TcpScript.PORT,
                c -> {
                    failing.connection = c;
                    throw new IllegalStateException("the handler's own");
                });
        t.send(Seg.of("S").mss(1380));
        t.expect("SA");
        Seg data = Seg.of("PA").seq(1).ack(1).data(10);
        assertThatThrownBy(() -> t.send(Seg.of("A").seq(1).ack(1), data))
                .hasMessage("the handler's own");
        assertThat(t.host.stack.events.isEmpty()).as("the data is still to be told").isFalse();
        assertThat(t.host.stack.nextDeadline()).isEqualTo(t.host.now);
        t.host.stack.deliver();
        assertThat(t.host.stack.events.isEmpty()).isTrue();
        t.connection().abort();
        t.turn();
    }

    @Test
    void aNarrowerPathLetsTheRestLeaveInItsSize() {
        t.established();
        t.write(3 * FULL);
        t.drain();
        t.tooBig(1, 1000);
        assertThat(t.connection().info().mss()).isEqualTo(1000 - 52);
        assertThat(t.drain()).allMatch(s -> s.data.length <= 1000 - 52);
    }

    // What every segment has

    @ParameterizedTest
    @CsvSource({"true, 1340", "false, 1344"})
    void asManyBlocksGoBesideDataAsOptionsHaveRoomFor(boolean timestamps, int length) {
        Seg syn = Seg.of("S").mss(1380).sackOk().ws(7);
        t.established(timestamps ? syn.ts(t.now(), 0) : syn);
        for (int i = 1; i <= 6; i++) {
            t.send(Seg.of("A").seq(1 + 2000 * i).ack(1).data(1000));
        }
        t.drain();
        t.write(3000);
        Seg s = t.expect("A");
        assertThat(s.sack).hasSize(timestamps ? 6 : 8);
        s.hasLength(length);
    }

    @Test
    void eachSegmentThatLeavesIsCounted() {
        TcpCounters counters = t.host.stack.tcp.counters;
        t.established();
        assertThat(counters.segmentsSent).as("SYN-ACK").isEqualTo(1);
        t.write(3 * FULL);
        assertThat(counters.segmentsSent).isEqualTo(4);
        t.send(Seg.of("A").seq(1001).ack(1).data(1));
        assertThat(counters.segmentsSent).as("and an ACK").isEqualTo(5);
        TcpScript dialer = new TcpScript();
        dialer.connect();
        assertThat(dialer.host.stack.tcp.counters.segmentsSent).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDialersSynOffersEverythingAndAnAnswerWhatWasOffered(boolean all) {
        t.connect();
        Seg syn = t.expect("S");
        assertThat(syn.mss).isEqualTo(1380);
        assertThat(syn.sackPermitted && syn.hasTimestamp).isTrue();
        assertThat(syn.windowScale).isPositive();
        assertThat(syn.echo).isZero();
        // A simultaneous open: the SYN of the peer is answered by SYN-ACK.
        Seg theirs = Seg.of("S").mss(1380);
        t.send(all ? theirs.sackOk().ws(0).ts(77, 0) : theirs);
        Seg answer = t.expect("SA").hasAck(1);
        assertThat(answer.mss).isEqualTo(1380);
        assertThat(answer.sackPermitted).isEqualTo(all);
        assertThat(answer.windowScale >= 0).isEqualTo(all);
        assertThat(answer.hasTimestamp).isEqualTo(all);
        assertThat(answer.echo).isEqualTo(all ? 77 : 0);
    }

    @Test
    void aWindowThatOpensEndsTheDoublingOfItsProbes() {
        t.established();
        t.send(Seg.of("A").seq(1).ack(1).win(0));
        t.write(FULL);
        t.advanceMillis(20_000);
        assertThat(t.drain()).isNotEmpty();
        t.send(Seg.of("A").seq(1).ack(1).win(65535));
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1 + FULL).win(0));
        t.write(FULL).expectNothing();
        long start = t.host.now;
        while (t.out.isEmpty()) {
            t.advanceMillis(1);
        }
        assertThat((t.host.now - start) / Host.MILLI).as("as at first").isLessThan(1_000);
    }
}
