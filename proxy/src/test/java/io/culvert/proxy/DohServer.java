package io.culvert.proxy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Serves what a {@link DnsServer} knows over HTTPS, HTTP/2 in the clear, or TLS. */
@SuppressWarnings("FutureReturnValueIgnored") // a client that is gone needs no answer
final class DohServer implements AutoCloseable {
    private static final int MAX = 65535;

    /** What it speaks. */
    enum Speech {
        HTTP2,
        HTTP1,
        H2C,
        TLS
    }

    private final DnsServer names;
    private final Speech speech;
    private final @Nullable SslContext tls;
    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel listener;
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final List<Integer> ids = new CopyOnWriteArrayList<>();
    private final List<Channel> clients = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile int status = 200;

    DohServer(DnsServer names, Speech speech, @Nullable TestCertificate certificate)
            throws Exception {
        this.names = names;
        this.speech = speech;
        this.tls = certificate == null ? null : tls(speech, certificate);
        this.listener =
                new ServerBootstrap()
                        .group(group)
                        .channel(NioServerSocketChannel.class)
                        .childHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        accepted(channel);
                                    }
                                })
                        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .sync()
                        .channel();
    }

    private static SslContext tls(Speech speech, TestCertificate certificate) throws Exception {
        SslContextBuilder builder = SslContextBuilder.forServer(certificate.keys());
        if (speech != Speech.TLS) {
            builder.applicationProtocolConfig(
                    new ApplicationProtocolConfig(
                            ApplicationProtocolConfig.Protocol.ALPN,
                            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                            speech == Speech.HTTP2
                                    ? ApplicationProtocolNames.HTTP_2
                                    : ApplicationProtocolNames.HTTP_1_1));
        }
        return builder.build();
    }

    int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    int connections() {
        return connections.get();
    }

    /** Method, path and media type of each request. */
    List<String> heads() {
        return List.copyOf(heads);
    }

    /** The numbers of all questions. */
    List<Integer> ids() {
        return List.copyOf(ids);
    }

    /** Answers with this status from now on. */
    void status(int code) {
        status = code;
    }

    /** Closes all connections that are open. */
    void hangUp() {
        clients.forEach(client -> client.close().syncUninterruptibly());
    }

    private void accepted(Channel channel) {
        connections.incrementAndGet();
        clients.add(channel);
        if (tls != null) {
            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
        }
        switch (speech) {
            case H2C -> http2(channel);
            case TLS ->
                    channel.pipeline()
                            .addLast(
                                    new LengthFieldBasedFrameDecoder(MAX, 0, 2, 0, 2),
                                    new LengthFieldPrepender(2),
                                    new Messages());
            case HTTP1, HTTP2 ->
                    channel.pipeline()
                            .addLast(
                                    new ApplicationProtocolNegotiationHandler(
                                            ApplicationProtocolNames.HTTP_1_1) {
                                        @Override
                                        protected void configurePipeline(
                                                ChannelHandlerContext ctx, String protocol) {
                                            if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
                                                http2(ctx.channel());
                                            } else {
                                                http1(ctx.channel());
                                            }
                                        }
                                    });
        }
    }

    private void http1(Channel channel) {
        channel.pipeline()
                .addLast(new HttpServerCodec(), new HttpObjectAggregator(MAX), new Requests());
    }

    private void http2(Channel channel) {
        channel.pipeline()
                .addLast(
                        Http2FrameCodecBuilder.forServer().build(),
                        new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel stream) {
                                        stream.pipeline().addLast(new Streams());
                                    }
                                }));
    }

    private ByteBuf answer(ByteBuf query) {
        ids.add(query.getUnsignedShort(query.readerIndex()));
        return Unpooled.wrappedBuffer(names.answer(ByteBufUtil.getBytes(query)));
    }

    private final class Messages extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf query) {
            ctx.writeAndFlush(answer(query));
        }
    }

    private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
            heads.add(
                    request.method()
                            + " "
                            + request.uri()
                            + " "
                            + request.headers().get("content-type"));
            DefaultFullHttpResponse response =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            HttpResponseStatus.valueOf(status),
                            answer(request.content()));
            response.headers().set("content-length", response.content().readableBytes());
            ctx.writeAndFlush(response);
        }
    }

    private final class Streams extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final ByteBuf query = Unpooled.buffer();

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Http2StreamFrame frame) {
            if (frame instanceof Http2HeadersFrame head) {
                heads.add(
                        head.headers().method()
                                + " "
                                + head.headers().path()
                                + " "
                                + head.headers().get("content-type"));
            } else if (frame instanceof Http2DataFrame data) {
                query.writeBytes(data.content());
                if (data.isEndStream()) {
                    ctx.write(
                            new DefaultHttp2HeadersFrame(
                                    new DefaultHttp2Headers().status(String.valueOf(status))));
                    ctx.writeAndFlush(new DefaultHttp2DataFrame(answer(query), true));
                }
            }
        }
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        group.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
    }
}
