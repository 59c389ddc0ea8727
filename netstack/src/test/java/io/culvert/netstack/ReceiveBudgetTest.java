package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Windows of many flows over one memory. */
class ReceiveBudgetTest {
    private static final long ROUND = 50_000_000;
    private static final long MIB = 1 << 20;

    private final ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 64 * MIB);
    private final ReceiveBudget budget = new ReceiveBudget(pool);
    private final List<Chunk> taken = new ArrayList<>();
    private long now;

    private ReceiveWindow window() {
        ReceiveWindow w = new ReceiveWindow(ReceiveWindow.INITIAL, ReceiveWindow.MAXIMUM, budget);
        w.open(0, 65535, 9, now);
        return w;
    }

    private List<ReceiveWindow> windows(int count) {
        List<ReceiveWindow> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(window());
        }
        return all;
    }

    /** A round trip in which so much arrives for each. */
    private void round(List<ReceiveWindow> windows, long bytes) {
        now += ROUND;
        for (ReceiveWindow w : windows) {
            w.arrived((int) bytes);
            w.review(ROUND, 0, 0, now);
        }
    }

    private void fill(long bytes) {
        while (pool.inUse() < bytes) {
            taken.add(pool.take());
        }
    }

    @Test
    void oneFlowGetsAllItProves() {
        List<ReceiveWindow> one = windows(1);
        round(one, MIB);
        assertThat(one.getFirst().capacity()).isBetween(4 * MIB, 4 * MIB + (64 << 10));
        round(one, 8 * MIB);
        assertThat(one.getFirst().capacity()).isEqualTo(ReceiveWindow.MAXIMUM);
    }

    @Test
    void flowsThatWantMoreThanThereIsShareItEqually() {
        List<ReceiveWindow> first = windows(2);
        round(first, 8 * MIB);
        assertThat(budget.promised()).isBetween(31 * MIB, 32 * MIB);
        List<ReceiveWindow> all = new ArrayList<>(first);
        all.addAll(windows(14));
        round(all, 8 * MIB);
        round(all, 8 * MIB);
        assertThat(budget.promised()).isLessThanOrEqualTo(32 * MIB);
        for (ReceiveWindow w : all) {
            assertThat(w.capacity()).isBetween(2 * MIB, 2 * MIB + ReceiveWindow.INITIAL);
        }
    }

    @Test
    void whatOneFlowGivesBackIsForOthers() {
        List<ReceiveWindow> all = windows(16);
        round(all, 8 * MIB);
        round(all, 8 * MIB);
        all.subList(1, 8).forEach(ReceiveWindow::close);
        all.subList(8, 16).forEach(w -> w.idle(0));
        assertThat(budget.promised()).isLessThanOrEqualTo(2 * MIB);
        round(all.subList(0, 1), 8 * MIB);
        assertThat(all.getFirst().capacity()).isEqualTo(ReceiveWindow.MAXIMUM);
    }

    @Test
    void whatIsHeldUnreadIsNotGivenBack() {
        ReceiveWindow w = window();
        round(List.of(w), 2 * MIB);
        w.idle(3 * MIB);
        assertThat(budget.promised()).isEqualTo(3 * MIB - ReceiveWindow.INITIAL);
    }

    @Test
    void whoDoesNotReadDoesNotGrow() {
        ReceiveWindow w = window();
        for (int i = 0; i < 10; i++) {
            now += ROUND;
            w.arrived(100_000);
            w.review(ROUND, 90_000, 0, now);
        }
        assertThat(w.capacity()).isEqualTo(ReceiveWindow.INITIAL);
    }

    @Test
    void nobodyIsPromisedMoreThanHalfOfWhatIsFree() {
        ReceiveWindow w = window();
        round(List.of(w), 8 * MIB);
        assertThat(w.capacity()).isEqualTo(ReceiveWindow.MAXIMUM);
        fill(52 * MIB);
        round(List.of(w), 8 * MIB);
        assertThat(w.capacity()).isEqualTo(6 * MIB + ReceiveWindow.INITIAL);
        taken.forEach(Chunk::release);
        round(List.of(w), 8 * MIB);
        assertThat(w.capacity()).isEqualTo(ReceiveWindow.MAXIMUM);
    }

    @Test
    void nearTheEndOfTheMemoryWindowsShrinkAndThoseWhoReadGetTheRest() {
        List<ReceiveWindow> all = windows(100);
        assertThat(budget.refuses(1000)).isFalse();
        fill(60 * MIB);
        round(all, 1_000);
        for (ReceiveWindow w : all) {
            assertThat(w.capacity()).isEqualTo(2L * ChunkPool.DEFAULT_CHUNK_SIZE);
        }
        assertThat(window().capacity()).isEqualTo(2L * ChunkPool.DEFAULT_CHUNK_SIZE);
        assertThat(budget.refuses(1)).isFalse();
        assertThat(budget.refuses(4)).as("less than its part of the rest").isFalse();
        assertThat(budget.refuses(6)).isTrue();
        taken.forEach(Chunk::release);
        round(all, 100);
        assertThat(all.getFirst().capacity()).isEqualTo(ReceiveWindow.INITIAL);
    }

    @Test
    void theRightEdgeNeverRetreats() {
        ReceiveWindow w = window();
        long next = 0;
        long edge = w.edge();
        for (int i = 0; i < 2000; i++) {
            if (i % 500 == 250) {
                fill(40 * MIB + (i % 1000) * MIB / 50);
            } else if (i % 500 == 0) {
                taken.forEach(Chunk::release);
                taken.clear();
            }
            long arrived = Math.min((i * 7919L) % 300_000, edge - next);
            next += arrived;
            round(List.of(w), arrived);
            int field = w.advertise(next, next - i % 3 * arrived / 3, 1400);
            assertThat(next + ((long) field << 9)).isGreaterThan(edge - 512);
            assertThat(w.edge()).isGreaterThanOrEqualTo(edge);
            edge = w.edge();
        }
    }
}
