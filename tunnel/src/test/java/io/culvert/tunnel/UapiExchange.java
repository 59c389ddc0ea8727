package io.culvert.tunnel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.culvert.wireguard.Device;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.BindException;
import java.net.SocketException;
import java.util.Random;

/** A device and what is said to it over its management interface, without a socket. */
final class UapiExchange implements UapiSocketSettings {
    static final int PRIVILEGED = 80;
    static final int TAKEN = 4500;
    static final int ANY = 40_000;
    static final int FORBIDDEN_MARK = 0xbad;

    final Device device;
    long now = 1_000_000_000_000L;
    private int port;
    private int mark;

    UapiExchange() {
        Random random = new Random(7);
        device =
                new Device(
                        (out, offset, length) -> {
                            for (int i = 0; i < length; i++) {
                                out[offset + i] = (byte) random.nextInt();
                            }
                        },
                        1420);
    }

    /** All that a fresh device answers to a client that sends these bytes and then no more. */
    static byte[] answer(byte[] request) {
        UapiExchange exchange = new UapiExchange();
        exchange.device.up(exchange.now);
        return exchange.session().converse(request, request.length);
    }

    /** The answer to one connection that ends after this. */
    String ask(String request) {
        return new String(
                session().converse(request.getBytes(ISO_8859_1), Integer.MAX_VALUE), ISO_8859_1);
    }

    String set(String lines) {
        return ask("set=1\n" + lines + "\n");
    }

    String get() {
        return ask("get=1\n\n");
    }

    Connection session() {
        return new Connection(new UapiSession(device, this, "wg0"));
    }

    /** One client. */
    final class Connection {
        final UapiSession session;

        private Connection(UapiSession session) {
            this.session = session;
        }

        /** Bytes in pieces of at most {@code piece}, then the end of the stream. */
        byte[] converse(byte[] request, int piece) {
            ByteBuf out = Unpooled.buffer();
            for (int at = 0; at < request.length; at += Math.min(piece, request.length - at)) {
                int length = Math.min(piece, request.length - at);
                say(Unpooled.wrappedBuffer(request, at, length), out);
            }
            session.endOfInput(now);
            reply(out);
            return read(out);
        }

        String say(String text) {
            ByteBuf out = Unpooled.buffer();
            say(Unpooled.copiedBuffer(text, ISO_8859_1), out);
            return new String(read(out), ISO_8859_1);
        }

        private void say(ByteBuf in, ByteBuf out) {
            while (in.isReadable() && !session.isRefused()) {
                session.read(in, now);
                reply(out);
            }
        }

        private void reply(ByteBuf out) {
            while (session.hasReply()) {
                session.writeReply(out, 100);
            }
        }

        private static byte[] read(ByteBuf out) {
            byte[] bytes = new byte[out.readableBytes()];
            out.readBytes(bytes);
            return bytes;
        }
    }

    @Override
    public int listenPort() {
        return port;
    }

    @Override
    public void listenPort(int wanted) throws BindException {
        if (wanted == TAKEN) {
            throw new BindException("Address already in use (errno 98)");
        }
        if (wanted == PRIVILEGED) {
            throw new BindException("Permission denied (errno 13)");
        }
        port = wanted == 0 ? ANY : wanted;
    }

    @Override
    public int fwmark() {
        return mark;
    }

    @Override
    public void fwmark(int wanted) throws SocketException {
        if (wanted == FORBIDDEN_MARK) {
            throw new SocketException("Operation not permitted (errno 1)");
        }
        mark = wanted;
    }
}
