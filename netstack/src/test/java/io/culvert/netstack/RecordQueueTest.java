package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecordQueueTest {
    private final ChunkPool pool = new ChunkPool(4096, 1 << 20);
    private final RecordQueue queue = new RecordQueue(pool, 64 * 1024);

    private boolean offer(byte[] data, int meta) {
        if (!queue.reserve(data.length)) {
            return false;
        }
        MemorySegment.copy(
                data,
                0,
                queue.reservedMemory(),
                ValueLayout.JAVA_BYTE,
                queue.reservedOffset(),
                data.length);
        queue.commit(data.length, meta, meta + 1L, meta + 2L, -meta, ~meta);
        return true;
    }

    private byte[] head() {
        return queue.headChunk()
                .memory()
                .asSlice(queue.headOffset(), queue.headLength())
                .toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void isAFifoOfDatagramsOfAnySize() {
        Random random = new Random(5);
        ArrayDeque<byte[]> model = new ArrayDeque<>();
        int in = 0;
        int out = 0;
        for (int i = 0; i < 50_000; i++) {
            if (random.nextInt(100) < (i / 1000 % 2 == 0 ? 60 : 40)) {
                byte[] data = new byte[random.nextInt(random.nextInt(200) == 0 ? 65516 : 1500)];
                Arrays.fill(data, (byte) in);
                if (random.nextInt(10) == 0) {
                    if (queue.reserve(data.length)) {
                        queue.cancel();
                    }
                } else if (offer(data, in)) {
                    model.add(data);
                    in++;
                }
            } else if (!model.isEmpty()) {
                assertThat(head()).isEqualTo(model.remove());
                assertThat(queue.headMeta()).isEqualTo(out);
                assertThat(queue.headHiA()).isEqualTo(out + 1L);
                assertThat(queue.headLoA()).isEqualTo(out + 2L);
                assertThat(queue.headHiB()).isEqualTo(-out);
                assertThat(queue.headLoB()).isEqualTo(~out);
                queue.remove();
                out++;
            }
            assertThat(queue.isEmpty()).isEqualTo(model.isEmpty());
            assertThat(queue.bytes()).isLessThanOrEqualTo(66_000);
            if (model.isEmpty()) {
                assertThat(pool.inUse()).as("an empty queue holds no memory").isZero();
            }
        }
        queue.clear();
        assertThat(pool.inUse()).isZero();
        assertThat(queue.bytes()).isZero();
    }

    @Test
    void readerKeepsItsBytesWhileTheQueueGoesOn() {
        offer(new byte[] {1, 2, 3}, 1);
        offer(new byte[] {4, 5, 6}, 2);
        Chunk kept = queue.headChunk();
        int offset = queue.headOffset();
        kept.retain();
        queue.remove();
        queue.remove();
        offer(new byte[] {7, 7, 7}, 3);
        assertThat(kept.memory().asSlice(offset, 3).toArray(ValueLayout.JAVA_BYTE))
                .containsExactly(1, 2, 3);
        kept.release();
        queue.clear();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void refusesWhenThePoolIsEmpty() {
        RecordQueue other = new RecordQueue(new ChunkPool(4096, 4096), 1 << 20);
        assertThat(other.reserve(3000)).isTrue();
        other.commit(3000, 0, 0, 0, 0, 0);
        assertThat(other.reserve(3000)).isFalse();
        assertThat(other.reserve(20_000)).isFalse();
        other.clear();
        assertThat(other.reserve(3000)).isTrue();
        other.cancel();
    }
}
