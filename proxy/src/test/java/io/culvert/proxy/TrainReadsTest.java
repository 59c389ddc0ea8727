package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

/** How much is read from a local connection at once. */
class TrainReadsTest {
    private static final int AT_ONCE = 16;

    @SuppressWarnings("deprecation") // of Handle, which Netty's own allocators still return
    private final ExtendedHandle reads =
            (ExtendedHandle) new TrainReads().maxMessagesPerRead(AT_ONCE).newHandle();

    private final EmbeddedChannel channel = new EmbeddedChannel();

    /** A read that brings at most {@code there} bytes; returns how many there was room for. */
    private int read(int there) {
        reads.reset(channel.config());
        ByteBuf buffer = reads.allocate(UnpooledByteBufAllocator.DEFAULT);
        int room = buffer.writableBytes();
        buffer.release();
        reads.attemptedBytesRead(room);
        reads.lastBytesRead(Math.min(there, room));
        reads.incMessagesRead(1);
        reads.readComplete();
        return room;
    }

    @Test
    void growsToOneTrainAndNoFurther() {
        int first = read(1 << 20);
        assertThat(first).isLessThan(8 << 10);
        int room = first;
        for (int i = 0; i < 30; i++) {
            room = read(1 << 20);
        }
        assertThat(room).isEqualTo(TrainReads.MOST);
    }

    @Test
    void shrinksAgainWhenLittleComes() {
        for (int i = 0; i < 30; i++) {
            read(1 << 20);
        }
        int room = 0;
        for (int i = 0; i < 60; i++) {
            room = read(100);
        }
        assertThat(room).isLessThan(1 << 10);
    }

    @Test
    void goesOnWhileReadsAreFullButNotForEver() {
        reads.reset(channel.config());
        for (int i = 1; i < AT_ONCE; i++) {
            full(4096);
            assertThat(reads.continueReading()).isTrue();
            assertThat(reads.continueReading(() -> true)).isTrue();
        }
        full(4096);
        assertThat(reads.continueReading()).isFalse();
    }

    @Test
    void stopsBehindAWholeTrain() {
        reads.reset(channel.config());
        full(TrainReads.MOST);
        assertThat(reads.continueReading()).isFalse();
        assertThat(reads.continueReading(() -> true)).isFalse();
    }

    private void full(int bytes) {
        reads.incMessagesRead(1);
        reads.attemptedBytesRead(bytes);
        reads.lastBytesRead(bytes);
    }

    @Test
    void stopsWhenThereIsNoMore() {
        reads.reset(channel.config());
        reads.incMessagesRead(1);
        reads.attemptedBytesRead(TrainReads.MOST);
        reads.lastBytesRead(1);
        assertThat(reads.continueReading()).isFalse();
    }
}
