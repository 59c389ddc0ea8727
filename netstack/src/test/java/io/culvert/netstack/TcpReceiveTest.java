package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reassembly, acknowledgment policy and the receive window. */
class TcpReceiveTest {
    private static final int FULL = 1380 - 12;

    private final TcpScript t = new TcpScript();

    /** Past the segments that a young flow acknowledges at once. */
    private int warmUp() {
        t.established();
        int seq = 1;
        for (int i = 0; i < 20; i++) {
            t.send(Seg.of("A").seq(seq).ack(1).data(FULL));
            seq += FULL;
        }
        t.advanceMillis(100);
        t.drain();
        t.app.events.clear();
        return seq;
    }

    private void checkBytes(int length) {
        assertThat(t.app.bytes).hasSize(length);
        for (int i = 0; i < length; i++) {
            assertThat(t.app.bytes[i]).as("byte %s", i).isEqualTo(TransferApp.byteAt(i));
        }
    }

    @Test
    void acknowledgesAtOnceWhileAFlowIsYoung() {
        t.established();
        for (int i = 0; i < 16; i++) {
            t.send(Seg.of("A").seq(1 + i * FULL).ack(1).data(FULL));
            t.expect("A").hasAck(1 + (i + 1) * FULL);
        }
        t.send(Seg.of("A").seq(1 + 16 * FULL).ack(1).data(FULL)).expectNothing();
    }

    @Test
    void delaysTheAckOfALoneSegment() {
        int seq = warmUp();
        long start = t.host.now;
        t.send(Seg.of("A").seq(seq).ack(1).data(FULL)).expectNothing();
        t.advanceMillis(500);
        Seg ack = t.expect("A").hasAck(seq + FULL);
        assertThat(ack.at - start).isBetween(1L, 40 * Host.MILLI);
        t.expectNothing();
    }

    @Test
    void acknowledgesTheSecondSegmentAtOnce() {
        int seq = warmUp();
        t.send(Seg.of("A").seq(seq).ack(1).data(FULL)).expectNothing();
        t.send(Seg.of("A").seq(seq + FULL).ack(1).data(FULL));
        t.expect("A").hasAck(seq + 2 * FULL);
        t.advanceMillis(100).expectNothing();
    }

    @Test
    void acknowledgesTheLastSegmentOfAWriteAtOnce() {
        int seq = warmUp();
        t.send(Seg.of("PA").seq(seq).ack(1).data(100));
        t.expect("A").hasAck(seq + 100);
    }

    @Test
    void sendsOneAckAndOneReadEventForABatch() {
        int seq = warmUp();
        Seg[] batch = new Seg[64];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = Seg.of("A").seq(seq + i * 1000).ack(1).data(1000);
        }
        int[] wakes = new int[1];
        t.app.reading = false;
        t.host.stack.events.add(
                new Deliverable() {
                    @Override
                    void deliver() {
                        wakes[0]++;
                    }
                });
        t.send(batch);
        t.expect("A").hasAck(seq + 64_000);
        t.expectNothing();
        assertThat(t.connection().available()).isEqualTo(64_000);
    }

    @Test
    void putsTheAckOnDataThatLeavesInTheSameTurn() {
        t.established();
        t.app.reading = false;
        t.host.input(PacketBuilder.packet(t.peer, t.own).payload(6, new byte[0]));
        Seg request = Seg.of("PA").seq(1).ack(1).data(100);
        TcpScript.Recorder app = t.app;
        app.events.clear();
        t.write(50); // stands for a reply: leaves with the next turn
        t.expect("PA").hasLength(50);
        t.send(request);
        t.expect("A").hasAck(101);
        t.expectNothing();
    }

    @Test
    void reportsAHoleAtOnceAndItsFilling() {
        int seq = warmUp();
        t.send(Seg.of("A").seq(seq + 1000).ack(1).data(1000));
        t.expect("A").hasAck(seq).hasSack(seq + 1000, seq + 2000);
        t.send(Seg.of("A").seq(seq).ack(1).data(1000));
        t.expect("A").hasAck(seq + 2000).hasSack();
        checkBytes(seq + 2000 - 1);
    }

    /** RFC 5681, 4.2: without SACK the peer learns of a loss by counting ACKs. */
    @Test
    void answersEachSegmentBehindAHoleWhenThePeerHasNoSack() {
        t.established(Seg.of("S").mss(1460));
        t.send(
                Seg.of("A").seq(1).ack(1).data(1000),
                Seg.of("A").seq(2001).ack(1).data(1000),
                Seg.of("A").seq(3001).ack(1).data(1000),
                Seg.of("A").seq(4001).ack(1).data(1000));
        for (int i = 0; i < 4; i++) {
            t.expect("A").hasAck(1001).hasLength(0);
        }
        t.expectNothing();
        // What fills the hole is answered once: more would look like another loss.
        t.send(
                Seg.of("A").seq(5001).ack(1).data(1000),
                Seg.of("A").seq(6001).ack(1).data(1000),
                Seg.of("A").seq(1001).ack(1).data(1000));
        t.expect("A").hasAck(7001);
        t.expectNothing();
    }

    /** Data carries an ACK but doesn't count as a duplicate. */
    @Test
    void sendsDuplicatesBesideDataWhenThePeerHasNoSack() {
        t.established(Seg.of("S").mss(1460));
        t.connection().write(Host.segment(new byte[100]), 0, 100, () -> {}); // leaves with the ACKs
        t.send(
                Seg.of("A").seq(1).ack(1).data(1000),
                Seg.of("A").seq(2001).ack(1).data(1000),
                Seg.of("A").seq(3001).ack(1).data(1000),
                Seg.of("A").seq(4001).ack(1).data(1000));
        List<Seg> out = t.drain();
        assertThat(out).filteredOn(s -> s.data.length == 0).hasSizeGreaterThanOrEqualTo(3);
        assertThat(out).filteredOn(s -> s.data.length == 100).hasSize(1);
        assertThat(out).allMatch(s -> s.ack == 1001);
    }

    @Test
    void reportsTheNewestBlockFirstAndAtMostThreeBesideTimestamps() {
        t.established();
        for (int i = 1; i <= 5; i++) {
            t.send(Seg.of("A").seq(1 + 2000 * i).ack(1).data(1000));
        }
        List<Seg> acks = t.drain();
        acks.getLast().hasSack(10001, 11001, 8001, 9001, 6001, 7001);
        t.send(Seg.of("A").seq(5001).ack(1).data(1000)); // joins two
        t.expect("A").hasSack(4001, 7001, 10001, 11001, 8001, 9001);
    }

    @Test
    void reportsFourBlocksWithoutTimestamps() {
        t.established(Seg.of("S").mss(1460).sackOk());
        for (int i = 1; i <= 5; i++) {
            t.send(Seg.of("A").seq(1 + 2000 * i).ack(1).data(1000));
        }
        t.drain().getLast().hasSack(10001, 11001, 8001, 9001, 6001, 7001, 4001, 5001);
    }

    @Test
    void sendsNoSackThatWasNotAgreedUpon() {
        t.established(Seg.of("S").mss(1460));
        t.send(Seg.of("A").seq(2001).ack(1).data(1000));
        t.expect("A").hasAck(1).hasSack();
    }

    @Test
    void reportsADuplicateFirst() {
        t.established();
        t.send(Seg.of("A").seq(1).ack(1).data(2000));
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        t.expect("A").hasAck(2001).hasSack(1, 1001);
        t.send(Seg.of("A").seq(1501).ack(1).data(1000));
        t.expect("A").hasAck(2501).hasSack(1501, 2001);
        t.send(Seg.of("A").seq(5001).ack(1).data(1000));
        t.drain();
        t.send(Seg.of("A").seq(5001).ack(1).data(1000));
        t.expect("A").hasAck(2501).hasSack(5001, 6001, 5001, 6001);
        t.send(Seg.of("A").seq(5001).ack(1).data(10));
        t.expect("A").hasSack(5001, 5011, 5001, 6001);
    }

    @Test
    void reportsThePartOfASegmentThatIsThereAlready() {
        t.established();
        t.send(Seg.of("A").seq(2001).ack(1).data(1000));
        t.drain();
        t.send(Seg.of("A").seq(2501).ack(1).data(1000));
        t.expect("A").hasAck(1).hasSack(2501, 3001, 2001, 3501);
        t.send(Seg.of("A").seq(1501).ack(1).data(1000));
        t.expect("A").hasAck(1).hasSack(2001, 2501, 1501, 3501);
        t.send(Seg.of("A").seq(1).ack(1).data(2000));
        t.expect("A").hasAck(3501).hasSack(1501, 2001);
        checkBytes(3500);
    }

    @Test
    void callsNoKeepaliveProbeADuplicate() {
        t.established();
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        t.drain();
        t.send(Seg.of("A").seq(1000).ack(1));
        t.expect("A").hasAck(1001).hasSack();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FIN_WAIT_1", "FIN_WAIT_2"})
    void reportsHolesWhileHalfClosed(String state) {
        t.established();
        t.connection().shutdownOutput();
        t.turn();
        t.expect("FA");
        if (state.equals("FIN_WAIT_2")) {
            t.send(Seg.of("A").seq(1).ack(2));
        }
        t.expectState(TcpState.valueOf(state));
        t.send(Seg.of("A").seq(1001).ack(1).data(1000));
        t.expect("A").hasAck(1).hasSack(1001, 2001);
    }

    @Test
    void keepsTheFirstCopyOfEachByte() {
        t.established();
        byte[] other = new byte[3000];
        t.send(Seg.of("A").seq(1001).ack(1).data(1000));
        t.send(Seg.of("A").seq(501).ack(1).data(3000));
        t.send(Seg.of("A").seq(1).ack(1).data(1200));
        Seg late = Seg.of("A").seq(1).ack(1);
        late.data = other;
        t.send(late);
        checkBytes(3500);
    }

    @Test
    void deliversAFinThatCameBeforeItsData() {
        t.established();
        t.send(Seg.of("FA").seq(1001).ack(1).data(500));
        t.expect("A").hasAck(1);
        t.expectEvents();
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        t.expect("A").hasAck(1502);
        checkBytes(1500);
        t.expectEvents("end").expectState(TcpState.CLOSE_WAIT);
        t.send(Seg.of("FA").seq(1501).ack(1));
        t.expect("A").hasAck(1502);
        t.expectEvents();
    }

    @Test
    void ignoresDataBehindAFin() {
        t.established();
        t.send(Seg.of("FA").seq(1001).ack(1));
        t.send(Seg.of("A").seq(1001).ack(1).data(100));
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        checkBytes(1000);
        t.expectState(TcpState.CLOSE_WAIT);
    }

    @Test
    void ignoresAFinInsideDataThatIsHere() {
        t.established();
        t.send(Seg.of("A").seq(1001).ack(1).data(1000));
        t.send(Seg.of("FA").seq(1501).ack(1));
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        checkBytes(2000);
        t.expectState(TcpState.ESTABLISHED);
    }

    @Test
    void closesItsWindowAndOpensItWhenItWasRead() {
        t.app.reading = false;
        t.established();
        int seq = fill();
        assertThat(seq - 1).isBetween(128 << 10, (144 << 10) + 512);
        assertThat(t.host.pool.inUse()).isLessThanOrEqualTo(160 << 10);
        t.app.read(t.connection());
        t.turn();
        assertThat(t.expect("A").window << 9).isGreaterThan(100 << 10);
        t.expectNothing();
        checkBytes(seq - 1);
    }

    @Test
    void closesItsWindowHoweverSmallTheSegmentsAre() {
        t.app.reading = false;
        t.established();
        int edge = 1 + 65535;
        int seq = 1;
        while (seq < edge) {
            assertThat(seq).isLessThan(200_000);
            t.send(Seg.of("A").seq(seq).ack(1).data(7));
            seq += 7;
            for (Seg ack : t.drain()) {
                edge = Math.max(edge, ack.ack + (ack.window << 9));
            }
        }
        assertThat(seq).isLessThan((144 << 10) + 1024);
    }

    @Test
    void offersNoSillyWindow() {
        t.app.reading = false;
        t.established();
        int seq = fill();
        Received out = new Received();
        while (t.out.isEmpty()) {
            assertThat(t.connection().read(out)).isTrue();
            Objects.requireNonNull(out.chunk).release();
            t.turn();
        }
        Seg update = t.expect("A");
        assertThat(update.hasAck(seq).window << 9).isGreaterThanOrEqualTo(FULL);
    }

    /** Sends as much as the window takes; returns the sequence behind it. */
    private int fill() {
        int seq = 1;
        int edge = 1 + 65535;
        while (seq < edge) {
            int length = Math.min(FULL, edge - seq);
            t.send(Seg.of("A").seq(seq).ack(1).data(length));
            seq += length;
            t.advanceMillis(50);
            for (Seg ack : t.drain()) {
                int right = ack.ack + (ack.window << 9);
                assertThat(right).as("right edge").isGreaterThan(edge - 512);
                edge = Math.max(edge, right);
            }
        }
        return seq;
    }

    @Test
    void dropsDataThatAZeroWindowDoesNotTake() {
        t.app.reading = false;
        t.established();
        int seq = fill();
        t.send(Seg.of("A").seq(seq).ack(1).data(1));
        Seg ack = t.expect("A").hasWindow(0);
        assertThat(ack.ack).isEqualTo(seq);
        t.app.reading = true;
        t.app.read(t.connection());
        checkBytes(seq - 1);
    }

    @Test
    void takesAFinAndAcksAtAZeroWindow() {
        t.app.reading = false;
        t.established();
        t.write(100);
        int seq = fill();
        t.send(Seg.of("FA").seq(seq).ack(101));
        t.expect("A").hasAck(seq + 1);
        assertThat(t.sender().isFlushed()).isTrue();
        t.expectState(TcpState.CLOSE_WAIT);
        t.app.read(t.connection());
        t.expectEvents("end");
    }

    @Test
    void growsItsWindowOnlyWhenTheApplicationKeepsUp() {
        t.established();
        t.advanceMillis(20);
        int seq = 1;
        long largest = 0;
        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < 100; i++) {
                t.send(Seg.of("A").seq(seq).ack(1).data(FULL));
                seq += FULL;
            }
            t.advanceMillis(20);
            for (Seg ack : t.drain()) {
                largest = Math.max(largest, (long) ack.window << 9);
            }
        }
        assertThat(largest).isGreaterThan(200 << 10);
        checkBytes(seq - 1);
    }

    @Test
    void holdsNoMemoryWhenEverythingWasRead() {
        t.established();
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        assertThat(t.host.pool.inUse()).isZero();
        t.send(Seg.of("A").seq(3001).ack(1).data(1000));
        assertThat(t.host.pool.inUse()).isPositive();
        t.send(Seg.of("A").seq(1001).ack(1).data(2000));
        assertThat(t.host.pool.inUse()).isZero();
        checkBytes(4000);
    }

    @Test
    void survivesManyTinyRangesOutOfOrder() {
        t.established();
        for (int i = 0; i < 60_000; i += 2) {
            Seg s = Seg.of("A").seq(2 + i).ack(1).data(1);
            t.send(s);
        }
        assertThat(t.connection().receiver().buffer.outOfOrder().count())
                .isEqualTo(ReceiveBuffer.MAX_RANGES);
        assertThat(t.host.pool.inUse()).isLessThanOrEqualTo(128 << 10);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1).data(1000)); // never a deadlock
        assertThat(t.app.bytes.length).isGreaterThanOrEqualTo(1000);
    }

    @Test
    void endsTheStreamOnce() {
        t.established();
        t.send(Seg.of("FA").seq(1).ack(1).data(10));
        t.expectEvents("end");
        t.send(Seg.of("FA").seq(1).ack(1).data(10));
        t.expectEvents();
        assertThat(t.connection().endOfStream()).isTrue();
        assertThat(t.app.bytes).hasSize(10);
    }
}
