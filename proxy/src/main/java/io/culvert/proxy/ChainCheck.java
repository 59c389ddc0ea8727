package io.culvert.proxy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds what is wrong with outbounds that are carried by others. */
final class ChainCheck {

    /** What a packet inside a tunnel is longer than its payload outside, at most (IPv6). */
    private static final int OVERHEAD = 80;

    private final Problems problems;
    private final Map<String, Plan.OutboundPlan> byTag = new HashMap<>();

    ChainCheck(Problems problems) {
        this.problems = problems;
    }

    /** Looks at all outbounds of a file. */
    void check(List<Plan.OutboundPlan> outbounds) {
        for (Plan.OutboundPlan outbound : outbounds) {
            byTag.putIfAbsent(outbound.tag(), outbound);
        }
        for (Plan.OutboundPlan outbound : outbounds) {
            DialSettings.Via via = outbound.dial().via();
            if (via != null) {
                check(outbound, via);
            }
        }
    }

    private void check(Plan.OutboundPlan outbound, DialSettings.Via via) {
        Plan.OutboundPlan carrier = byTag.get(via.tag());
        if (carrier == null) {
            problems.error(via.place(), "there is no outbound with the tag \"" + via.tag() + "\"");
            return;
        }
        List<String> loop = loop(outbound, carrier);
        if (!loop.isEmpty()) {
            problems.error(
                    via.place(),
                    loop.size() == 1
                            ? "names the outbound itself"
                            : "goes round in a circle: " + String.join(" → ", loop));
            return;
        }
        if (carrier.settings() instanceof BlackholeOutbound.Settings settings) {
            problems.warning(
                    via.place(),
                    "outbound \""
                            + via.tag()
                            + "\" ("
                            + settings.protocol()
                            + ") takes nothing: what goes through it fails");
        }
        if (outbound.settings() instanceof WireGuardSettings
                && !carrier.settings().carriesDatagrams()) {
            problems.error(
                    via.place(),
                    "outbound \"" + via.tag() + "\" carries no datagrams, as WireGuard needs");
        } else if (outbound.settings() instanceof WireGuardSettings rider
                && carrier.settings() instanceof WireGuardSettings below
                && rider.mtu() > below.mtu() - OVERHEAD) {
            problems.warning(
                    via.place(),
                    "with mtu "
                            + rider.mtu()
                            + " in a tunnel of "
                            + below.mtu()
                            + " large packets travel in fragments: an mtu of "
                            + (below.mtu() - OVERHEAD)
                            + " avoids that");
        }
    }

    /** The tags from the outbound back to itself; empty if the way ends. */
    private List<String> loop(Plan.OutboundPlan outbound, Plan.OutboundPlan carrier) {
        List<String> way = new ArrayList<>();
        way.add(outbound.tag());
        Plan.OutboundPlan at = carrier;
        for (int i = 0; i <= byTag.size(); i++) {
            if (at.tag().equals(outbound.tag())) {
                if (way.size() > 1) {
                    way.add(outbound.tag());
                }
                return way;
            }
            way.add(at.tag());
            DialSettings.Via next = at.dial().via();
            Plan.OutboundPlan after = next == null ? null : byTag.get(next.tag());
            if (after == null) {
                return List.of();
            }
            at = after;
        }
        return List.of(); // a circle among others, which is reported there
    }
}
