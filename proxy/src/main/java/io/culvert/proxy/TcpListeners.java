package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.PromiseCombiner;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** The listening TCP sockets of one inbound. */
final class TcpListeners {
    private final InboundSpec spec;
    private final Services services;
    private final EventLoopGroup connections;
    private final ChannelHandler child;
    private final boolean transparent;
    private final List<Channel> channels = new ArrayList<>();

    /**
     * Listeners that are not open yet.
     *
     * @param connections the loops that accepted connections live on
     * @param child sets a connection up; sharable
     */
    TcpListeners(
            InboundSpec spec, Services services, EventLoopGroup connections, ChannelHandler child) {
        this(spec, services, connections, child, false);
    }

    /**
     * Listeners that are not open yet.
     *
     * @param transparent whether they take connections to any address (Linux's IP_TRANSPARENT)
     */
    TcpListeners(
            InboundSpec spec,
            Services services,
            EventLoopGroup connections,
            ChannelHandler child,
            boolean transparent) {
        this.transparent = transparent;
        this.spec = spec;
        this.services = services;
        this.connections = connections;
        this.child = spec.acceptProxyProtocol() ? new Proxied(child) : child;
    }

    /** Binds every port of the inbound, or none. */
    void start() throws StartException {
        for (int port : spec.ports()) {
            ChannelFuture binding =
                    spec.sockets()
                            .bindTcp(
                                    services.sockets().server(connections, child, transparent),
                                    spec.address(port))
                            .awaitUninterruptibly();
            if (!binding.isSuccess()) {
                close().awaitUninterruptibly();
                throw spec.cannotListen(Network.TCP, port, binding.cause());
            }
            channels.add(binding.channel());
        }
    }

    List<InetSocketAddress> addresses() {
        return channels.stream()
                .map(channel -> (InetSocketAddress) channel.localAddress())
                .toList();
    }

    List<Channel> channels() {
        return channels;
    }

    Future<?> close() {
        return closeAll(channels);
    }

    /** Sets up an accepted connection only once it said whose it is. */
    @Sharable
    private final class Proxied extends ChannelInitializer<Channel> {
        private final ChannelHandler then;

        Proxied(ChannelHandler then) {
            this.then = then;
        }

        @Override
        protected void initChannel(Channel channel) {
            services.open().add(channel);
            ProxiedClient.expect(
                    channel, then, services.currentPolicies().get().of(spec.userLevel()));
        }
    }

    /** Closes channels; done when all are. */
    static Future<?> closeAll(List<Channel> channels) {
        return all(channels.stream().<Future<?>>map(Channel::close).toList());
    }

    /** Done when all are. */
    static Future<?> all(List<Future<?>> futures) {
        var done = GlobalEventExecutor.INSTANCE.<Void>newPromise();
        GlobalEventExecutor.INSTANCE.execute(() -> {
            PromiseCombiner combiner = new PromiseCombiner(GlobalEventExecutor.INSTANCE);
            futures.forEach(future -> combiner.add((Future<?>) future));
            combiner.finish(done);
        });
        return done;
    }
}
