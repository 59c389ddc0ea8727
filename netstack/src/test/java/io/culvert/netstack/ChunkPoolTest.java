package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ChunkPoolTest {
    private final ChunkPool pool = new ChunkPool(4096, 10 * 4096);

    private static Chunk some(@Nullable Chunk chunk) {
        return Objects.requireNonNull(chunk);
    }

    @Test
    void givesOutItsCapacityAndNoMore() {
        List<Chunk> taken = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Chunk c = some(pool.take());
            c.memory().fill((byte) i);
            taken.add(c);
        }
        assertThat(pool.take()).isNull();
        assertThat(pool.inUse()).isEqualTo(pool.capacity());
        for (int i = 0; i < 10; i++) {
            assertThat(taken.get(i).buffer().get(4095)).isEqualTo((byte) i);
            taken.get(i).release();
        }
        assertThat(pool.inUse()).isZero();
        assertThat(pool.take()).isNotNull();
    }

    @Test
    void chunkReturnsWithItsLastReferenceOnly() {
        Chunk c = some(pool.take());
        c.retain();
        c.release();
        assertThat(pool.inUse()).isEqualTo(4096);
        c.release();
        assertThat(pool.inUse()).isZero();
        assertThatThrownBy(c::release).isInstanceOf(IllegalStateException.class);
        assertThat(c.references()).isZero();
        assertThatThrownBy(c::retain).isInstanceOf(IllegalStateException.class);
        assertThat(c.references()).isZero();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void largeDatagramGetsAChunkOfItsOwnWithinTheCapacity() {
        ChunkPool wide = new ChunkPool(4096, 150_000);
        Chunk a = some(wide.take(60_000));
        assertThat(a.size()).isGreaterThanOrEqualTo(60_000);
        Chunk b = some(wide.take(4097));
        assertThat(wide.take(60_000)).isNull();
        assertThat(some(wide.take(100)).size()).isEqualTo(4096);
        a.release();
        assertThat(wide.take(60_000)).as("the same memory again").isSameAs(a);
        b.release();
    }

    @Test
    void pressureRisesWithUse() {
        assertThat(pool.pressure()).isEqualTo(ChunkPool.Pressure.NORMAL);
        List<Chunk> taken = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            taken.add(some(pool.take()));
        }
        assertThat(pool.pressure()).isEqualTo(ChunkPool.Pressure.NO_GROWTH);
        for (int i = 0; i < 4; i++) {
            taken.add(some(pool.take()));
        }
        assertThat(pool.pressure()).isEqualTo(ChunkPool.Pressure.IN_ORDER_ONLY);
        taken.forEach(Chunk::release);
        assertThat(pool.pressure()).isEqualTo(ChunkPool.Pressure.NORMAL);
    }

    @Test
    void chunksReleasedByOtherThreadsAreUsedAgain() throws InterruptedException {
        BlockingQueue<Chunk> way = new ArrayBlockingQueue<>(4);
        List<Thread> releasers = new ArrayList<>();
        int rounds = 20_000;
        for (int t = 0; t < 2; t++) {
            Thread thread =
                    new Thread(() -> {
                        for (int i = 0; i < rounds / 2; i++) {
                            try {
                                way.take().release();
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }
                    });
            thread.start();
            releasers.add(thread);
        }
        for (int i = 0; i < rounds; i++) {
            Chunk c = pool.take();
            while (c == null) {
                Thread.onSpinWait();
                c = pool.take();
            }
            assertThat(c.references()).isEqualTo(1);
            way.put(c);
        }
        for (Thread thread : releasers) {
            thread.join();
        }
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void refusesSizesThatMakeNoSense() {
        assertThatThrownBy(() -> new ChunkPool(100, 1 << 20)).hasMessageContaining("100");
        assertThatThrownBy(() -> new ChunkPool(4096, 4095)).hasMessageContaining("4095");
        assertThatThrownBy(() -> pool.take(70_000)).hasMessageContaining("70000");
    }

    @Test
    void levelsBeginAtHalfAndAtSevenEighths() {
        ChunkPool eight = new ChunkPool(2048, 8 * 2048 + 2047);
        assertThat(eight.capacity()).as("whole chunks").isEqualTo(8 * 2048);
        assertThat(eight.chunkSize()).isEqualTo(2048);
        for (int taken = 1; taken <= 8; taken++) {
            some(eight.take());
            assertThat(eight.pressure())
                    .isEqualTo(
                            taken < 4
                                    ? ChunkPool.Pressure.NORMAL
                                    : taken < 7
                                            ? ChunkPool.Pressure.NO_GROWTH
                                            : ChunkPool.Pressure.IN_ORDER_ONLY);
        }
        assertThat(eight.take()).isNull();
    }

    @Test
    void aChunkIsTakenAsIfItWereNew() {
        Chunk c = some(pool.take());
        c.used = 7;
        c.release();
        Chunk again = some(pool.take());
        while (again != c) {
            again = some(pool.take());
        }
        assertThat(again.used).isZero();
        assertThat(again.next).isNull();
        assertThat(again.references()).isEqualTo(1);
        assertThat(again.size()).isEqualTo(4096);
        assertThat(again.buffer().capacity()).isEqualTo(4096);
    }

    @Test
    void ofLargeChunksOneIsKept() {
        ChunkPool wide = new ChunkPool(4096, 300_000);
        Chunk a = some(wide.take(66_560));
        Chunk b = some(wide.take(4097));
        assertThat(wide.inUse()).isEqualTo(a.size() + (long) b.size());
        a.release();
        b.release();
        assertThat(wide.inUse()).isZero();
        Chunk kept = some(wide.take(60_000));
        Chunk fresh = some(wide.take(60_000));
        assertThat(kept == a || kept == b).isTrue();
        assertThat(fresh == a || fresh == b).isFalse();
        assertThat(some(wide.take(4096)).size()).as("a chunk's size is no more").isEqualTo(4096);
        assertThatThrownBy(() -> wide.take(66_561)).hasMessageContaining("66561");
    }

    @Test
    void theLeastPoolIsOneChunk() {
        ChunkPool one = new ChunkPool(2048, 2048);
        Chunk c = some(one.take());
        assertThat(one.take()).isNull();
        assertThat(one.take(10)).isNull();
        c.release();
        assertThat(one.take(2048)).isSameAs(c);
        assertThatThrownBy(() -> new ChunkPool(2047, 4096)).hasMessageContaining("2047");
    }
}
