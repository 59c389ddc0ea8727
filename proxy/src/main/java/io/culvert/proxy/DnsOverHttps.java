package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * DNS over HTTPS (RFC 8484): HTTP/2, or HTTP/1.1 with servers that don't know it. Without TLS it is
 * HTTP/2 that is known to be spoken (RFC 9113 section 3.3).
 */
final class DnsOverHttps implements DnsDialogue {
    static final String MEDIA_TYPE = "application/dns-message";

    /** Replies are as long as over TCP at most. */
    static final int MAX_REPLY = 65535;

    private final Destination server;
    private final String path;
    private final @Nullable SslContext tls;

    /**
     * A dialogue.
     *
     * @param path with its query
     * @param tls which offers h2 and http/1.1; null = HTTP/2 in the clear
     */
    DnsOverHttps(Destination server, String path, @Nullable SslContext tls) {
        this.server = server;
        this.path = path;
        this.tls = tls;
    }

    /** What stands in {@code Host} and {@code :authority}. */
    String authority() {
        String authority = server.authority();
        int usual = tls == null ? 80 : 443;
        return server.port() == usual
                ? authority.substring(0, authority.lastIndexOf(':'))
                : authority;
    }

    String path() {
        return path;
    }

    String scheme() {
        return tls == null ? "http" : "https";
    }

    @Override
    public void begin(Channel channel, Promise<Asking> ready) {
        if (tls == null) {
            channel.pipeline().addLast(new EndCloses());
            ready.trySuccess(speakHttp2(channel));
            return;
        }
        SslHandler handshake = tls.newHandler(channel.alloc(), server.host(), server.port());
        channel.pipeline().addLast(handshake, new EndCloses());
        handshake
                .handshakeFuture()
                .addListener((Future<Channel> done) -> {
                    if (!done.isSuccess()) {
                        ready.tryFailure(done.cause());
                        var _ = channel.close();
                    } else if (ApplicationProtocolNames.HTTP_2.equals(
                            handshake.applicationProtocol())) {
                        ready.trySuccess(speakHttp2(channel));
                    } else {
                        ready.trySuccess(speakHttp1(channel));
                    }
                });
    }

    private Asking speakHttp2(Channel channel) {
        DnsHttp2 streams = new DnsHttp2(this, channel);
        channel.pipeline()
                .addLast(
                        Http2FrameCodecBuilder.forClient()
                                .initialSettings(Http2Settings.defaultSettings().pushEnabled(false))
                                .build(),
                        new Http2MultiplexHandler(streams.refusing()),
                        streams);
        return streams;
    }

    private Asking speakHttp1(Channel channel) {
        DnsHttp1 requests = new DnsHttp1(this, channel);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(new HttpClientCodec(), new HttpObjectAggregator(MAX_REPLY), requests);
        return requests;
    }
}
