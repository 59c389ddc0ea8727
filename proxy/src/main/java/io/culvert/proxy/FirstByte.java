package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Tells by a connection's first byte which protocol the client speaks, and makes way for it. */
final class FirstByte extends ByteToMessageDecoder {

    /** Sets up the pipeline for one protocol. */
    interface Protocol {
        void addTo(ChannelHandlerContext ctx);
    }

    private final IntFunction<@Nullable Protocol> choose;

    /**
     * A detector.
     *
     * @param choose null = nobody speaks like that
     */
    FirstByte(IntFunction<@Nullable Protocol> choose) {
        this.choose = choose;
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closing tells by channelInactive
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        Protocol protocol = choose.apply(in.getUnsignedByte(in.readerIndex()));
        if (protocol == null) {
            in.skipBytes(in.readableBytes());
            ctx.close();
            return;
        }
        protocol.addTo(ctx);
        ctx.pipeline().remove(this);
    }
}
