package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Data that comes in too many pieces, in the wrong order, in batches; and what is said about it.
 */
class TcpReassemblyTest {
    private final TcpScript t = new TcpScript();

    /** CVE-2018-5390: cost and memory stay what the window is, whatever comes. */
    @Test
    void boundsAHundredThousandSegmentsOfOneByteOutOfOrder() {
        t.established();
        int highest = 60_001;
        for (int i = 0; i < 100_000; i++) {
            int seq = 3 + (int) (i * 7919L % 30_000) * 2;
            t.send(Seg.of("A").seq(seq).ack(1).data(1));
            t.out.clear();
        }
        RangeSet ranges = t.connection().receiver().buffer.outOfOrder();
        assertThat(ranges.count()).isEqualTo(ReceiveBuffer.MAX_RANGES);
        assertThat(t.host.pool.inUse()).isLessThanOrEqualTo(128 << 10);
        assertThat(t.host.stack.tcp.counters.receiveMemoryDrops).isPositive();
        for (int seq = 1; seq < highest; seq += 1000) {
            t.send(Seg.of("A").seq(seq).ack(1).data(1000));
        }
        assertThat(t.app.bytes).hasSize(60_000);
        for (int i = 0; i < 60_000; i++) {
            assertThat(t.app.bytes[i]).isEqualTo(TransferApp.byteAt(i));
        }
        assertThat(t.host.pool.inUse()).isZero();
    }

    @Test
    void takesTheFirstSegmentThoughTheWindowIsFullOfOthers() {
        t.established();
        int edge = fillBehindAHole();
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        assertThat(t.app.bytes).hasSize(edge - 1);
        assertThat(t.drain().getLast().ack).isEqualTo(edge);
        assertThat(t.host.pool.inUse()).isZero();
    }

    private int fillBehindAHole() {
        return fillBehindAHole(1);
    }

    /** The segment of 1000 bytes at {@code hole} doesn't come. */
    private int fillBehindAHole(int hole) {
        int edge = 1 + 65535;
        for (int seq = hole + 1000; seq < edge; ) {
            int length = Math.min(1368, edge - seq);
            t.send(Seg.of("A").seq(seq).ack(1).data(length));
            seq += length;
            for (Seg ack : t.drain()) {
                edge = Math.max(edge, ack.ack + (ack.window << 9));
            }
        }
        assertThat(edge).isGreaterThan(128 << 10);
        return edge;
    }

    @Test
    void takesWhatIsNextThoughMemoryIsShort() {
        t.established();
        fillBehindAHole();
        List<Chunk> others = new ArrayList<>();
        makeMemoryShort(others);
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        assertThat(t.app.bytes.length).isGreaterThan(100_000);
        int seq = 1 + t.app.bytes.length;
        t.drain();
        makeMemoryShort(others);
        t.send(Seg.of("A").seq(seq + 1000).ack(1).data(1000));
        assertThat(t.host.stack.tcp.counters.outOfOrderRefused).isEqualTo(1);
        t.expect("A").hasSack();
        t.send(Seg.of("A").seq(seq).ack(1).data(1000));
        assertThat(t.app.bytes).hasSize(seq - 1 + 1000);
        others.forEach(Chunk::release);
    }

    private void makeMemoryShort(List<Chunk> others) {
        while (t.host.pool.pressure() != ChunkPool.Pressure.IN_ORDER_ONLY) {
            others.add(t.host.pool.take());
        }
    }

    /** Many flows share the rest, and this one has more than its part behind the hole. */
    @Test
    void takesWhatIsNextThoughMoreThanItsShareLiesBehind() {
        TcpScript s = new TcpScript(new Host(b -> b, 1 << 20));
        s.established();
        int chunk = ChunkPool.DEFAULT_CHUNK_SIZE;
        int hole = 2 * chunk;
        s.app.reading = false;
        s.send(Seg.of("A").seq(1).ack(1).data(1000));
        s.app.read(s.connection());
        for (int seq = 1001 + hole; seq < 60_000; seq += 1000) {
            s.send(Seg.of("A").seq(seq).ack(1).data(1000));
        }
        for (int i = 0; i < 8; i++) {
            s.host.stack.tcp.receiveBudget.joined();
        }
        List<Chunk> others = new ArrayList<>();
        while (s.host.pool.pressure() != ChunkPool.Pressure.IN_ORDER_ONLY) {
            others.add(s.host.pool.take());
        }
        s.app.reading = true;
        for (int seq = 1001; seq < 1001 + hole; seq += 1000) {
            int length = Math.min(1000, 1001 + hole - seq);
            s.send(Seg.of("A").seq(seq).ack(1).data(length));
        }
        assertThat(s.app.bytes.length).isGreaterThan(59_000);
        others.forEach(Chunk::release);
        s.close();
    }

    /** Whoever sends all but one segment holds memory while nobody else needs it. */
    @Test
    void forgetsWhatLiesBehindAnOldHoleWhenMemoryIsShort() {
        t.established();
        t.send(Seg.of("A").seq(1).ack(1).data(500));
        int end = 500 + fillBehindAHole(501);
        t.advanceMillis(25_000);
        t.drain();
        assertThat(t.host.pool.inUse()).as("enough for all").isGreaterThan(100_000);
        List<Chunk> others = new ArrayList<>();
        makeMemoryShort(others);
        long before = t.host.pool.inUse();
        t.advanceMillis(12_000);
        assertThat(before - t.host.pool.inUse()).isGreaterThan(100_000);
        assertThat(t.host.stack.tcp.counters.outOfOrderForgotten).isEqualTo(1);
        others.forEach(Chunk::release);
        for (int seq = 501; seq < end; seq += 1000) {
            t.send(Seg.of("A").seq(seq).ack(1).data(1000));
        }
        assertThat(t.app.bytes.length).isGreaterThan(end - 1000);
        for (int i = 0; i < t.app.bytes.length; i++) {
            assertThat(t.app.bytes[i]).isEqualTo(TransferApp.byteAt(i));
        }
        assertThat(t.host.pool.inUse()).isZero();
    }

    @Test
    void keepsWhatIsUnreadWhenItForgetsWhatIsNot() {
        t.app.reading = false;
        t.established();
        t.send(Seg.of("A").seq(1).ack(1).data(1000));
        t.send(Seg.of("A").seq(3001).ack(1).data(1000));
        t.send(Seg.of("A").seq(30_001).ack(1).data(1000));
        List<Chunk> others = new ArrayList<>();
        makeMemoryShort(others);
        t.advanceMillis(12_000);
        assertThat(t.connection().receiver().buffer.outOfOrder().isEmpty()).isTrue();
        assertThat(t.connection().receiver().buffer.chunks()).isEqualTo(1);
        others.forEach(Chunk::release);
        t.send(Seg.of("A").seq(1001).ack(1).data(1000));
        t.app.read(t.connection());
        assertThat(t.app.bytes).hasSize(2000);
        t.turn();
        assertThat(t.host.pool.inUse()).isZero();
    }

    @Test
    void whoHoldsUnreadDataGetsNoMoreWhenMemoryIsShort() {
        t.app.reading = false;
        t.established();
        List<Chunk> others = new ArrayList<>();
        while (t.host.pool.inUse() < t.host.pool.capacity() - (256 << 10)) {
            others.add(t.host.pool.take());
        }
        for (int seq = 1; seq < 60_001; seq += 1000) {
            t.send(Seg.of("A").seq(seq).ack(1).data(1000));
        }
        assertThat(t.host.pool.capacity() - t.host.pool.inUse()).isGreaterThan(0);
        assertThat(t.connection().available()).isBetween(32_000, 60_000);
        others.forEach(Chunk::release);
        t.app.read(t.connection());
        t.turn();
    }

    @Test
    void putsTinySegmentsTogether() {
        t.app.reading = false;
        t.established();
        for (int seq = 1; seq <= 10_000; seq++) {
            t.send(Seg.of("A").seq(seq).ack(1).data(1));
        }
        assertThat(t.connection().available()).isEqualTo(10_000);
        assertThat(t.host.pool.inUse()).isEqualTo(ChunkPool.DEFAULT_CHUNK_SIZE);
    }

    @Test
    void wakesTheApplicationOnceForABatchAndAnswersOnce() {
        t.established();
        Seg[] batch = new Seg[45];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = Seg.of("A").seq(1 + i * 1368).ack(1).data(1368);
        }
        t.send(batch);
        assertThat(t.app.wakes).isEqualTo(1);
        assertThat(t.app.bytes).hasSize(45 * 1368);
        t.expect("A").hasAck(1 + 45 * 1368);
        assertThat(t.drain()).as("an update of the window at most").hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void putsTheAckOnAnAnswerOfTheSameTurn() {
        t.established();
        MemorySegment answer = Host.segment(new byte[50]);
        t.app.afterRead = () -> t.connection().write(answer, 0, 50, () -> {});
        t.send(Seg.of("PA").seq(1).ack(1).data(100));
        t.expect("PA").hasAck(101).hasLength(50);
        t.expectNothing();
        t.send(Seg.of("A").seq(101).ack(51));
        t.advanceMillis(150).expectNothing();
    }

    @Test
    void reportsDuplicatesAfterThePeersFin() {
        t.established();
        t.send(Seg.of("FA").seq(1).ack(1).data(100));
        t.expect("A").hasAck(102);
        t.expectState(TcpState.CLOSE_WAIT);
        t.send(Seg.of("A").seq(1).ack(1).data(100));
        t.expect("A").hasAck(102).hasSack(1, 101);
    }
}
