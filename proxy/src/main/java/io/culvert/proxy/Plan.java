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
    record OutboundPlan(String tag, OutboundSettings settings, Fingerprint fingerprint)
            implements Part {
        /** One that is like no other. */
        OutboundPlan(String tag, OutboundSettings settings) {
            this(tag, settings, Fingerprint.unique());
        }

        OutboundPlan with(Fingerprint of) {
            return new OutboundPlan(tag, settings, of);
        }
    }

    Plan withInbounds(List<InboundPlan> others) {
        return new Plan(
                policies, stats, router, dns, balancers, probes, List.copyOf(others), outbounds);
    }

    Plan withOutbounds(List<OutboundPlan> others) {
        return new Plan(
                policies, stats, router, dns, balancers, probes, inbounds, List.copyOf(others));
    }

    Plan withRules(List<Rule> others) {
        return new Plan(
                policies, stats, router.with(others), dns, balancers, probes, inbounds, outbounds);
    }

    /** How many tunnels there will be, each of which wants an event loop to itself. */
    int tunnels() {
        return (int)
                (inbounds.stream().filter(in -> in.settings() instanceof WireGuardSettings).count()
                        + outbounds.stream()
                                .filter(out -> out.settings() instanceof WireGuardSettings)
                                .count());
    }
}
