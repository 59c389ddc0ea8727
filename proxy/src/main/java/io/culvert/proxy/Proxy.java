package io.culvert.proxy;

import io.culvert.tunnel.Preload;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A running configuration: inbounds, outbounds and the rules between them. {@link #start}, {@link
 * #reload}, {@link #close} and {@link #snapshot} may be called from any thread that is none of its
 * event loops.
 */
public final class Proxy implements AutoCloseable {
    private final Fleet<Plan.InboundPlan, Inbound> inbounds = new Fleet<>(Proxy::update);
    private final Fleet<Plan.OutboundPlan, Outbound> outbounds = new Fleet<>(this::update);
    private final Statistics statistics = new Statistics();
    private Plan plan;
    private volatile @Nullable Running running;
    private boolean used;

    /** What only a started proxy has. */
    private static final class Running {
        final Services services;
        final SystemResolver resolver;
        final Dispatcher dispatcher;
        Observatory observatory;
        int loops;

        /** Of tunnels, by the tag of the lowest one of a chain. */
        final Map<String, EventLoop> tunnelLoops = new HashMap<>();

        Running(Services services, SystemResolver resolver, Statistics statistics) {
            this.services = services;
            this.resolver = resolver;
            Router nowhere = new Router(Router.DomainStrategy.AS_IS, List.of(), "");
            this.dispatcher =
                    new Dispatcher(
                            new Routing(nowhere, Map.of(), Map.of()),
                            services.dns(),
                            statistics,
                            services.loops(),
                            services.processes());
            this.observatory =
                    new Observatory(List.of(), Map.of(), Map.of(), services.sockets().loop(0));
        }

        /** The next tunnel's own loop, or the loop for what has no preference. */
        EventLoop loop(boolean tunnel) {
            return services.sockets().loop(tunnel ? loops++ : 0);
        }

        /** The loop of an outbound; a tunnel in a tunnel lives where the outer one does. */
        EventLoop loop(Plan of, Plan.OutboundPlan outbound) {
            if (!(outbound.settings() instanceof WireGuardSettings) || outbound.tag().isEmpty()) {
                return loop(outbound.settings() instanceof WireGuardSettings);
            }
            return tunnelLoops.computeIfAbsent(of.bottom(outbound).tag(), tag -> loop(true));
        }
    }

    private Proxy(Plan plan) {
        this.plan = plan;
    }

    /** Loads beside other work what a start would have to load. Any thread. */
    public static void preload() {
        Preload.run();
    }

    /**
     * Checks a configuration, without any side effect.
     *
     * @param problems takes everything that is wrong with it, and what was ignored
     * @return the proxy, not started, or null if there are errors
     */
    public static @Nullable Proxy create(ConfigNode root, Problems problems) {
        Plan plan = read(root, problems);
        return plan == null ? null : new Proxy(plan);
    }

    private static @Nullable Plan read(ConfigNode root, Problems problems) {
        return new ConfigReader(problems, System::getenv).read(root);
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
        Sockets sockets = new Sockets(threads);
        Services services =
                new Services(
                        sockets,
                        new AtomicReference<>(plan.policies()),
                        resolver,
                        new Dns(resolver, sockets.loop(0)),
                        new LoopGuard(),
                        new ProcessLookup(),
                        new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true));
        Running begun = new Running(services, resolver, statistics);
        running = begun;
        try {
            apply(begun, plan);
            inbounds.dismiss();
            outbounds.dismiss();
        } catch (StartException e) {
            close();
            throw e;
        }
    }

    /**
     * Puts another configuration into effect while connections go on. What both have in common is
     * not touched, WireGuard peers and accounts come and go without disturbing others, and an
     * outbound that is replaced or gone ends its connections in order. Accepted connections outlive
     * their inbound.
     *
     * @param problems takes everything that is wrong with it; then nothing changes
     * @return whether it is in effect
     * @throws StartException if something can't be had, such as a port; all is then as it was
     * @throws IllegalStateException if the proxy isn't running
     */
    public boolean reload(ConfigNode root, Problems problems) throws StartException {
        Plan read = read(root, problems);
        return change(before -> read);
    }

    /** Changes that no file says. */
    public LiveChanges live() {
        return new LiveChanges(this);
    }

    /**
     * Goes on to the plan that is made of the present one.
     *
     * @param step null = there is none, and nothing changes
     * @return whether it is in effect
     */
    synchronized boolean change(Function<Plan, @Nullable Plan> step) throws StartException {
        Plan next = step.apply(plan);
        if (next == null) {
            return false;
        }
        Running now = running;
        if (now == null) {
            throw new IllegalStateException("the proxy is not running");
        }
        apply(now, next);
        plan = next;
        Log.info(
                "configuration changed: inbounds "
                        + inbounds.summary()
                        + "; outbounds "
                        + outbounds.summary());
        inbounds.dismiss();
        outbounds.dismiss();
        return true;
    }

    /** All of it takes effect or nothing. */
    private void apply(Running now, Plan next) throws StartException {
        Dispatcher fresh =
                new Dispatcher(
                        now.dispatcher.routing(),
                        now.services.dns(),
                        statistics,
                        now.services.loops(),
                        now.services.processes());
        Observatory observatory;
        try {
            outbounds.prepare(next.outbounds(), outbound -> false, to -> outbound(next, to, now));
            observatory = observatory(now, next);
            // New inbounds never go by old rules, nor present ones by new rules that may not last.
            fresh.routing(routing(next, observatory));
            inbounds.prepare(next.inbounds(), this::isCutOff, to -> inbound(to, now, fresh));
        } catch (StartException e) {
            outbounds.rollback(outbound -> false, to -> outbound(plan, to, now));
            fresh.routing(routing(plan, now.observatory));
            inbounds.rollback(this::isCutOff, to -> inbound(to, now, fresh));
            now.dispatcher.routing(fresh.routing());
            fresh.follow(now.dispatcher);
            throw e;
        }
        now.services.currentPolicies().set(next.policies());
        // Who dials through another finds it there.
        now.dispatcher.routing(fresh.routing());
        outbounds.commit();
        fresh.follow(now.dispatcher);
        configureDns(now, next);
        inbounds.commit();
        statistics.watch(next.stats(), inbounds.handlers(), outbounds.handlers());
        inbounds.handlers().forEach(in -> in.addresses().forEach(now.services.loops()::listens));
        if (!observatory.equals(now.observatory)) {
            now.observatory.stop();
            now.observatory = observatory;
            observatory.start();
        }
    }

    /** Whether the inbound listens inside a tunnel that will not be there. */
    private boolean isCutOff(Inbound inbound) {
        return inbound instanceof TunnelListenInbound inside
                && !outbounds.nextHandlers().contains(inside.outbound());
    }

    /** The present one where it would do the same. */
    private Observatory observatory(Running now, Plan next) {
        Map<String, Outbound> byTag = byTag();
        return now.observatory.does(next.probes(), byTag)
                ? now.observatory
                : new Observatory(
                        next.probes(),
                        byTag,
                        now.observatory.health(),
                        now.services.sockets().loop(0));
    }

    private Map<String, Outbound> byTag() {
        Map<String, Outbound> byTag = new HashMap<>();
        outbounds.nextHandlers().forEach(made -> byTag.putIfAbsent(made.tag(), made));
        return byTag;
    }

    private Routing routing(Plan plan, Observatory observatory) {
        Map<String, Health> health = observatory.health();
        Map<String, Balancer> balancers = new HashMap<>();
        Map<String, Outbound> byTag = byTag();
        for (Balancer.Settings settings : plan.balancers()) {
            Balancer balancer =
                    new Balancer(
                            settings, health, bound -> ThreadLocalRandom.current().nextInt(bound));
            balancer.override(overridden(settings.tag(), byTag));
            balancers.put(settings.tag(), balancer);
        }
        return new Routing(plan.router(), byTag, balancers);
    }

    /**
     * What was said of a balancer while it ran outlives it, as long as there is such an outbound.
     */
    private @Nullable String overridden(String balancerTag, Map<String, Outbound> byTag) {
        Running now = running;
        Balancer before =
                now == null ? null : now.dispatcher.routing().balancers().get(balancerTag);
        String target = before == null ? null : before.override();
        return target != null && byTag.containsKey(target) ? target : null;
    }

    Statistics statistics() {
        return statistics;
    }

    /** What runs, or will. */
    synchronized Plan plan() {
        return plan;
    }

    /** Which way connections go now. */
    Routing routing() {
        Running now = running;
        if (now == null) {
            throw new IllegalStateException("the proxy is not running");
        }
        return now.dispatcher.routing();
    }

    private Outbound outbound(Plan of, Plan.OutboundPlan outbound, Running now) {
        return outboundMaker(now).make(outbound, now.loop(of, outbound));
    }

    private static @Nullable Runnable update(
            Inbound inbound, Plan.InboundPlan before, Plan.InboundPlan next) {
        return before.dialsAs(next) ? inbound.update(next.settings()) : null;
    }

    private @Nullable Runnable update(
            Outbound outbound, Plan.OutboundPlan before, Plan.OutboundPlan next) {
        Running now = running;
        if (before.dialsAs(next) || now == null) {
            return outbound.update(next.settings());
        }
        return outbound.reroute(next.settings(), outboundMaker(now).dialer(next));
    }

    private OutboundMaker outboundMaker(Running now) {
        return new OutboundMaker(now.services, now.dispatcher, statistics, this);
    }

    private Inbound inbound(Plan.InboundPlan inbound, Running now, Dispatcher dispatcher) {
        Services services = now.services;
        EventLoop loop = now.loop(inbound.settings() instanceof WireGuardSettings);
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
            case ServiceSettings service -> new ServiceInbound(spec, service, services, this);
            case WireGuardSettings tunnel ->
                    new WireGuardInbound(spec, tunnel, services, dispatcher, loop);
            case TunnelListenInbound.Settings listen -> listenInside(spec, listen, now);
        };
    }

    private void configureDns(Running now, Plan next) {
        Services services = now.services;
        Dispatcher straight = outboundMaker(now).straight();
        EventLoop loop = services.sockets().loop(0);
        NameResolver system = services.systemResolver();
        services.dns()
                .configure(
                        next.dns(),
                        new DnsTransports(now.dispatcher, straight, system, loop, null)::make);
    }

    private Inbound listenInside(
            InboundSpec spec, TunnelListenInbound.Settings settings, Running now) {
        for (Outbound outbound : outbounds.nextHandlers()) {
            if (outbound instanceof WireGuardOutbound tunnel
                    && tunnel.tag().equals(settings.outboundTag())) {
                return new TunnelListenInbound(
                        spec, settings, now.services, tunnel, outboundMaker(now).straight());
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
        stopping.observatory.stop();
        inbounds.close();
        Services services = stopping.services;
        Fleet.await(List.of(services.open().close()));
        outbounds.close();
        Fleet.await(List.of(services.sockets().close()));
        stopping.resolver.close();
        services.processes().close();
    }

    /** What it has done so far. */
    public synchronized ProxySnapshot snapshot() {
        return ProxySnapshot.of(inbounds.handlers(), outbounds.handlers(), running != null);
    }

    /** What is known of the outbounds that are probed. */
    Map<String, Health> health() {
        Running now = running;
        return now == null ? Map.of() : now.observatory.health();
    }

    /** Channels that are open now, for tests. */
    List<Channel> openChannels() {
        return running == null ? List.of() : new ArrayList<>(running.services.open());
    }
}
