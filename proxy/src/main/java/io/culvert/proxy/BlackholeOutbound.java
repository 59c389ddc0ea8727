package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
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

    /**
     * What a file may ask of it.
     *
     * @param protocol {@code blackhole}, or the one that Culvert can't speak
     * @param http whether clients are told by an HTTP response
     */
    record Settings(String protocol, boolean http) implements OutboundSettings {}

    private static final String OWN = "blackhole";

    private final String tag;
    private final String protocol;
    private final DialException answer;
    private final Traffic traffic = new Traffic();

    BlackholeOutbound(String tag, Settings settings) {
        this(tag, settings.protocol(), answer(tag, settings));
    }

    /** One that says why. */
    BlackholeOutbound(String tag, DialException answer) {
        this(tag, OWN, answer);
    }

    private BlackholeOutbound(String tag, String protocol, DialException answer) {
        this.tag = tag;
        this.protocol = protocol;
        this.answer = answer;
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
        return protocol;
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public DialException refusal() {
        return answer;
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        return loop.newFailedFuture(answer);
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return UdpPort.NOWHERE;
    }

    @Override
    public Future<?> close() {
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
    }
}
