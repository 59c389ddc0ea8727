package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a connection holds and promises, and what it gives back after ten seconds without data. */
class TcpReceiveMemoryTest {
    private static final int FULL = 1380 - 12;
    private static final long CAPACITY = 4L << 20;

    private final TcpScript t = new TcpScript(new Host(b -> b, CAPACITY));
    private final List<Chunk> taken = new ArrayList<>();
    private int seq = 1;

    @AfterEach
    void nothingIsLeft() {
        taken.forEach(Chunk::release);
        t.close();
    }

    /** Takes chunks until the pool's last eighth begins. */
    private void exhaust() {
        while (t.host.pool.pressure() != ChunkPool.Pressure.IN_ORDER_ONLY) {
            taken.add(Objects.requireNonNull(t.host.pool.take()));
        }
    }

    private void receive(int segments) {
        for (int i = 0; i < segments; i++) {
            t.send(Seg.of("A").seq(seq).ack(1).data(FULL));
            seq += FULL;
        }
        t.drain();
    }

    private long buffer() {
        return t.connection().info().receiveBuffer();
    }

    private TcpCounters counters() {
        return t.host.stack.tcp.counters;
    }

    /** A window that three rounds of data made larger. */
    private void grown() {
        t.established();
        t.app.discards = true;
        for (int i = 0; i < 4; i++) {
            receive(40);
            t.advanceMillis(50);
        }
        assertThat(buffer()).isGreaterThan(ReceiveWindow.INITIAL);
    }

    @Test
    void aWindowThatGrewIsGivenBackAfterTenSecondsWithoutData() {
        grown();
        long large = buffer();
        receive(1);
        t.advanceMillis(9_000);
        assertThat(buffer()).isEqualTo(large);
        t.advanceMillis(11_000);
        assertThat(buffer()).isEqualTo(ReceiveWindow.INITIAL);
        t.advanceMillis(20_000);
        assertThat(t.host.stack.timers.armed()).as("there is nothing to look after").isZero();
    }

    @Test
    void whoeverGoesOnReceivingKeepsIt() {
        grown();
        long large = buffer();
        for (int i = 0; i < 10; i++) {
            t.advanceMillis(4_000);
            t.send(Seg.of("A").seq(seq).ack(1).data(10));
            seq += 10;
        }
        assertThat(buffer()).isEqualTo(large);
    }

    @Test
    void whatIsBehindAHoleIsForgottenWhenOthersNeedTheMemory() {
        t.established();
        t.send(Seg.of("A").seq(1 + FULL).ack(1).data(FULL));
        t.expect("A").hasSack(1 + FULL, 1 + 2 * FULL);
        assertThat(counters().outOfOrder).isEqualTo(1);
        long held = t.host.pool.inUse();
        assertThat(held).isPositive();
        exhaust();
        t.advanceMillis(9_900);
        assertThat(counters().outOfOrderForgotten).isZero();
        t.advanceMillis(10_200);
        assertThat(counters().outOfOrderForgotten).isEqualTo(1);
        assertThat(t.host.pool.inUse())
                .isEqualTo(taken.size() * (long) ChunkPool.DEFAULT_CHUNK_SIZE);
        t.send(Seg.of("A").seq(1).ack(1).data(FULL));
        t.expect("A").hasAck(1 + FULL).hasSack();
    }

    @Test
    void whileThereIsMemoryItIsKept() {
        t.established();
        t.send(Seg.of("A").seq(1 + FULL).ack(1).data(FULL));
        t.drain();
        t.advanceMillis(60_000);
        assertThat(counters().outOfOrderForgotten).isZero();
        exhaust();
        t.send(Seg.of("A").seq(1).ack(1).data(10)); // the hole is being mended
        t.advanceMillis(9_000);
        assertThat(counters().outOfOrderForgotten).isZero();
        t.send(Seg.of("A").seq(1).ack(1).data(FULL));
        t.drain().getLast().hasAck(1 + 2 * FULL);
    }

    @Test
    void nearTheEndOfTheMemoryOnlyWhatCanBeReadAtOnceIsTaken() {
        t.established();
        exhaust();
        t.send(Seg.of("A").seq(1 + FULL).ack(1).data(FULL));
        t.expect("A").hasAck(1).hasSack();
        assertThat(counters().outOfOrderRefused).isEqualTo(1);
        assertThat(counters().outOfOrder).isZero();
        t.send(Seg.of("A").seq(1).ack(1).data(FULL));
        t.expect("A").hasAck(1 + FULL);
        assertThat(t.app.bytes).hasSize(FULL);
        t.send(Seg.of("A").seq(1 + FULL).ack(1).data(FULL));
        t.expect("A").hasAck(1 + 2 * FULL);
    }

    @Test
    void whatFindsNoMemoryIsCountedAndAskedForAgain() {
        t.established();
        t.app.reading = false;
        while (true) {
            Chunk c = t.host.pool.take();
            if (c == null) {
                break;
            }
            taken.add(c);
        }
        t.send(Seg.of("A").seq(1).ack(1).data(FULL));
        t.expect("A").hasAck(1);
        assertThat(counters().receiveMemoryDrops).isEqualTo(1);
        taken.removeLast().release();
        t.send(Seg.of("A").seq(1).ack(1).data(FULL));
        t.expect("A").hasAck(1 + FULL);
        assertThat(t.connection().available()).isEqualTo(FULL);
    }

    @Test
    void aRepetitionBehindAHoleIsReportedAsADuplicateAndFirst() {
        t.established();
        for (int i = 1; i <= 2; i++) {
            t.send(Seg.of("A").seq(1 + i * 2 * FULL).ack(1).data(FULL));
        }
        t.drain();
        t.send(Seg.of("A").seq(1 + 2 * FULL).ack(1).data(FULL));
        t.expect("A")
                .hasSack(
                        1 + 2 * FULL,
                        1 + 3 * FULL,
                        1 + 2 * FULL,
                        1 + 3 * FULL,
                        1 + 4 * FULL,
                        1 + 5 * FULL);
        assertThat(counters().outOfOrder).isEqualTo(2);
    }

    @Test
    void whatCameOutOfOrderProvesALargerWindowAsWell() {
        t.established();
        t.app.discards = true;
        receive(1);
        for (int i = 0; i < 44; i++) {
            t.send(Seg.of("A").seq(seq + FULL + i * FULL).ack(1).data(FULL));
        }
        t.send(Seg.of("A").seq(seq).ack(1).data(FULL));
        assertThat(buffer()).isGreaterThan(ReceiveWindow.INITIAL + 32 * 1024);
    }
}
