package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.concurrent.DefaultEventExecutor;
import org.junit.jupiter.api.Test;

/** Memory that datagrams are read into. */
@SuppressWarnings("deprecation") // as DatagramSlabs
class DatagramSlabsTest {
    private final ByteBufAllocator alloc = UnpooledByteBufAllocator.DEFAULT;
    private final RecvByteBufAllocator.Handle handle = new DatagramSlabs().newHandle();

    @Test
    void oneSlabServesReadAfterReadAsLongAsNobodyHoldsADatagramOfIt() {
        ByteBuf first = handle.allocate(alloc);
        ByteBuf datagram = first.writeZero(100).readRetainedSlice(100);
        first.release();
        datagram.release();
        ByteBuf second = handle.allocate(alloc);
        assertThat(second).isSameAs(first);
        assertThat(second.readableBytes()).isZero();
        assertThat(second.writableBytes()).isEqualTo(16 * DatagramSlabs.LONGEST);
        second.release();
    }

    @Test
    void aDatagramThatIsHeldIsNotReadOver() {
        ByteBuf first = handle.allocate(alloc);
        ByteBuf datagram = first.writeByte(7).readRetainedSlice(1);
        first.release();
        ByteBuf second = handle.allocate(alloc);
        assertThat(second).isNotSameAs(first);
        second.setZero(0, 100);
        assertThat(datagram.getByte(0)).isEqualTo((byte) 7);
        datagram.release();
        assertThat(first.refCnt()).as("the old slab is gone with its last datagram").isZero();
        second.release();
    }

    @Test
    void aCopyHoldsNothingOfTheSlab() {
        ByteBuf slab = handle.allocate(alloc);
        ByteBuf copy = DatagramSlabs.copy(slab.writeByte(9).readRetainedSlice(1));
        slab.release();
        assertThat(slab.refCnt()).as("the loop's own hold").isEqualTo(1);
        assertThat(copy.readByte()).isEqualTo((byte) 9);
        assertThat(copy.capacity()).isEqualTo(1);
        copy.release();
    }

    @Test
    void theSlabIsFreedWithItsThread() throws Exception {
        DefaultEventExecutor loop = new DefaultEventExecutor();
        ByteBuf slab = loop.submit(() -> handle.allocate(alloc)).get();
        slab.release();
        assertThat(slab.refCnt()).isEqualTo(1);
        loop.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS).sync();
        assertThat(slab.refCnt()).isZero();
    }
}
