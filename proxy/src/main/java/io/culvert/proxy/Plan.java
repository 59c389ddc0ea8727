package io.culvert.proxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A configuration that was found to be right: what {@link Proxy#start} makes real.
 *
 * @param dns null = the system resolves names
 */
record Plan(
        Policies policies,
        StatsSettings stats,
        Router router,
        @Nullable DnsSettings dns,
        List<Balancer.Settings> balancers,
        List<Observatory.Settings> probes,
        List<InboundPlan> inbounds,
        List<OutboundPlan> outbounds) {

    /** What is to be one inbound or outbound. */
    sealed interface Part {
        String tag();

        Fingerprint fingerprint();

        /** Whether the file says the same of how both dial, or listen. */
        default boolean dialsAs(Part other) {
            return fingerprint().dialing().equals(other.fingerprint().dialing());
        }
    }

    /** An inbound to be. */
    record InboundPlan(InboundSpec spec, InboundSettings settings, Fingerprint fingerprint)
            implements Part {
        /** One that is like no other. */
        InboundPlan(InboundSpec spec, InboundSettings settings) {
            this(spec, settings, Fingerprint.unique());
        }

        @Override
        public String tag() {
            return spec.tag();
        }

        InboundPlan with(Fingerprint of) {
            return new InboundPlan(spec, settings, of);
        }
    }

    /** An outbound to be. */
    record OutboundPlan(
            String tag, OutboundSettings settings, DialSettings dial, Fingerprint fingerprint)
            implements Part {
        /** One that is like no other. */
        OutboundPlan(String tag, OutboundSettings settings, DialSettings dial) {
            this(tag, settings, dial, Fingerprint.unique());
        }

        /** One that dials by this machine's sockets, if it dials at all. */
        OutboundPlan(String tag, OutboundSettings settings) {
            this(tag, settings, DialSettings.DEFAULT);
        }

        OutboundPlan with(Fingerprint of) {
            return new OutboundPlan(tag, settings, dial, of);
        }
    }

    Plan withInbounds(List<InboundPlan> others) {
        return new Plan(
                policies, stats, router, dns, balancers, probes, List.copyOf(others), outbounds);
    }

    /** Balancers and observatories take what their selectors take of them. */
    Plan withOutbounds(List<OutboundPlan> others) {
        List<String> tags = others.stream().map(OutboundPlan::tag).toList();
        return new Plan(
                policies,
                stats,
                router,
                dns,
                balancers.stream().map(balancer -> balancer.among(tags)).toList(),
                probes.stream().map(probe -> probe.among(tags)).toList(),
                inbounds,
                List.copyOf(others));
    }

    Plan withRules(List<Rule> others) {
        return new Plan(
                policies, stats, router.with(others), dns, balancers, probes, inbounds, outbounds);
    }

    /** How many tunnels there will be that want an event loop to themselves. */
    int tunnels() {
        return (int)
                (inbounds.stream().filter(in -> in.settings() instanceof WireGuardSettings).count()
                        + ownLoops().size());
    }

    /** The outbounds whose tunnels want an event loop each, in the order of the file. */
    List<OutboundPlan> ownLoops() {
        return outbounds.stream()
                .filter(outbound -> outbound.settings() instanceof WireGuardSettings)
                .filter(outbound -> bottom(outbound).equals(outbound))
                .toList();
    }

    /**
     * The lowest tunnel of those that carry this one, or the outbound itself: a tunnel in a tunnel
     * lives on the loop of the outer one.
     */
    OutboundPlan bottom(OutboundPlan outbound) {
        OutboundPlan lowest = outbound;
        OutboundPlan at = outbound;
        for (String via = at.dial().viaTag(); via != null; via = at.dial().viaTag()) {
            at = byTag(via);
            if (at.settings() instanceof WireGuardSettings) {
                lowest = at;
            }
        }
        return lowest;
    }

    private OutboundPlan byTag(String tag) {
        return outbounds.stream()
                .filter(outbound -> outbound.tag().equals(tag))
                .findFirst()
                .orElseThrow();
    }
}
