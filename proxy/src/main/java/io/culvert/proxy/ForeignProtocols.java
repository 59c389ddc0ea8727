package io.culvert.proxy;

import java.util.List;
import java.util.Set;

/**
 * What Xray speaks beside and Culvert doesn't: files that have it load, and traffic to it fails.
 */
final class ForeignProtocols {
    private static final Set<String> INBOUNDS =
            Set.of(
                    "vless",
                    "vmess",
                    "trojan",
                    "shadowsocks",
                    "hysteria",
                    "hysteria2",
                    "tun",
                    "mtproto");

    private final Problems problems;

    ForeignProtocols(Problems problems) {
        this.problems = problems;
    }

    /** Whether an inbound is of such a protocol; it is named, and doesn't listen. */
    boolean takes(ConfigNode inbound, String protocol) {
        if (!INBOUNDS.contains(protocol)) {
            return false;
        }
        inbound.accept();
        problems.warning(
                inbound.member("protocol"),
                protocol + " is not spoken by Culvert: this inbound does not listen");
        return true;
    }

    /** Says so where nothing is left that could listen. */
    void reportSilence(ConfigNode inbounds, List<Plan.InboundPlan> plans) {
        if (plans.isEmpty() && !problems.hasErrors() && !inbounds.array(problems).isEmpty()) {
            problems.warning(inbounds, "none of these is spoken by Culvert: nothing listens");
        }
    }

    /**
     * Portals of Xray's reverse proxy are outbounds to its rules; what goes there fails.
     *
     * @param tags those of the outbounds, to which these are added
     */
    void addPortals(ConfigNode file, Set<String> tags, List<Plan.OutboundPlan> outbounds) {
        if (!file.has("reverse")) {
            return;
        }
        ConfigNode reverse = file.member("reverse");
        for (ConfigNode portal : reverse.object(problems).member("portals").objects(problems)) {
            String tag = portal.member("tag").string(problems, "");
            if (!tag.isEmpty() && tags.add(tag)) {
                outbounds.add(
                        new Plan.OutboundPlan(
                                tag, new BlackholeOutbound.Settings("reverse", false)));
            }
        }
        reverse.accept();
        problems.warning(
                reverse, "is not supported by Culvert: what is routed to its portals fails");
    }
}
