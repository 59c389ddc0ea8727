package io.culvert.proxy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which way traffic goes, as of one moment. Immutable, but for what balancers learn.
 *
 * @param byTag every outbound; the router and the balancers name no other tag
 * @param balancers by tag
 */
record Routing(Router router, Map<String, Outbound> byTag, Map<String, Balancer> balancers) {

    /** The outbound for what the query asks about. */
    Outbound choose(RouteQuery query) {
        Rule rule = router.match(query);
        Log.ruled(query.session(), rule);
        Outbound outbound = outbound(router.way(rule));
        AccessLog.routed(query.session(), outbound.tag(), rule != null);
        return outbound;
    }

    Outbound outbound(Way way) {
        return switch (way) {
            case Way.ByOutbound(String tag) -> outbound(tag);
            case Way.ByBalancer(String tag) -> outbound(balancer(tag).pick());
        };
    }

    Balancer balancer(String tag) {
        @Nullable Balancer balancer = balancers.get(tag);
        if (balancer == null) {
            throw new IllegalStateException("no balancer has the tag " + tag);
        }
        return balancer;
    }

    Outbound outbound(String tag) {
        @Nullable Outbound outbound = byTag.get(tag);
        if (outbound == null) {
            throw new IllegalStateException("no outbound has the tag " + tag);
        }
        return outbound;
    }
}
