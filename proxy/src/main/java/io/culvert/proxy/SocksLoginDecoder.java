package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.socksx.v5.DefaultSocks5PasswordAuthRequest;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads a user and a password (RFC 1929 section 2) as UTF-8, where Netty's decoder knows ASCII
 * only. What follows them is left to the next decoder.
 */
final class SocksLoginDecoder extends ByteToMessageDecoder {
    private static final int VERSION = 1;

    /** A request that is none; nobody has an empty name. */
    private static Socks5PasswordAuthRequest malformed() {
        Socks5PasswordAuthRequest request = new DefaultSocks5PasswordAuthRequest("", "");
        request.setDecoderResult(
                DecoderResult.failure(new IllegalArgumentException("not version 1 of RFC 1929")));
        return request;
    }

    private boolean done;

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (done) {
            return;
        }
        int start = in.readerIndex();
        if (in.getUnsignedByte(start) != VERSION) {
            done = true;
            out.add(malformed());
            return;
        }
        int userLength = in.readableBytes() < 2 ? 0 : in.getUnsignedByte(start + 1);
        int passAt = start + 2 + userLength;
        if (in.readableBytes() < 3 + userLength
                || in.readableBytes() < 3 + userLength + in.getUnsignedByte(passAt)) {
            return;
        }
        int passLength = in.getUnsignedByte(passAt);
        String user = in.toString(start + 2, userLength, StandardCharsets.UTF_8);
        String pass = in.toString(passAt + 1, passLength, StandardCharsets.UTF_8);
        in.skipBytes(3 + userLength + passLength);
        done = true;
        out.add(new DefaultSocks5PasswordAuthRequest(user, pass));
    }
}
