package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SendBufferTest {
    private final ChunkPool pool = new ChunkPool(4096, 1 << 20);
    private final Events events = new Events();
    private final SendBudget budget = new SendBudget(1 << 20);
    private final SendBuffer buffer = new SendBuffer(pool, new LeaseReleases(events), budget);
    private int leases;

    private void write(long position, int length) {
        MemorySegment m = Arena.ofAuto().allocate(Math.max(1, length));
        for (int i = 0; i < length; i++) {
            m.set(ValueLayout.JAVA_BYTE, i, TransferApp.byteAt(position + i));
        }
        leases++;
        buffer.append(m, 0, length, () -> leases--);
    }

    @Test
    void givesBackEveryByteFromAnyPlaceUntilItIsReleased() {
        for (int seed = 0; seed < 60; seed++) {
            Random r = new Random(seed);
            long start = Seq.first(r.nextInt());
            buffer.open(start);
            MemorySegment out = Arena.ofAuto().allocate(70_000);
            long released = start;
            for (int step = 0; step < 300; step++) {
                if (r.nextInt(3) > 0 && buffer.size() < 60_000) {
                    write(buffer.end(), 1 + r.nextInt(r.nextBoolean() ? 3000 : 100));
                } else if (buffer.size() > 0) {
                    long from = released + r.nextLong(buffer.size());
                    int length = 1 + r.nextInt((int) (buffer.end() - from));
                    int sum = buffer.copyOut(from, length, out, 3);
                    assertThat(sum).isEqualTo(Checksum.sum(out, 3, length));
                    for (int i = 0; i < length; i++) {
                        assertThat(out.get(ValueLayout.JAVA_BYTE, 3 + i))
                                .isEqualTo(TransferApp.byteAt(from + i));
                    }
                    if (r.nextBoolean()) {
                        released += r.nextLong(buffer.size() + 1);
                        buffer.release(released);
                        events.deliver();
                        assertThat(buffer.size()).isEqualTo(buffer.end() - released);
                    }
                }
            }
            buffer.clear();
            events.deliver();
            assertThat(leases).isZero();
            assertThat(pool.inUse()).isZero();
            assertThat(budget.held()).isZero();
        }
    }

    @Test
    void borrowsSmallWritesWhenThePoolIsEmpty() {
        buffer.open(1);
        int chunks = (int) (pool.capacity() / pool.chunkSize());
        write(1, 4000); // takes nothing
        write(4001, 500);
        for (int i = 0; i < chunks - 1; i++) {
            assertThat(pool.take()).isNotNull();
        }
        assertThat(leases).isEqualTo(1);
        write(4501, 900);
        write(5401, 900);
        write(6301, 900);
        write(7201, 900);
        assertThat(leases).as("the last does not fit and is borrowed").isGreaterThan(1);
        MemorySegment out = Arena.ofAuto().allocate(10_000);
        buffer.copyOut(1, 8100, out, 0);
        for (int i = 0; i < 8100; i++) {
            assertThat(out.get(ValueLayout.JAVA_BYTE, i)).isEqualTo(TransferApp.byteAt(1L + i));
        }
        buffer.clear();
        events.deliver();
        assertThat(leases).isZero();
    }
}
