package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closing, resetting, keepalive, TIME-WAIT. */
class TcpCloseTest {
    private final TcpScript t = new TcpScript();

    @Test
    void closesFirst() {
        t.established();
        t.connection().close();
        t.turn().expectState(TcpState.FIN_WAIT_1);
        t.expect("FA").hasSeq(1).hasAck(1);
        t.send(Seg.of("A").seq(1).ack(2)).expectState(TcpState.FIN_WAIT_2).expectNothing();
        t.expectEvents();
        t.send(Seg.of("FA").seq(1).ack(2));
        t.expect("A").hasSeq(2).hasAck(2);
        t.expectState(TcpState.TIME_WAIT).expectEvents("closed CLOSED");
        assertThat(t.host.stack.liveFlows()).isZero();
        assertThat(t.host.stack.tcp.timeWaits.count()).isEqualTo(1);
        t.advanceMillis(59_900);
        assertThat(t.host.stack.tcp.timeWaits.count()).isEqualTo(1);
        t.advanceMillis(200);
        assertThat(t.host.stack.tcp.timeWaits.count()).isZero();
        assertThat(t.host.stack.timers.armed()).isZero();
    }

    @Test
    void closesSecond() {
        t.established();
        t.send(Seg.of("FA").seq(1).ack(1));
        t.expect("A").hasAck(2);
        t.expectEvents("end").expectState(TcpState.CLOSE_WAIT);
        t.connection().close();
        t.turn().expectState(TcpState.LAST_ACK);
        t.expect("FA").hasSeq(1).hasAck(2);
        t.send(Seg.of("A").seq(2).ack(2));
        t.expectEvents("closed CLOSED").expectNothing();
        assertThat(t.host.stack.tcp.flows.size()).isZero();
        t.close();
    }

    @Test
    void closesAtTheSameTimeAsThePeer() {
        t.established();
        t.connection().close();
        t.turn();
        t.expect("FA").hasSeq(1).hasAck(1);
        t.send(Seg.of("FA").seq(1).ack(1)).expectState(TcpState.CLOSING);
        t.expect("A").hasSeq(2).hasAck(2);
        t.send(Seg.of("A").seq(2).ack(2)).expectNothing();
        t.expectState(TcpState.TIME_WAIT).expectEvents("closed CLOSED");
    }

    @Test
    void sendsTheFinWithTheLastData() {
        t.established();
        t.write(2000);
        t.connection().shutdownOutput();
        t.turn();
        List<Seg> sent = t.drain();
        assertThat(sent.getLast().hasFlags("FA").hasLength(0).seq).isEqualTo(2001);
        t.send(Seg.of("A").seq(1).ack(2002)).expectState(TcpState.FIN_WAIT_2);
        assertThat(t.app.leases).isZero();
    }

    @Test
    void goesOnReadingAfterItsFin() {
        t.established();
        t.connection().shutdownOutput();
        t.turn();
        t.expect("FA");
        t.send(Seg.of("A").seq(1).ack(2));
        int seq = 1;
        for (int i = 0; i < 800; i++) {
            t.send(Seg.of("A").seq(seq).ack(2).data(1300));
            seq += 1300;
        }
        assertThat(t.app.bytes).hasSize(800 * 1300);
        t.advanceMillis(600_000); // a half-closed connection is not in a hurry
        t.expectState(TcpState.FIN_WAIT_2);
        t.drain();
        t.send(Seg.of("FA").seq(seq).ack(2));
        t.expect("A").hasAck(seq + 1);
        t.expectEvents("end", "closed CLOSED");
    }

    @Test
    void goesOnWritingAfterThePeersFin() {
        t.established();
        t.send(Seg.of("FA").seq(1).ack(1));
        t.expect("A");
        int ack = 1;
        for (int i = 0; i < 100; i++) {
            t.write(5000);
            t.drain();
            ack += 5000;
            t.send(Seg.of("A").seq(2).ack(ack));
        }
        t.expectState(TcpState.CLOSE_WAIT);
        t.connection().shutdownOutput();
        t.turn();
        t.expect("FA").hasSeq(ack);
        t.expectState(TcpState.LAST_ACK);
    }

    @Test
    void repeatsALostFin() {
        t.established();
        t.connection().close();
        t.turn();
        long start = t.expect("FA").at;
        List<Long> times = new ArrayList<>();
        t.advanceMillis(3000);
        for (Seg s : t.drain()) {
            times.add((s.hasFlags("FA").hasSeq(1).at - start) / Host.MILLI);
        }
        assertThat(times).hasSizeBetween(3, 5);
        t.send(Seg.of("A").seq(1).ack(2)).expectState(TcpState.FIN_WAIT_2);
    }

    @Test
    void givesUpAnOrphanEarlier() {
        t.established();
        t.write(100);
        t.connection().close();
        t.turn();
        t.drain();
        long start = t.host.now;
        t.advanceMillis(300_000);
        t.expectEvents("closed TIMEOUT");
        List<Seg> all = t.drain();
        assertThat(all.getLast().hasFlags("RA").at - start).isLessThan(150 * Host.SECOND);
        t.close();
    }

    @Test
    void resetsWhenClosedWithUnreadData() {
        t.app.reading = false;
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(100));
        t.drain();
        t.connection().close();
        t.turn();
        t.expect("RA").hasSeq(1).hasAck(101);
        t.expectEvents("closed CLOSED").expectNothing();
        assertThat(t.host.pool.inUse()).isZero();
        t.close();
    }

    @Test
    void resetsWhenDataComesAfterClose() {
        t.established();
        t.connection().close();
        t.turn();
        t.expect("FA");
        t.send(Seg.of("A").seq(1).ack(2));
        t.send(Seg.of("PA").seq(1).ack(2).data(100));
        t.expect("RA").hasSeq(2);
        t.expectEvents("closed CLOSED").expectNothing();
        t.close();
    }

    @Test
    void aborts() {
        t.established();
        t.connection().abort();
        t.turn();
        t.expect("RA").hasSeq(1).hasAck(1);
        t.expectEvents("closed ABORTED");
        t.connection().abort();
        t.connection().close();
        t.turn().expectEvents().expectNothing();
        t.close();
    }

    @Test
    void hearsOfAResetWithItsUnsentDataReleased() {
        t.established();
        t.write(50_000);
        t.drain();
        t.send(Seg.of("R").seq(1));
        t.expectEvents("closed RESET");
        assertThat(t.app.leases).isZero();
        assertThat(t.connection().sendSpace()).isZero();
        assertThat(t.host.stack.timers.armed()).isZero();
    }

    @Test
    void deliversWhatCameBeforeAResetFirst() {
        t.app.reading = false;
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(3000));
        t.drain();
        t.send(Seg.of("R").seq(3001)).expectEvents();
        assertThat(t.connection().sendSpace()).isZero();
        assertThat(t.connection().available()).isEqualTo(3000);
        t.app.read(t.connection());
        t.turn().expectEvents("closed RESET").expectNothing();
        assertThat(t.app.bytes).hasSize(3000);
        t.close();
    }

    @Test
    void forgetsWhatNobodyReadsForAMinuteAfterAReset() {
        t.app.reading = false;
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(30_000));
        t.drain();
        t.send(Seg.of("R").seq(30_001)).expectEvents();
        t.advanceMillis(50_000).expectEvents();
        Received part = new Received();
        assertThat(t.connection().read(part)).isTrue();
        java.util.Objects.requireNonNull(part.chunk).release();
        t.advanceMillis(69_000).expectEvents();
        t.advanceMillis(2_000).expectEvents("closed RESET").expectNothing();
        assertThat(t.host.pool.inUse()).isZero();
        t.close();
    }

    @Test
    void endsAtOnceWhenItWasClosedByUsBeforeAReset() {
        t.app.reading = false;
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(3000));
        t.send(Seg.of("R").seq(3001)).expectEvents();
        t.connection().close();
        t.turn().expectEvents("closed RESET");
        assertThat(t.host.pool.inUse()).isZero();
        t.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void takesItsSynBackWhenItIsClosedBeforeTheAnswer(boolean abort) {
        t.connect();
        t.expect("S");
        if (abort) {
            t.connection().abort();
        } else {
            t.connection().close();
        }
        t.turn();
        t.expect("R").hasSeq(1);
        t.expectNothing().expectEvents("closed " + (abort ? "ABORTED" : "CLOSED"));
        t.close();
    }

    @Test
    void takesNothingBackThatNeverLeft() {
        t.app.connection = t.host.stack.connect(Host.address(t.peer, 80), t.app);
        t.connection().abort();
        t.turn().expectNothing();
        t.expectEvents("closed ABORTED");
        t.close();
    }

    @Test
    void endsAnOrphanWhosePeerNeverCloses() {
        t.established();
        t.connection().close();
        t.turn();
        t.expect("FA");
        t.send(Seg.of("A").seq(1).ack(2));
        t.advanceMillis(59_000).expectState(TcpState.FIN_WAIT_2);
        t.advanceMillis(2_000).expectEvents("closed TIMEOUT").expectNothing();
        t.close();
    }

    @Test
    void countsTheWaitOfAnOrphanFromItsClose() {
        t.established();
        t.connection().shutdownOutput();
        t.turn();
        t.expect("FA");
        t.send(Seg.of("A").seq(1).ack(2));
        t.advanceMillis(500_000);
        t.connection().close();
        t.turn();
        t.advanceMillis(59_000).expectState(TcpState.FIN_WAIT_2);
        t.advanceMillis(2_000).expectEvents("closed TIMEOUT");
    }

    @Test
    void deliversWhatIsUnreadBeforeItSaysThatItIsClosed() {
        t.app.reading = false;
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(3000));
        t.connection().shutdownOutput();
        t.turn();
        t.send(Seg.of("FA").seq(3001).ack(2));
        t.expectState(TcpState.TIME_WAIT).expectEvents();
        assertThat(t.host.stack.liveFlows()).isEqualTo(1);
        t.app.read(t.connection());
        t.turn();
        t.expectEvents("end", "closed CLOSED");
        assertThat(t.app.bytes).hasSize(3000);
        assertThat(t.host.pool.inUse()).isZero();
        t.close();
    }

    @Test
    void forgetsWhatIsUnreadWhenTheStackCloses() {
        t.app.reading = false;
        t.established();
        t.send(Seg.of("PA").seq(1).ack(1).data(3000));
        t.connection().shutdownOutput();
        t.turn();
        t.send(Seg.of("FA").seq(3001).ack(2));
        t.close();
        t.expectEvents("closed CLOSED");
    }

    // TIME-WAIT

    private void timeWait() {
        t.established();
        t.connection().close();
        t.turn();
        t.send(Seg.of("FA").seq(1).ack(2));
        t.expectState(TcpState.TIME_WAIT);
        t.drain();
        t.app.events.clear();
    }

    @Test
    void ignoresAResetInTimeWait() {
        timeWait();
        t.send(Seg.of("R").seq(2)).expectNothing();
        assertThat(t.host.stack.tcp.timeWaits.count()).isEqualTo(1);
    }

    @Test
    void acknowledgesARepeatedFinInTimeWaitAndStartsItAgain() {
        timeWait();
        t.advanceMillis(50_000);
        t.send(Seg.of("FA").seq(1).ack(2));
        t.expect("A").hasSeq(2).hasAck(2);
        t.advanceMillis(50_000);
        assertThat(t.host.stack.tcp.timeWaits.count()).isEqualTo(1);
        t.advanceMillis(11_000);
        assertThat(t.host.stack.tcp.timeWaits.count()).isZero();
    }

    @Test
    void acknowledgesAnOldSynInTimeWait() {
        timeWait();
        t.send(Seg.of("S").seq(-1000).mss(1460).ts(t.now() - 100_000, 0));
        t.expect("A").hasSeq(2).hasAck(2);
        assertThat(t.host.stack.tcp.timeWaits.count()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void opensOverTimeWaitWithANewerSyn(boolean byTimestamp) {
        timeWait();
        Seg syn =
                byTimestamp
                        ? Seg.of("S").seq(-5).mss(1460).ts(t.now() + 10, 0)
                        : Seg.of("S").seq(1000).mss(1460);
        t.send(syn);
        Seg answer = t.expect("SA").hasAck(syn.seq + 1);
        assertThat(answer.seq).as("far above the old numbers").isGreaterThan(65_000);
        assertThat(t.host.stack.tcp.timeWaits.count()).isZero();
        assertThat(t.host.stack.tcp.counters.timeWaitReused).isEqualTo(1);
    }

    // Keepalive

    private void keepAlive() {
        t.established();
        t.connection().keepAlive(60 * Host.SECOND, 15 * Host.SECOND, 4);
    }

    @Test
    void probesAnIdlePeerAndEndsWhenItIsSilent() {
        keepAlive();
        long start = t.host.now;
        t.advanceMillis(200_000);
        List<Long> seconds = new ArrayList<>();
        List<Seg> all = t.drain();
        for (Seg s : all.subList(0, all.size() - 1)) {
            seconds.add((s.hasFlags("A").hasSeq(0).hasLength(0).at - start) / Host.SECOND);
        }
        assertThat(seconds).containsExactly(60L, 75L, 90L, 105L);
        assertThat((all.getLast().hasFlags("RA").at - start) / Host.SECOND).isEqualTo(120);
        t.expectEvents("closed TIMEOUT");
        t.close();
    }

    @Test
    void staysWhileProbesAreAnswered() {
        keepAlive();
        for (int i = 0; i < 20; i++) {
            t.advanceMillis(65_000);
            for (Seg probe : t.drain()) {
                assertThat(probe.seq).isZero();
                t.send(Seg.of("A").seq(1).ack(1));
            }
        }
        t.expectState(TcpState.ESTABLISHED).expectEvents();
    }

    @Test
    void sendsNoProbeWhileThePeerTalks() {
        keepAlive();
        for (int i = 0; i < 20; i++) {
            t.advanceMillis(50_000);
            t.expectNothing();
            t.send(Seg.of("PA").seq(1 + i * 10).ack(1).data(10));
            t.expect("A");
        }
    }

    @Test
    void stopsProbingWhenToldTo() {
        keepAlive();
        t.connection().keepAlive(0, 0, 0);
        t.advanceMillis(1_000_000).expectNothing();
        t.close();
    }

    @Test
    void resetsEveryConnectionWhenTheStackCloses() {
        t.listen();
        for (int port = 1; port <= 1000; port++) {
            t.peerPort = port;
            t.isnKnown = false;
            t.timestamps = false;
            t.send(Seg.of("S").mss(1460));
            t.send(Seg.of("A").seq(1).ack(1));
            t.send(Seg.of("PA").seq(1).ack(1).data(10));
        }
        assertThat(t.host.stack.liveFlows()).isEqualTo(1000);
        t.drain();
        t.app.events.clear();
        t.close();
        t.turn();
        assertThat(t.drain()).hasSize(1000).allMatch(s -> s.is("RA"));
        assertThat(t.app.events).hasSize(1000).allMatch(e -> e.equals("closed ABORTED"));
    }
}
