package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapKeeperTest {
    private static final long MIB = 1L << 20;

    private final FakeHeap heap = new FakeHeap();
    private final HeapKeeper keeper = new HeapKeeper(heap);

    @Test
    void garbageIsCollectedBeforeTheHeapGrowsWithIt() {
        heap.live = 8 * MIB;
        for (int second = 0; second < 60; second++) {
            heap.allocate(10 * MIB);
            keeper.look();
            assertThat(heap.used).isLessThanOrEqualTo(42 * MIB);
        }
        assertThat(heap.collections).isBetween(15, 30);
    }

    @Test
    void whatLivesRaisesTheBar() {
        for (int second = 0; second < 60; second++) {
            heap.live += 5 * MIB;
            heap.allocate(5 * MIB);
            keeper.look();
        }
        // At 35, 75 and 155 MiB: a pause grows with what lives, and gets rarer with it.
        assertThat(heap.collections).isEqualTo(3);
    }

    @Test
    void aBurstsMemoryGoesBackOnceItIsOver() {
        heap.live = 8 * MIB;
        heap.allocate(20 * MIB);
        heap.committed = 50 * MIB;
        for (int second = 0; second < 10; second++) {
            keeper.look();
        }
        assertThat(heap.collections).isZero();

        keeper.look();
        assertThat(heap.collections).isEqualTo(1);
        assertThat(heap.used).isEqualTo(8 * MIB);
    }

    @Test
    void aProcessAtRestIsLeftAlone() {
        heap.live = 100 * MIB;
        heap.allocate(100 * MIB);
        heap.committed = 200 * MIB;
        for (int second = 0; second < 3600; second++) {
            heap.allocate(MIB / 4);
            if (heap.used > 150 * MIB) {
                heap.used = 100 * MIB; // the collector's own young collections
            }
            keeper.look();
        }
        // The first look finds more than the bar; a second collection follows when that is over.
        assertThat(heap.collections).isEqualTo(2);
    }

    @Test
    void aSmallHeapIsNotWorthAPause() {
        heap.live = 6 * MIB;
        heap.committed = 20 * MIB;
        for (int second = 0; second < 600; second++) {
            heap.allocate(second % 60 == 0 ? 8 * MIB : 0);
            if (heap.used > 20 * MIB) {
                heap.used = 6 * MIB;
            }
            keeper.look();
        }
        assertThat(heap.collections).isZero();
    }

    @Test
    void theHeapOfThisProcessHasNumbers() {
        HeapKeeper.Heap own = HeapKeeper.ofThisProcess();

        assertThat(own.used()).isPositive().isLessThanOrEqualTo(own.committed());
    }

    private static final class FakeHeap implements HeapKeeper.Heap {
        long live;
        long used;
        long committed;
        int collections;

        void allocate(long bytes) {
            used += bytes;
            committed = Math.max(committed, used);
        }

        @Override
        public long used() {
            return used;
        }

        @Override
        public long committed() {
            return committed;
        }

        @Override
        public void collect() {
            collections++;
            used = live;
            committed = Math.min(committed, 2 * live);
        }
    }
}
