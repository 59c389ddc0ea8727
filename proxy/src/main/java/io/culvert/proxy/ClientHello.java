package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the server's name in a TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3). */
final class ClientHello {
    private static final int HANDSHAKE_RECORD = 22;
    private static final int RECORD_HEADER = 5;
    private static final int MAJOR_VERSION = 3;

    /** RFC 8446 section 5.1. */
    private static final int MAX_RECORD = 16384;

    private static final int CLIENT_HELLO = 1;
    private static final int MESSAGE_HEADER = 4;
    private static final int MAX_MESSAGE = 65536;
    private static final int VERSION_AND_RANDOM = 34;
    private static final int SERVER_NAME = 0;
    private static final int HOST_NAME = 0;

    private ClientHello() {}

    /**
     * Looks at the beginning of a TCP stream, where the message may lie in several records.
     *
     * @param stream left as it is
     */
    static Verdict inRecords(ByteBuf stream) {
        ByteBuf in = stream.slice();
        ByteBuf message = Unpooled.buffer(in.readableBytes());
        while (in.isReadable()) {
            if (in.getUnsignedByte(in.readerIndex()) != HANDSHAKE_RECORD
                    || (in.readableBytes() > 1
                            && in.getUnsignedByte(in.readerIndex() + 1) != MAJOR_VERSION)) {
                return Verdict.Open.NEVER;
            }
            if (in.readableBytes() < RECORD_HEADER) {
                break;
            }
            int length = in.getUnsignedShort(in.readerIndex() + RECORD_HEADER - 2);
            if (length == 0 || length > MAX_RECORD) {
                return Verdict.Open.NEVER;
            }
            in.skipBytes(RECORD_HEADER);
            message.writeBytes(in, Math.min(length, in.readableBytes()));
            Verdict verdict = inMessage(message, "tls");
            if (verdict != Verdict.Open.MORE) {
                return verdict;
            }
        }
        return Verdict.Open.MORE;
    }

    /**
     * Looks at the beginning of a handshake, as QUIC carries it.
     *
     * @param handshake left as it is
     * @param protocol what it is called if it is one
     */
    static Verdict inMessage(ByteBuf handshake, String protocol) {
        ByteBuf in = handshake.slice();
        if (!in.isReadable()) {
            return Verdict.Open.MORE;
        }
        if (in.getUnsignedByte(0) != CLIENT_HELLO) {
            return Verdict.Open.NEVER;
        }
        if (in.readableBytes() < MESSAGE_HEADER) {
            return Verdict.Open.MORE;
        }
        int length = in.getUnsignedMedium(1);
        if (length > MAX_MESSAGE) {
            return Verdict.Open.NEVER;
        }
        if (in.readableBytes() < MESSAGE_HEADER + length) {
            return Verdict.Open.MORE;
        }
        try {
            String name = serverName(in.slice(MESSAGE_HEADER, length));
            return new Verdict.Heard(new Content(protocol, SniffedName.of(name), Map.of()));
        } catch (IndexOutOfBoundsException e) {
            return Verdict.Open.NEVER;
        }
    }

    private static @Nullable String serverName(ByteBuf hello) {
        hello.skipBytes(VERSION_AND_RANDOM);
        hello.skipBytes(hello.readUnsignedByte());
        hello.skipBytes(hello.readUnsignedShort());
        hello.skipBytes(hello.readUnsignedByte());
        if (!hello.isReadable()) {
            return null;
        }
        ByteBuf extensions = hello.readSlice(hello.readUnsignedShort());
        while (extensions.isReadable()) {
            int type = extensions.readUnsignedShort();
            ByteBuf extension = extensions.readSlice(extensions.readUnsignedShort());
            if (type == SERVER_NAME) {
                ByteBuf names = extension.readSlice(extension.readUnsignedShort());
                while (names.isReadable()) {
                    int kind = names.readUnsignedByte();
                    ByteBuf name = names.readSlice(names.readUnsignedShort());
                    if (kind == HOST_NAME) {
                        return name.toString(StandardCharsets.US_ASCII);
                    }
                }
                return null;
            }
        }
        return null;
    }
}
