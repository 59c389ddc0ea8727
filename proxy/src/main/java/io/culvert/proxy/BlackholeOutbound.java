package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reaches nothing: every connection fails and every datagram is lost. {@code blackhole} does so
 * because the file says so; a protocol that Culvert can't speak does so lest its traffic goes
 * another way.
 */
final class BlackholeOutbound implements Outbound {

    /** What Xray's {@code "response": {"type": "http"}} sends. */
    private static final byte[] FORBIDDEN =
            String.join(
                            "\r\n",
                            "HTTP/1.1 403 Forbidden",
                            "Connection: close",
                            "Cache-Control: max-age=3600, public",
                            "Content-Length: 0",
                            "",
                            "")
                    .getBytes(StandardCharsets.US_ASCII);

    /** Drops everything. */
    static final UdpPort NOWHERE =
            new UdpPort() {
                @Override
                public void send(InetSocketAddress destination, ByteBuf payload) {
                    payload.release();
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    /**
     * What a file may ask of it.
     *
     * @param protocol {@code blackhole}, or the one that Culvert can't speak
     * @param http whether clients are told by an HTTP response
     */
    record Settings(String protocol, boolean http) implements OutboundSettings {}

    private static final String OWN = "blackhole";

    private final String tag;
    private final Settings settings;
    private final DialException answer;
    private final Traffic traffic = new Traffic();

    BlackholeOutbound(String tag, Settings settings) {
        this.tag = tag;
        this.settings = settings;
        this.answer = answer(tag, settings);
    }

    private static DialException answer(String tag, Settings settings) {
        byte @Nullable [] farewell = settings.http() ? FORBIDDEN : null;
        return settings.protocol().equals(OWN)
                ? new DialException(
                        Failure.BLACKHOLED, "outbound " + tag + " takes nothing", null, farewell)
                : new DialException(
                        Failure.DENIED,
                        "outbound "
                                + tag
                                + " speaks "
                                + settings.protocol()
                                + ", which Culvert does not support yet");
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public String protocol() {
        return settings.protocol();
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        return loop.newFailedFuture(answer);
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return NOWHERE;
    }

    @Override
    public Future<?> close() {
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
    }
}
