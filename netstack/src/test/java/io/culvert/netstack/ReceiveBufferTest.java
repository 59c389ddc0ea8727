package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReceiveBufferTest {
    private static final int STREAM = 60_000;

    private final ChunkPool pool = new ChunkPool(2048, 1 << 20);
    private final Received out = new Received();

    /** Every order of arrival, overlap and reading gives the stream, and nothing stays behind. */
    @Test
    void putsTogetherWhatComesInAnyOrder() {
        MemorySegment stream = Arena.ofAuto().allocate(STREAM);
        for (int i = 0; i < STREAM; i++) {
            stream.set(ValueLayout.JAVA_BYTE, i, TransferApp.byteAt(i));
        }
        for (int seed = 0; seed < 100; seed++) {
            Random r = new Random(seed);
            ReceiveBuffer buffer = new ReceiveBuffer(pool, new ReceiveBudget(pool));
            long base = Seq.first(r.nextInt());
            buffer.open(base);
            List<Chunk> held = new ArrayList<>();
            long read = 0;
            while (read < STREAM) {
                arrive(buffer, stream, base, r);
                if (r.nextInt(3) == 0) {
                    while (buffer.read(out)) {
                        Chunk chunk = Objects.requireNonNull(out.chunk);
                        long mismatch =
                                MemorySegment.mismatch(
                                        chunk.memory(),
                                        out.offset,
                                        out.offset + out.length,
                                        stream,
                                        read,
                                        read + out.length);
                        assertThat(mismatch).as("seed %s at %s", seed, read).isEqualTo(-1);
                        read += out.length;
                        held.add(chunk);
                    }
                }
                if (r.nextInt(10) == 0) {
                    held.forEach(Chunk::release);
                    held.clear();
                }
            }
            held.forEach(Chunk::release);
            assertThat(pool.inUse()).as("seed %s", seed).isZero();
        }
    }

    private static void arrive(ReceiveBuffer buffer, MemorySegment stream, long base, Random r) {
        long next = buffer.next() - base;
        int ahead = r.nextInt(3) == 0 ? r.nextInt(20_000) : 0;
        long from = Math.min(next + ahead, STREAM);
        int length = (int) Math.min(1 + r.nextInt(3000), STREAM - from);
        if (length == 0) {
            return;
        }
        RangeSet ranges = buffer.outOfOrder();
        boolean fast =
                ahead == 0
                        && (ranges.isEmpty() || from + length < ranges.from(0) - base)
                        && r.nextBoolean();
        if (fast) {
            int sum = buffer.copyInOrder(stream, from, length);
            assertThat(sum).isEqualTo(Checksum.sum(stream, from, length));
            if (r.nextInt(4) > 0) {
                buffer.accept(length); // else its checksum was bad
            }
        } else {
            assertThat(buffer.store(base + from, stream, from, length)).isTrue();
        }
    }

    @Test
    void refusesWhatThePoolCannotHold() {
        ChunkPool tiny = new ChunkPool(2048, 4096);
        ReceiveBuffer buffer = new ReceiveBuffer(tiny, new ReceiveBudget(tiny));
        buffer.open(1000);
        MemorySegment m = Arena.ofAuto().allocate(8192);
        assertThat(buffer.copyInOrder(m, 0, 8192)).isEqualTo(ReceiveBuffer.NO_MEMORY);
        assertThat(buffer.store(1000, m, 0, 8192)).isFalse();
        assertThat(buffer.available()).isZero();
        assertThat(buffer.store(1000, m, 0, 4096)).isTrue();
        assertThat(buffer.available()).isEqualTo(4096);
        buffer.clear();
        assertThat(tiny.inUse()).isZero();
    }

    @Test
    void givesTheReaderItsOwnReferenceToAChunkThatIsStillFilled() {
        ReceiveBuffer buffer = new ReceiveBuffer(pool, new ReceiveBudget(pool));
        buffer.open(0);
        MemorySegment m = Arena.ofAuto().allocate(2048);
        buffer.store(0, m, 0, 100);
        buffer.store(200, m, 0, 100);
        assertThat(buffer.read(out)).isTrue();
        Chunk first = Objects.requireNonNull(out.chunk);
        assertThat(first.references()).isEqualTo(2);
        first.release();
        buffer.store(100, m, 0, 100);
        assertThat(buffer.read(out)).isTrue();
        assertThat(out.length).isEqualTo(200);
        assertThat(out.chunk).isSameAs(first);
        assertThat(first.references()).as("the buffer kept none").isEqualTo(1);
        first.release();
        assertThat(pool.inUse()).isZero();
    }
}
