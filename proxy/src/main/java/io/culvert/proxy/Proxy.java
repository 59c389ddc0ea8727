package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A running configuration: inbounds, outbounds and the rules between them. {@link #start}, {@link
 * #close} and {@link #snapshot} may be called from any thread that is none of its event loops.
 */
public final class Proxy implements AutoCloseable {
    private static final long CLOSE_SECONDS = 5;

    private final Plan plan;
    private final List<Inbound> inbounds = new ArrayList<>();
    private final List<Outbound> outbounds = new ArrayList<>();
    private @Nullable Running running;
    private boolean used;

    /** What only a started proxy has. */
    private record Running(Services services, SystemResolver resolver, Observatory observatory) {}

    private Proxy(Plan plan) {
        this.plan = plan;
    }

    /**
     * Checks a configuration, without any side effect.
     *
     * @param problems takes everything that is wrong with it, and what was ignored
     * @return the proxy, not started, or null if there are errors
     */
    public static @Nullable Proxy create(ConfigNode root, Problems problems) {
        Plan plan = new ConfigReader(problems, System::getenv).read(root);
        return plan == null ? null : new Proxy(plan);
    }

    /**
     * Binds every inbound. Returns when all accept connections.
     *
     * @throws StartException if one can't; then nothing is left open
     * @throws IllegalStateException if it was started before
     */
    public synchronized void start() throws StartException {
        if (used) {
            throw new IllegalStateException("a proxy starts once");
        }
        used = true;
        int threads =
                Math.min(Runtime.getRuntime().availableProcessors(), Math.max(1, plan.tunnels()));
        SystemResolver resolver = new SystemResolver();
        Services services =
                new Services(
                        new Sockets(threads),
                        plan.policy(),
                        resolver,
                        new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true));
        Map<String, Outbound> byTag = new HashMap<>();
        int loops = 0;
        for (Plan.OutboundPlan outbound : plan.outbounds()) {
            boolean tunnel = outbound.settings() instanceof WireGuardSettings;
            EventLoop loop = services.sockets().loop(tunnel ? loops++ : 0);
            Outbound made = outbound(outbound, services, loop);
            outbounds.add(made);
            byTag.putIfAbsent(made.tag(), made);
        }
        Observatory observatory = new Observatory(plan.probes(), byTag, services.sockets().loop(0));
        Dispatcher dispatcher =
                new Dispatcher(plan.router(), byTag, balancers(observatory), resolver);
        running = new Running(services, resolver, observatory);
        try {
            for (Outbound outbound : outbounds) {
                outbound.start();
            }
            for (Plan.InboundPlan inbound : plan.inbounds()) {
                boolean tunnel = inbound.settings() instanceof WireGuardSettings;
                EventLoop loop = services.sockets().loop(tunnel ? loops++ : 0);
                Inbound made = inbound(inbound, services, dispatcher, loop);
                inbounds.add(made);
                made.start();
            }
            observatory.start();
        } catch (StartException e) {
            close();
            throw e;
        }
    }

    private Map<String, Balancer> balancers(Observatory observatory) {
        Map<String, Health> health = observatory.health();
        Map<String, Balancer> balancers = new HashMap<>();
        for (Balancer.Settings settings : plan.balancers()) {
            balancers.put(
                    settings.tag(),
                    new Balancer(
                            settings, health, bound -> ThreadLocalRandom.current().nextInt(bound)));
        }
        return balancers;
    }

    private static Outbound outbound(
            Plan.OutboundPlan outbound, Services services, EventLoop loop) {
        return switch (outbound.settings()) {
            case FreedomOutbound.Settings freedom ->
                    new FreedomOutbound(outbound.tag(), freedom, services);
            case BlackholeOutbound.Settings blackhole ->
                    new BlackholeOutbound(outbound.tag(), blackhole);
            case WireGuardSettings tunnel ->
                    new WireGuardOutbound(outbound.tag(), tunnel, services, loop);
        };
    }

    private Inbound inbound(
            Plan.InboundPlan inbound, Services services, Dispatcher dispatcher, EventLoop loop) {
        InboundSpec spec = inbound.spec();
        // Local sockets share the loop of the tunnel that their traffic goes by, if it is one.
        EventLoop home = dispatcher.usualLoop(spec.tag());
        EventLoopGroup connections = home == null ? services.sockets().group() : home;
        return switch (inbound.settings()) {
            case SocksInbound.Settings socks ->
                    new SocksInbound(spec, socks, services, dispatcher, connections);
            case HttpInbound.Settings http ->
                    new HttpInbound(spec, http, services, dispatcher, connections);
            case ForwardInbound.Settings forward ->
                    new ForwardInbound(spec, forward, services, dispatcher, connections);
            case WireGuardSettings tunnel ->
                    new WireGuardInbound(spec, tunnel, services, dispatcher, loop);
            case TunnelListenInbound.Settings listen -> listenInside(spec, listen, services);
        };
    }

    private Inbound listenInside(
            InboundSpec spec, TunnelListenInbound.Settings settings, Services services) {
        for (Outbound outbound : outbounds) {
            if (outbound instanceof WireGuardOutbound tunnel
                    && tunnel.tag().equals(settings.outboundTag())) {
                Outbound direct =
                        new FreedomOutbound(
                                "direct",
                                new FreedomOutbound.Settings(
                                        AddressOrder.ANY, FinalRules.DEFAULT, null),
                                services);
                Router straight = new Router(Router.DomainStrategy.AS_IS, List.of(), direct.tag());
                return new TunnelListenInbound(
                        spec,
                        settings,
                        services,
                        tunnel,
                        new Dispatcher(
                                straight,
                                Map.of(direct.tag(), direct),
                                Map.of(),
                                services.systemResolver()));
            }
        }
        throw new IllegalStateException("no tunnel " + settings.outboundTag());
    }

    /**
     * Stops accepting, ends what is open, in order where possible, and returns when all is gone.
     */
    @Override
    public synchronized void close() {
        Running stopping = running;
        if (stopping == null) {
            return;
        }
        running = null;
        stopping.observatory().stop();
        await(inbounds.stream().<Future<?>>map(Inbound::close).toList());
        Services services = stopping.services();
        await(List.of(services.open().close()));
        await(outbounds.stream().<Future<?>>map(Outbound::close).toList());
        await(List.of(services.sockets().close()));
        stopping.resolver().close();
    }

    private static void await(List<Future<?>> endings) {
        for (Future<?> ending : endings) {
            if (!ending.awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                Log.warning("something does not close in time");
            }
        }
    }

    /** What it has done so far. */
    public synchronized ProxySnapshot snapshot() {
        List<ProxySnapshot.Inbound> in = new ArrayList<>();
        for (Inbound inbound : inbounds) {
            InboundIdentity identity = inbound.identity();
            in.add(
                    new ProxySnapshot.Inbound(
                            identity.tag(),
                            identity.protocol(),
                            running == null ? List.of() : inbound.addresses(),
                            identity.traffic().totals(),
                            running == null ? null : inbound.tunnelStats().orElse(null)));
        }
        List<ProxySnapshot.Outbound> out = new ArrayList<>();
        for (Outbound outbound : outbounds) {
            out.add(
                    new ProxySnapshot.Outbound(
                            outbound.tag(),
                            outbound.protocol(),
                            outbound.traffic().totals(),
                            running == null ? null : outbound.tunnelStats().orElse(null)));
        }
        return new ProxySnapshot(in, out);
    }

    /** What is known of the outbounds that are probed, for tests. */
    Map<String, Health> health() {
        return running == null ? Map.of() : running.observatory().health();
    }

    /** Channels that are open now, for tests. */
    List<Channel> openChannels() {
        return running == null ? List.of() : new ArrayList<>(running.services().open());
    }
}
