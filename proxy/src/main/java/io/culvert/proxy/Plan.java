package io.culvert.proxy;

import java.util.List;

/** A configuration that was found to be right: what {@link Proxy#start} makes real. */
record Plan(
        Policy policy,
        Router router,
        List<Balancer.Settings> balancers,
        List<Observatory.Settings> probes,
        List<InboundPlan> inbounds,
        List<OutboundPlan> outbounds) {

    /** An inbound to be. */
    record InboundPlan(InboundSpec spec, InboundSettings settings) {}

    /** An outbound to be. */
    record OutboundPlan(String tag, OutboundSettings settings) {}

    /** How many tunnels there will be, each of which wants an event loop to itself. */
    int tunnels() {
        return (int)
                (inbounds.stream().filter(in -> in.settings() instanceof WireGuardSettings).count()
                        + outbounds.stream()
                                .filter(out -> out.settings() instanceof WireGuardSettings)
                                .count());
    }
}
