package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What leaves and when: segments, the peer's window, probes, Nagle, the send buffer. */
class TcpSendTest {
    private static final int FULL = 1380 - 12;

    private final TcpScript t = new TcpScript();

    private void acknowledge(int ack, int window) {
        t.send(Seg.of("A").seq(1).ack(ack).win(window));
    }

    @Test
    void sendsTenSegmentsAtFirst() {
        t.established();
        t.write(100_000);
        List<Seg> flight = t.drain();
        assertThat(flight).hasSize(10);
        int seq = 1;
        for (Seg s : flight) {
            s.hasFlags("A").hasSeq(seq).hasLength(FULL);
            seq += FULL;
        }
    }

    @Test
    void doublesInSlowStart() {
        t.established();
        t.write(120_000);
        t.drain();
        t.advanceMillis(50);
        acknowledge(1 + 2 * FULL, 65535);
        assertThat(t.drain()).hasSize(4);
    }

    @Test
    void marksTheLastSegmentOfAWriteAndSendsTheBytesThatWereWritten() {
        t.established();
        t.write(3000);
        t.expect("A").hasLength(FULL);
        t.expect("A").hasLength(FULL);
        Seg last = t.expect("PA").hasLength(3000 - 2 * FULL);
        for (int i = 0; i < last.data.length; i++) {
            assertThat(last.data[i]).isEqualTo(TransferApp.byteAt(2L * FULL + i));
        }
    }

    @Test
    void putsTinyWritesTogether() {
        t.established();
        MemorySegment one = MemorySegment.ofArray(new byte[1]);
        int[] released = new int[1];
        for (int i = 0; i < 10_000; i++) {
            t.connection().write(one, 0, 1, () -> released[0]++);
        }
        assertThat(released[0]).as("copied and released at once").isEqualTo(10_000);
        assertThat(t.host.pool.inUse()).isEqualTo(ChunkPool.DEFAULT_CHUNK_SIZE);
        t.turn();
        assertThat(t.drain()).hasSize((10_000 + FULL - 1) / FULL);
        acknowledge(10_001, 65535);
        assertThat(t.host.pool.inUse()).isZero();
    }

    @Test
    void keepsALargeWriteOnLoanUntilItIsAcknowledged() {
        t.established();
        t.write(5000);
        t.drain();
        assertThat(t.app.leases).isEqualTo(1);
        assertThat(t.host.pool.inUse()).isZero();
        acknowledge(5000, 65535);
        assertThat(t.app.leases).isEqualTo(1);
        acknowledge(5001, 65535);
        assertThat(t.app.leases).isZero();
    }

    @Test
    void givesLoansBackOnAbort() {
        t.established();
        t.write(5000);
        t.connection().abort();
        t.turn();
        assertThat(t.app.leases).isZero();
        assertThat(t.drain().getLast().is("RA")).isTrue();
        t.expectEvents("closed ABORTED");
        t.connection().write(MemorySegment.ofArray(new byte[2000]), 0, 2000, () -> t.app.leases--);
        assertThat(t.app.leases).as("released at once").isEqualTo(-1);
    }

    @Test
    void refusesAWriteAfterTheOutputWasShutDown() {
        t.established();
        t.connection().shutdownOutput();
        assertThat(t.connection().sendSpace()).isZero();
        assertThatThrownBy(() -> t.write(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void tellsWhenThereIsSpaceAgain() {
        t.established();
        int space = t.connection().sendSpace();
        assertThat(space).isEqualTo(128 << 10);
        t.write(space);
        assertThat(t.connection().sendSpace()).isLessThan(20_000);
        t.write(t.connection().sendSpace());
        assertThat(t.connection().sendSpace()).isZero();
        t.expectEvents();
        int ack = 1;
        while (t.app.events.isEmpty()) {
            List<Seg> flight = t.drain();
            assertThat(flight).isNotEmpty();
            ack = flight.getLast().end();
            t.advanceMillis(10);
            acknowledge(ack, 65535);
        }
        t.expectEvents("writable");
        assertThat(t.connection().sendSpace()).isGreaterThanOrEqualTo(64 << 10);
    }

    /** What is unsent may be as much as what is in flight, within bounds (netstack.md T27). */
    @Test
    void letsMoreWaitWhenThePathTakesMore() {
        t.established();
        assertThat(t.connection().sendSpace()).isEqualTo(128 << 10);
        int acknowledged = 1;
        for (int round = 0; round < 60; round++) {
            t.write(t.connection().sendSpace());
            t.advanceMillis(20);
            for (Seg s : t.drain()) {
                acknowledged = Math.max(acknowledged, s.end());
            }
            acknowledge(acknowledged, 65535);
        }
        long window = t.sender().congestion.cwnd();
        assertThat(window).isGreaterThan(256 << 10);
        assertThat(t.sender().unsent() + t.connection().sendSpace())
                .isEqualTo(Math.min(window, 4 << 20));
    }

    @Test
    void probesAZeroWindowForEverWhileItIsAnswered() {
        t.established();
        acknowledge(1, 0);
        t.write(1000);
        t.expectNothing();
        long start = t.host.now;
        List<Long> times = new ArrayList<>();
        for (int i = 0; i < 12 * 60 * 10; i++) {
            t.advanceMillis(100);
            for (Seg probe : t.drain()) {
                times.add((probe.hasSeq(1).hasLength(1).at - start) / Host.MILLI);
                t.send(Seg.of("A").seq(1).ack(1).win(0));
            }
        }
        assertThat(times.subList(0, 6)).containsExactly(200L, 600L, 1400L, 3000L, 6200L, 12600L);
        assertThat(times.getLast() - times.get(times.size() - 2)).isEqualTo(120_000);
        t.expectState(TcpState.ESTABLISHED).expectEvents();
        acknowledge(1, 100);
        t.expect("PA").hasSeq(1).hasLength(1000);
    }

    @Test
    void acceptsTheAckOfAProbe() {
        t.established();
        acknowledge(1, 0);
        t.write(1000);
        t.advanceMillis(250);
        t.expect("A").hasSeq(1).hasLength(1);
        acknowledge(2, 100);
        t.expect("PA").hasSeq(2).hasLength(999);
        acknowledge(1001, 100);
        assertThat(t.sender().isFlushed()).isTrue();
    }

    @Test
    void givesUpAZeroWindowThatNobodyAnswers() {
        t.established();
        acknowledge(1, 0);
        t.write(1000);
        t.advanceMillis(3_600_000);
        assertThat(t.drain().getLast().is("RA")).isTrue();
        t.expectEvents("closed TIMEOUT");
        t.close();
    }

    @Test
    void endsAZeroWindowAtTheUserTimeout() {
        t.established();
        t.connection().userTimeout(30 * Host.SECOND);
        acknowledge(1, 0);
        t.advanceMillis(100_000);
        t.write(1000);
        long start = t.host.now;
        for (int i = 0; i < 400 && t.app.events.isEmpty(); i++) {
            t.advanceMillis(100);
            for (Seg probe : t.drain()) {
                if (!probe.is("RA")) {
                    t.send(Seg.of("A").seq(1).ack(1).win(0));
                }
            }
        }
        t.expectEvents("closed TIMEOUT");
        assertThat((t.host.now - start) / Host.SECOND).isEqualTo(30);
    }

    @Test
    void ignoresTheWindowOfAnAckThatWasOvertaken() {
        t.established();
        t.write(2 * FULL);
        t.drain();
        acknowledge(1 + 2 * FULL, 1000);
        acknowledge(1 + FULL, 3);
        assertThat(t.sender().window.size()).isEqualTo(1000 << 7);
        t.send(Seg.of("A").seq(11).ack(1 + 2 * FULL).win(5));
        t.send(Seg.of("A").seq(1).ack(1 + 2 * FULL).win(7));
        assertThat(t.sender().window.size()).isEqualTo(5 << 7);
    }

    @Test
    void takesTheWindowOfAnyAckOfNewData() {
        t.established();
        t.send(Seg.of("A").seq(1).ack(1).win(80).data(100));
        t.send(Seg.of("A").seq(101).ack(1).win(80).data(100));
        t.write(100_000);
        t.drain();
        // A repetition of old data that acknowledges seven segments but offers less.
        t.send(Seg.of("A").seq(1).ack(1 + 7 * FULL).win(10).data(200));
        assertThat(t.sender().window.size()).isEqualTo(10 << 7);
        for (Seg s : t.drain()) {
            assertThat(s.seq + s.data.length).isLessThanOrEqualTo(1 + 7 * FULL + (10 << 7));
        }
    }

    @Test
    void sendsNothingNewIntoAShrunkenWindow() {
        t.established();
        t.write(20 * FULL);
        t.drain();
        acknowledge(1 + FULL, 10);
        t.expectNothing();
        acknowledge(1 + 10 * FULL, 65535);
        assertThat(t.drain()).isNotEmpty();
    }

    @Test
    void repeatsWhatAShrunkenWindowCutOff() {
        t.established();
        t.write(4 * FULL);
        t.drain();
        acknowledge(1, 0);
        t.advanceMillis(1000);
        assertThat(t.drain()).isNotEmpty().allMatch(s -> s.seq == 1 || s.seq == 1 + 3 * FULL);
        acknowledge(1 + 4 * FULL, 0);
        assertThat(t.sender().isFlushed()).isTrue();
    }

    @Test
    void sendsNoSillySegments() {
        t.established(t.syn().ws(0));
        acknowledge(1, 20_000);
        t.write(20 * FULL);
        int sent = t.drain().getLast().end();
        for (int step = 100; step < FULL; step += 100) {
            t.send(Seg.of("A").seq(1).ack(sent).win(step));
            t.expectNothing();
        }
        t.send(Seg.of("A").seq(1).ack(sent).win(FULL));
        t.expect("A").hasLength(FULL);
    }

    @Test
    void overridesSillyWindowAvoidanceAfterAWhile() {
        t.established(t.syn().ws(0));
        acknowledge(1, 20_000);
        t.write(10 * FULL);
        int sent = t.drain().getLast().end();
        t.write(5000);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(sent).win(500));
        t.expectNothing();
        t.advanceMillis(1000);
        t.expect("A").hasSeq(sent).hasLength(500);
    }

    @Test
    void sendsSmallWritesAtOnceUnlessToldToWait() {
        t.established();
        t.write(10);
        t.expect("PA");
        t.write(10);
        t.expect("PA");
        t.connection().noDelay(false);
        t.write(10);
        t.expectNothing();
        t.write(2 * FULL);
        t.expect("A").hasLength(FULL);
        t.expect("A").hasLength(FULL);
        t.expectNothing();
        acknowledge(21, 65535);
        t.expect("PA").hasLength(10);
    }

    @Test
    void doesNotHoldTheLastDataBackBeforeAFin() {
        t.established();
        t.connection().noDelay(false);
        t.write(10);
        t.expect("PA");
        t.write(10);
        t.expectNothing();
        t.connection().shutdownOutput();
        t.turn();
        t.expect("FPA").hasLength(10);
    }

    @Test
    void limitsItselfToTheMssClamp() {
        TcpSettings d = TcpSettings.DEFAULT;
        assertThat(d.mssClamp()).isZero();
        t.established(Seg.of("S").mss(600));
        t.write(2000);
        t.expect("A").hasLength(600);
    }

    @Test
    void makesRoomForSackBlocksInDataSegments() {
        t.established();
        t.send(Seg.of("A").seq(1001).ack(1).data(100));
        t.drain();
        t.write(3000);
        Seg s = t.expect("A");
        s.hasLength(FULL - 12).hasSack(1001, 1101);
        assertThat(s.data.length + s.rawOptions.length).isEqualTo(1380);
    }

    @Test
    void givesTheMemoryOfALargeFlightBackOnlyWhenItIsIdle() {
        t.established();
        for (int round = 0; round < 40; round++) {
            t.write(Math.min(200_000, t.connection().sendSpace()));
            t.advanceMillis(20).drain();
            t.send(t.ackOf((int) t.sender().next - t.isn, 1));
        }
        assertThat(t.sender().queue.isLarge()).isTrue();
        for (int round = 0; round < 30; round++) {
            t.write(100);
            t.send(t.ackOf((int) t.sender().next - t.isn, 1));
            t.advanceMillis(100).drain();
        }
        assertThat(t.sender().queue.isLarge()).as("while something is going on").isTrue();
        t.advanceMillis(1_100);
        assertThat(t.sender().queue.isLarge()).isFalse();
        t.close();
    }

    /** RFC 9293, 3.8.6.2.1: half of the largest window that was ever offered is worth a segment. */
    @ParameterizedTest
    @CsvSource({"1000, 1000", "999, 0"})
    void halfOfTheLargestWindowIsNoSillySegment(int window, int length) {
        t.established(Seg.of("S").mss(1380).win(2000));
        t.write(5000);
        t.expect("A").hasLength(1380);
        t.expectNothing();
        acknowledge(1 + 1380, window);
        if (length > 0) {
            t.expect("A").hasLength(length);
        }
        t.expectNothing();
    }
}
