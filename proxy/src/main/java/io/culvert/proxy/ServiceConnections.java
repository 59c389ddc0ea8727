package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Sets up connections of clients of the API or of the metrics. */
@Sharable
final class ServiceConnections extends ChannelInitializer<Channel> {
    private static final int MAX_STREAMS = 100;
    private static final int MAX_WAITING = 1000;
    private static final int MAX_REQUEST = 64 << 10;

    private final ServiceSettings settings;
    private final Services services;
    private final Proxy proxy;
    private final GrpcMethods methods;
    private final Executor executor = executor();

    ServiceConnections(ServiceSettings settings, Services services, Proxy proxy) {
        this.settings = settings;
        this.services = services;
        this.methods = ApiMethods.of(settings.services(), proxy);
        this.proxy = proxy;
    }

    /** One thread, while there is something to do: what it calls waits for event loops. */
    private static Executor executor() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(
                        1,
                        1,
                        10,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(MAX_WAITING),
                        Thread.ofPlatform().daemon().name("culvert-api").factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    @Override
    protected void initChannel(Channel channel) {
        services.open().add(channel);
        begin(channel);
    }

    /** Has the channel serve from now on. */
    void begin(Channel channel) {
        channel.config().setAutoRead(true);
        if (settings.kind() == ServiceSettings.Kind.METRICS) {
            channel.pipeline()
                    .addLast(
                            new HttpServerCodec(),
                            new HttpObjectAggregator(MAX_REQUEST),
                            new MetricsHandler(proxy, executor));
            return;
        }
        channel.pipeline()
                .addLast(
                        Http2FrameCodecBuilder.forServer()
                                .initialSettings(
                                        Http2Settings.defaultSettings()
                                                .maxConcurrentStreams(MAX_STREAMS))
                                .build(),
                        new Http2MultiplexHandler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel stream) {
                                        stream.pipeline()
                                                .addLast(new GrpcStream(methods, executor));
                                    }
                                }));
    }
}
