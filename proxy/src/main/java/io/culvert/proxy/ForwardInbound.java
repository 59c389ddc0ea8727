package io.culvert.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Port forward ({@code dokodemo-door}): whatever comes in goes to one destination, or, where
 * netfilter brings it here on its way to somewhere else, there.
 */
final class ForwardInbound implements Inbound {

    /** What netfilter does to what comes in. */
    enum Redirection {
        /** Nothing: clients mean this port. */
        NONE,
        /** Its REDIRECT changes the destination of connections. */
        REDIRECT,
        /** Its TPROXY changes nothing, and the sockets here are transparent. */
        TPROXY
    }

    /** What a file may ask of it. */
    record Settings(ForwardTargets targets, EnumSet<Network> networks, Redirection redirection)
            implements InboundSettings {}

    private final InboundSpec spec;
    private final InboundIdentity identity;
    private final Settings settings;
    private final Services services;
    private final Dispatcher dispatcher;
    private final EventLoopGroup connections;
    private final TcpListeners listeners;
    private final List<Channel> sockets = new ArrayList<>();
    private final List<TransparentDatagrams> transparent = new ArrayList<>();

    ForwardInbound(
            InboundSpec spec,
            Settings settings,
            Services services,
            Dispatcher dispatcher,
            EventLoopGroup connections) {
        this.spec = spec;
        this.identity = spec.identity();
        this.settings = settings;
        this.services = services;
        this.dispatcher = dispatcher;
        this.connections = connections;
        this.listeners =
                new TcpListeners(spec, services, connections, new Connection(), isTransparent());
    }

    private boolean isTransparent() {
        return settings.redirection() == Redirection.TPROXY;
    }

    @Override
    public InboundIdentity identity() {
        return identity;
    }

    @Override
    public List<InetSocketAddress> addresses() {
        List<InetSocketAddress> all = new ArrayList<>(listeners.addresses());
        sockets.forEach(socket -> all.add((InetSocketAddress) socket.localAddress()));
        transparent.forEach(socket -> all.add(socket.local()));
        return all;
    }

    @Override
    public void start() throws StartException {
        if (settings.redirection() != Redirection.NONE && !services.sockets().knowsNetfilter()) {
            throw new StartException(
                    spec.place() + ": followRedirect needs Linux and Netty's epoll", null);
        }
        if (settings.networks().contains(Network.TCP)) {
            listeners.start();
        }
        if (settings.networks().contains(Network.UDP)) {
            bindDatagrams();
        }
        checkTransparent();
        Log.info(
                spec.protocol()
                        + " inbound "
                        + identity.label()
                        + " on "
                        + addresses()
                        + " to "
                        + (settings.redirection() == Redirection.NONE
                                ? settings.targets()
                                : "where its clients want to go"));
    }

    private void checkTransparent() throws StartException {
        if (isTransparent() && !listeners.channels().stream().allMatch(Sockets::isTransparent)) {
            close().awaitUninterruptibly();
            throw mayNot(null);
        }
    }

    private StartException mayNot(@Nullable Throwable cause) {
        return new StartException(
                spec.place() + ": sockopt.tproxy needs CAP_NET_ADMIN: run as root", cause);
    }

    private void bindDatagrams() throws StartException {
        for (int port : spec.ports()) {
            EventLoop loop = connections.next();
            if (isTransparent()) {
                bindTransparent(loop, port);
                continue;
            }
            ChannelHandler handler = new ForwardDatagrams(identity, settings.targets(), dispatcher);
            Bootstrap socket = services.sockets().datagram(loop, handler);
            ChannelFuture binding =
                    spec.sockets().bindUdp(socket, spec.address(port)).awaitUninterruptibly();
            if (!binding.isSuccess()) {
                close().awaitUninterruptibly();
                throw spec.cannotListen(Network.UDP, port, binding.cause());
            }
            sockets.add(binding.channel());
        }
    }

    private void bindTransparent(EventLoop loop, int port) throws StartException {
        try {
            TransparentDatagrams socket =
                    new TransparentDatagrams(
                            identity,
                            services,
                            dispatcher,
                            loop,
                            spec.address(port),
                            spec.sockets().udp());
            transparent.add(socket);
            socket.start();
        } catch (BindException e) {
            close().awaitUninterruptibly();
            throw spec.cannotListen(Network.UDP, port, e);
        } catch (IOException e) {
            close().awaitUninterruptibly();
            throw mayNot(e);
        }
    }

    @Override
    public Future<?> close() {
        List<Channel> all = new ArrayList<>(listeners.channels());
        all.addAll(sockets);
        List<Future<?>> closing = new ArrayList<>();
        closing.add(TcpListeners.closeAll(all));
        transparent.forEach(socket -> closing.add(socket.close()));
        return TcpListeners.all(closing);
    }

    private void accept(DuplexChannel client) {
        services.open().add(client);
        Parking parking = Parking.park(client);
        // Not before the channel is whole: a destination may be refused at once.
        client.eventLoop().execute(() -> open(client, parking));
    }

    private void open(DuplexChannel client, Parking parking) {
        Destination destination = destination(client);
        if (destination == null) {
            Log.info(
                    "nowhere to go for " + client.remoteAddress() + ", which no rule brought here");
            Relay.reset(client);
            return;
        }
        Session session =
                new Session(
                        identity,
                        ProxiedClient.address(client),
                        (InetSocketAddress) client.localAddress(),
                        destination,
                        "");
        ForwardedConnection.open(client, parking, session, dispatcher, services.policy(session));
    }

    private @Nullable Destination destination(DuplexChannel client) {
        InetSocketAddress local = (InetSocketAddress) client.localAddress();
        InetSocketAddress original =
                switch (settings.redirection()) {
                    case NONE -> null;
                    case REDIRECT -> OriginalDestination.of(client);
                    case TPROXY -> isHere(local) ? null : local;
                };
        if (original != null) {
            return Destination.of(Network.TCP, original);
        }
        return settings.redirection() == Redirection.NONE || settings.targets().isGiven()
                ? settings.targets().of(local.getPort()).destination(Network.TCP)
                : null;
    }

    /** Whoever means this very port must not be sent to it again, and again. */
    private boolean isHere(InetSocketAddress destination) {
        return listeners.addresses().stream()
                        .anyMatch(listening -> listening.getPort() == destination.getPort())
                && OriginalDestination.isOwn(destination.getAddress());
    }

    /** Sets up one accepted connection. */
    @Sharable
    private final class Connection extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            accept((DuplexChannel) channel);
        }
    }
}
