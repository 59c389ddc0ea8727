package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes what inbounds bring to the outbound that the rules name. Thread-safe. */
final class Dispatcher {
    private final Router router;
    private final Map<String, Outbound> byTag;
    private final Map<String, Balancer> balancers;
    private final NameResolver resolver;

    /**
     * A dispatcher over the outbounds of one proxy.
     *
     * @param byTag every outbound; the router and the balancers name no other tag
     * @param balancers by tag
     * @param resolver for rules on the addresses of names
     */
    Dispatcher(
            Router router,
            Map<String, Outbound> byTag,
            Map<String, Balancer> balancers,
            NameResolver resolver) {
        this.balancers = balancers;
        this.router = router;
        this.byTag = byTag;
        this.resolver = resolver;
    }

    /**
     * The loop on which an inbound's traffic goes out unless a rule on its destination differs, or
     * null if any will do.
     */
    @Nullable EventLoop usualLoop(String inboundTag) {
        return switch (router.usualWay(inboundTag)) {
            case Way.ByOutbound(String tag) -> outbound(tag).home();
            // The others' traffic would have to cross.
            case Way.ByBalancer(String tag) -> null;
        };
    }

    /** Whether any rule asks for this. */
    boolean asksFor(Rule.Need need) {
        return router.asksFor(need);
    }

    /** Which outbound takes the session; done at once unless a name must be resolved first. */
    Future<Outbound> route(Session session, EventLoop loop) {
        RouteQuery query = RouteQuery.of(session);
        if (!router.mustResolve(query)) {
            return loop.newSucceededFuture(choose(query));
        }
        Promise<Outbound> result = loop.newPromise();
        resolver.resolve(session.destination().host(), loop)
                .addListener((Future<List<InetAddress>> resolved) ->
                        result.trySuccess(
                                choose(
                                        query.resolved(
                                                resolved.isSuccess()
                                                        ? resolved.getNow()
                                                        : List.of()))));
        return result;
    }

    /**
     * Dials the destination by the outbound that the rules name.
     *
     * @param loop on which the answer is given
     * @return a {@link DialException} if it can't be reached; cancelling gives up
     */
    Future<Flow> connect(Session session, EventLoop loop) {
        Promise<Flow> result = loop.newPromise();
        route(session, loop)
                .addListener(
                        (Future<Outbound> routed) -> dial(session, routed.getNow(), loop, result));
        return result;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a channel nobody wants is closed
    private void dial(Session session, Outbound outbound, EventLoop loop, Promise<Flow> result) {
        Traffic in = session.inbound().traffic();
        in.opened();
        outbound.traffic().opened();
        Future<DuplexChannel> dialing = outbound.connect(session, loop);
        result.addListener(done -> {
            if (done.isCancelled()) {
                dialing.cancel(false);
            }
        });
        dialing.addListener((Future<DuplexChannel> dialed) -> {
            if (dialed.isSuccess()) {
                Flow flow = new Flow(session, outbound, dialed.getNow());
                if (result.trySuccess(flow)) {
                    Log.accepted(session, outbound);
                } else {
                    flow.end();
                    flow.remote().close();
                }
                return;
            }
            in.closed();
            outbound.traffic().closed();
            if (!dialed.isCancelled()) {
                in.failed();
                outbound.traffic().failed();
                DialException failure = DialException.of(dialed.cause(), session.destination());
                Log.failed(session, outbound.tag(), failure);
                result.tryFailure(failure);
            }
        });
    }

    private Outbound choose(RouteQuery query) {
        Rule rule = router.match(query);
        Log.ruled(query.session(), rule);
        Outbound outbound = outbound(router.way(rule));
        AccessLog.routed(query.session(), outbound.tag(), rule != null);
        return outbound;
    }

    private Outbound outbound(Way way) {
        return switch (way) {
            case Way.ByOutbound(String tag) -> outbound(tag);
            case Way.ByBalancer(String tag) -> outbound(balancer(tag).pick());
        };
    }

    private Balancer balancer(String tag) {
        @Nullable Balancer balancer = balancers.get(tag);
        if (balancer == null) {
            throw new IllegalStateException("no balancer has the tag " + tag);
        }
        return balancer;
    }

    private Outbound outbound(String tag) {
        @Nullable Outbound outbound = byTag.get(tag);
        if (outbound == null) {
            throw new IllegalStateException("no outbound has the tag " + tag);
        }
        return outbound;
    }
}
