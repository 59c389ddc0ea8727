package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What congestion control is told of a flow, and when; RTT 50 ms, segments counted from 0. */
class TcpCongestionNewsTest {
    private static final int FULL = 1380 - 12;
    private static final int RTT = 50;

    private final CongestionLog log = new CongestionLog();
    private final TcpScript t = new TcpScript(b -> b.tcp(CongestionLog.settings(log)));

    private void warm() {
        warm(t.syn());
    }

    private void warm(Seg syn) {
        t.established(syn, RTT);
        log.calls.clear();
    }

    private static int at(int segment) {
        return 1 + segment * FULL;
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

    @Test
    void beginsWithWhatTheHandshakeShowed() {
        t.listen();
        t.timestamps = true;
        t.send(t.syn());
        t.advanceMillis(RTT);
        t.send(Seg.of("A").seq(1).ack(1));
        expect("established 1368 window 10F rtt 50 sack");
    }

    @ParameterizedTest
    @CsvSource({"9000, 536, 5360", "9000, 1400, 14000", "9000, 1800, 14600", "9000, 8960, 17920"})
    void theInitialWindowIsThatOfRfc6928(int mtu, int mss, int window) {
        CongestionLog wide = new CongestionLog();
        TcpScript s = new TcpScript(b -> b.mtu(mtu).tcp(CongestionLog.settings(wide)));
        s.listen();
        s.send(Seg.of("S").mss(mss));
        s.advanceMillis(RTT);
        s.send(Seg.of("A").seq(1).ack(1));
        String size = window % mss == 0 ? window / mss + "F" : Integer.toString(window);
        assertThat(wide.take())
                .containsExactly("established " + mss + " window " + size + " rtt 50");
        s.close();
    }

    @Test
    void afterALostSynItBeginsWithOneSegment() {
        t.connect();
        t.advanceMillis(1500);
        t.drain();
        t.send(Seg.of("SA").ack(1).mss(1380));
        expect("established 1380 window 1F rtt 0");
    }

    @Test
    void hearsOfEachSegmentAndWhetherTheWindowWasFull() {
        warm();
        log.cwnd = 3 * FULL;
        t.write(5 * FULL);
        expect("send 1F inflight 1F", "send 1F inflight 2F", "send 1F inflight 3F limited");
        t.advanceMillis(RTT);
        t.send(ack(1));
        expect(
                "ack 1F una 1F inflight 3F to 2F rtt 50 alone limited starved",
                "send 1F inflight 3F limited");
        t.advanceMillis(10);
        t.send(ack(3));
        expect("ack 2F una 2F inflight 3F to 1F rtt 60 limited starved", "send 1F inflight 2F");
        t.advanceMillis(40);
        t.send(ack(5));
        expect("ack 2F una 2F inflight 2F to 0 rtt 40 limited");
    }

    @Test
    void hearsOfAPauseAndWhoseItWas() {
        warm();
        t.write(FULL);
        expect("send 1F inflight 1F");
        t.advanceMillis(RTT);
        t.send(ack(1));
        expect("ack 1F una 1F inflight 1F to 0 rtt 50 alone starved");
        t.advanceMillis(3000);
        t.write(FULL + 100);
        expect("restart starved", "send 1F inflight 1F", "send 100 inflight 1468");
        t.advanceMillis(RTT);
        t.send(Seg.of("A").seq(1).ack(at(2) + 100).win(3 * FULL / 128));
        expect("ack 1468 una 1468 inflight 1468 to 0 rtt 50 starved");
    }

    @Test
    void aWindowOfThePeersIsNoReasonOfOurOwn() {
        warm();
        t.send(Seg.of("A").seq(1).ack(1).win(2 * FULL / 128 + 1)); // scaled by 7
        t.write(6 * FULL);
        expect("send 1F inflight 1F", "send 1F inflight 2F");
        t.advanceMillis(RTT);
        t.send(ack(2).win(2 * FULL / 128 + 1));
        expect(
                "ack 2F una 2F inflight 2F to 0 rtt 50 starved",
                "restart",
                "send 1F inflight 1F",
                "send 1F inflight 2F");
        t.advanceMillis(RTT);
        t.send(ack(4).win(2 * FULL / 128 + 1));
        expect(
                "ack 2F una 2F inflight 2F to 0 rtt 50",
                "restart",
                "send 1F inflight 1F",
                "send 1F inflight 2F");
    }

    @Test
    void hearsOfLossesWithWhatWasInFlightAndOfTheRecovery() {
        warm();
        t.write(10 * FULL);
        t.drain();
        log.take();
        t.advanceMillis(RTT);
        t.send(ack(1, 2, 3));
        expect("ack 2F una 1F inflight 10F to 8F rtt 50 starved");
        t.send(ack(1, 4, 5, 2, 3));
        expect("ack 1F una 0 inflight 8F to 7F rtt 50 alone starved");
        t.send(ack(1, 6, 7, 4, 5, 2, 3));
        expect(
                "lost 1F of 2F after 0 total 1F starved elsewhere",
                "lost 1F of 4F after 0 total 2F starved elsewhere",
                "lost 1F of 6F after 0 total 3F starved elsewhere",
                "ENTER_FAST inflight 3F of 9F sacked 3F newly 1F acked 0",
                "ack 1F una 0 inflight 7F to 3F rtt 50 lost 3F alone recovering starved",
                "send 1F inflight 4F again",
                "send 1F inflight 5F again",
                "send 1F inflight 6F again");
        t.advanceMillis(RTT);
        t.send(ack(3, 6, 7, 4, 5)); // the repetition of 1 arrived: 7 to 9 should have
        expect(
                "lost 1F of 8F after 0 total 4F starved elsewhere",
                "lost 1F of 9F after 0 total 5F starved",
                "lost 1F of 10F after 0 total 6F starved",
                "ack 1F una 2F inflight 6F to 2F rtt none lost 3F alone recovering starved",
                "send 1F inflight 3F again",
                "send 1F inflight 4F again",
                "send 1F inflight 5F again");
        t.send(ack(10));
        expect(
                "EXIT inflight 0 of 0 sacked 0 newly 0 acked 7F",
                "ack 5F una 7F inflight 5F to 0 rtt none starved");
        assertThat(t.connection().info().retransmitted()).isEqualTo(6 * FULL);
        assertThat(t.connection().info().lost()).isEqualTo(6 * FULL);
        assertThat(t.connection().info().delivered()).isEqualTo(10 * FULL);
    }

    @Test
    void whatATimerFindsIsNoNewsOfAnAck() {
        warm();
        t.write(2 * FULL);
        log.take();
        t.advanceMillis(RTT);
        t.send(ack(0, 1, 2));
        expect("ack 1F una 0 inflight 2F to 1F rtt 50 alone starved");
        t.advanceMillis(20);
        expect(
                "lost 1F of 1F after 0 total 1F starved elsewhere",
                "ENTER_FAST inflight 0 of 2F sacked 1F newly 0 acked 0",
                "send 1F inflight 1F again");
        t.advanceMillis(300);
        expect(
                "lost 1F of 1F after 1F total 2F starved elsewhere",
                "ENTER_RTO inflight 0 of 2F sacked 1F newly 0 acked 0",
                "send 1F inflight 1F again");
        t.send(ack(2));
        expect(
                "EXIT inflight 0 of 0 sacked 0 newly 0 acked 2F",
                "ack 1F una 2F inflight 1F to 0 rtt none alone starved");
    }

    @Test
    void withoutSackADuplicateStandsForASegment() {
        warm(Seg.of("S").mss(1368).ws(7));
        t.write(10 * FULL);
        log.take();
        t.advanceMillis(RTT);
        t.send(ack(1));
        expect("ack 1F una 1F inflight 10F to 9F rtt 50 alone starved");
        t.send(ack(1));
        expect("ack 1F una 0 inflight 9F to 8F rtt none");
        t.send(ack(1));
        expect("ack 1F una 0 inflight 8F to 7F rtt none");
        t.send(ack(1));
        expect(
                "lost 1F of 2F after 0 total 1F starved elsewhere",
                "ENTER_FAST inflight 5F of 9F sacked 0 newly 0 acked 0",
                "ack 1F una 0 inflight 7F to 5F rtt none lost 1F recovering",
                "send 1F inflight 6F again");
        t.send(ack(1));
        expect("ack 1F una 0 inflight 6F to 5F rtt none recovering");
        t.advanceMillis(RTT);
        t.send(ack(5));
        expect(
                "lost 1F of 6F after 0 total 2F starved elsewhere",
                "ack 0 una 4F inflight 5F to 4F rtt none lost 1F recovering starved",
                "send 1F inflight 5F again");
        t.send(ack(10));
        expect(
                "EXIT inflight 0 of 0 sacked 0 newly 0 acked 5F",
                "ack 5F una 5F inflight 5F to 0 rtt none starved");
    }

    @Test
    void noDuplicateIsWhatSaysSomethingElse() {
        warm(Seg.of("S").mss(1368).ws(7));
        t.write(10 * FULL);
        log.take();
        t.advanceMillis(RTT);
        t.send(ack(0).win(60_000)); // another window
        t.send(Seg.of("PA").seq(1).ack(1).win(60_000).data(10)); // data
        t.send(Seg.of("A").seq(11).ack(-10).win(60_000)); // an old number
        assertThat(log.take()).isEmpty();
        t.send(Seg.of("A").seq(11).ack(1).win(60_000));
        expect("ack 1F una 0 inflight 10F to 9F rtt none");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aProbeThatHidALossIsNewsAndOneThatWasNotNeededIsNone(boolean needed) {
        warm();
        t.write(3 * FULL);
        t.advanceMillis(RTT);
        t.send(ack(2));
        log.take();
        t.advanceMillis(130);
        expect("send 1F inflight 1F again");
        t.send(ack(3));
        if (!needed) {
            t.send(ack(3, 2, 3));
        }
        t.write(FULL);
        t.advanceMillis(RTT);
        t.send(ack(4));
        assertThat(log.take().contains("repaired starved")).isEqualTo(needed);
    }

    @Test
    void whoSendsLessThanItCouldHasSamplesThatAreLowerBounds() {
        warm();
        log.limitsSamples = true;
        t.write(4 * FULL);
        t.advanceMillis(RTT);
        t.send(ack(4));
        assertThat(t.sender().sampler.isAppLimited()).isTrue();
        t.write(40 * FULL);
        log.limitsSamples = false;
        t.advanceMillis(RTT);
        t.send(ack(44));
        t.write(40 * FULL);
        log.take();
        t.advanceMillis(RTT);
        t.send(ack(84));
        assertThat(log.take().getFirst()).startsWith("ack 40F");
    }

    @Test
    void aNarrowerPathIsToldInItsSegments() {
        warm();
        t.write(5 * FULL);
        log.take();
        t.tooBig(1, 1000);
        assertThat(log.take().getFirst()).isEqualTo("smss 948");
    }
}
