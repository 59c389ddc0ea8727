package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

/** Which buffers a connection takes as they are. */
class TcpLendingTest {
    private final ByteBufAllocator alloc = UnpooledByteBufAllocator.DEFAULT;

    private static ByteBuf filled(ByteBuf buffer, int bytes) {
        for (int i = 0; i < bytes; i++) {
            buffer.writeByte(i);
        }
        return buffer;
    }

    private void assertCopied(ByteBuf buffer, int bytes) {
        ByteBuf lent = TcpLending.lendable(buffer, alloc);
        assertThat(lent).isNotSameAs(buffer);
        assertThat(buffer.refCnt()).isZero();
        assertThat(lent.isDirect()).isTrue();
        assertThat(lent.capacity()).isEqualTo(bytes);
        ByteBuf expected = filled(Unpooled.buffer(), bytes);
        assertThat(lent).isEqualTo(expected);
        lent.release();
    }

    private void assertLentItself(ByteBuf buffer) {
        assertThat(TcpLending.lendable(buffer, alloc)).isSameAs(buffer);
        assertThat(buffer.refCnt()).isOne();
        buffer.release();
    }

    @Test
    void nativeMemoryIsLentItself() {
        assertLentItself(filled(alloc.directBuffer(60_000), 60_000));
        assertLentItself(filled(alloc.directBuffer(60_000), 30_000));
    }

    @Test
    void littleInALargeBufferIsCopied() {
        assertCopied(filled(alloc.directBuffer(60_000), 2000), 2000);
    }

    @Test
    void littleInASmallBufferIsNotWorthACopy() {
        assertLentItself(filled(alloc.directBuffer(2048), 100));
    }

    @Test
    void memoryOfTheHeapIsCopied() {
        assertCopied(filled(alloc.heapBuffer(2000), 2000), 2000);
    }
}
