package io.culvert.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a running proxy that no file says: they hold until the configuration is read again.
 * What is read is checked as a file is. Not on an event loop.
 *
 * <p>Every method returns whether the change is in effect; if not, {@link Problems} says why, and
 * nothing has changed.
 */
public final class LiveChanges {
    private static final Place PLACE = new Place("api", 0, 0, "");

    private final Proxy proxy;

    LiveChanges(Proxy proxy) {
        this.proxy = proxy;
    }

    /** Adds an inbound, as an element of {@code inbounds}. */
    public boolean addInbound(ConfigNode node, Problems problems) throws StartException {
        Plan.InboundPlan read = new ConfigReader(problems, System::getenv).inbound(node);
        return proxy.change(plan -> {
            if (read == null) {
                return null;
            }
            if (plan.inbounds().stream().anyMatch(named(read.tag()))) {
                return refused(problems, "an inbound has the tag \"" + read.tag() + "\" already");
            }
            return plan.withInbounds(with(plan.inbounds(), read));
        });
    }

    /** Removes an inbound; what it accepted goes on. */
    public boolean removeInbound(String tag, Problems problems) throws StartException {
        return proxy.change(plan -> {
            List<Plan.InboundPlan> rest = new ArrayList<>(plan.inbounds());
            return !tag.isEmpty() && rest.removeIf(named(tag))
                    ? plan.withInbounds(rest)
                    : refused(problems, "no inbound has the tag \"" + tag + "\"");
        });
    }

    /** Adds an outbound, as an element of {@code outbounds}. */
    public boolean addOutbound(ConfigNode node, Problems problems) throws StartException {
        Plan.OutboundPlan read = new ConfigReader(problems, System::getenv).outbound(node);
        return proxy.change(plan -> {
            if (read == null) {
                return null;
            }
            if (plan.outbounds().stream().anyMatch(named(read.tag()))) {
                return refused(problems, "an outbound has the tag \"" + read.tag() + "\" already");
            }
            return plan.withOutbounds(with(plan.outbounds(), read));
        });
    }

    /** Removes an outbound that nothing sends traffic to; its connections are ended in order. */
    public boolean removeOutbound(String tag, Problems problems) throws StartException {
        return proxy.change(plan -> {
            if (tag.isEmpty() || plan.outbounds().stream().noneMatch(named(tag))) {
                return refused(problems, "no outbound has the tag \"" + tag + "\"");
            }
            if (isUsed(plan, tag)) {
                return refused(
                        problems,
                        "outbound "
                                + tag
                                + " is still in use: by a rule, an inbound, another outbound, as all that"
                                + " a balancer has, or as the first of all");
            }
            List<Plan.OutboundPlan> rest = new ArrayList<>(plan.outbounds());
            rest.removeIf(named(tag));
            return plan.withOutbounds(rest);
        });
    }

    /** Without it, traffic would have no way, or another one than was asked for. */
    private static boolean isUsed(Plan plan, String tag) {
        return plan.router().outboundTags().contains(tag)
                || plan.balancers().stream()
                        .anyMatch(balancer ->
                                balancer.members().equals(List.of(tag))
                                        || tag.equals(balancer.fallbackTag()))
                || plan.outbounds().stream()
                        .anyMatch(outbound -> tag.equals(outbound.dial().viaTag()))
                || plan.inbounds().stream()
                        .anyMatch(inbound ->
                                inbound.settings() instanceof TunnelListenInbound.Settings inside
                                        && inside.outboundTag().equals(tag));
    }

    /**
     * Adds a user to an inbound: a peer to a WireGuard tunnel, in place of the one with its key, or
     * an account to a proxy, in place of the one with its name.
     */
    public boolean addUser(String inboundTag, ConfigNode user, Problems problems)
            throws StartException {
        return changeInbound(
                inboundTag, problems, settings -> LiveUsers.with(settings, user, problems));
    }

    /** Removes the user of that name from an inbound; that there is none is no error. */
    public boolean removeUser(String inboundTag, String name, Problems problems)
            throws StartException {
        return changeInbound(
                inboundTag, problems, settings -> LiveUsers.without(settings, name, problems));
    }

    private interface SettingsChange {
        @Nullable InboundSettings of(InboundSettings before);
    }

    private boolean changeInbound(String tag, Problems problems, SettingsChange change)
            throws StartException {
        return proxy.change(plan -> {
            List<Plan.InboundPlan> all = new ArrayList<>(plan.inbounds());
            for (int i = 0; i < all.size(); i++) {
                Plan.InboundPlan inbound = all.get(i);
                if (!tag.isEmpty() && inbound.tag().equals(tag)) {
                    InboundSettings changed = change.of(inbound.settings());
                    if (changed == null) {
                        return null;
                    }
                    all.set(
                            i,
                            new Plan.InboundPlan(
                                    inbound.spec(),
                                    changed,
                                    inbound.fingerprint().withOtherUsers()));
                    return plan.withInbounds(all);
                }
            }
            return refused(problems, "no inbound has the tag \"" + tag + "\"");
        });
    }

    /**
     * Adds routing rules.
     *
     * @param rules a list as {@code routing.rules}
     * @param behind whether they come behind those that there are; else they replace all
     */
    public boolean addRules(ConfigNode rules, boolean behind, Problems problems)
            throws StartException {
        return proxy.change(plan -> {
            List<Rule> all = new ArrayList<>(behind ? plan.router().rules() : List.of());
            List<Rule> read = new ConfigReader(problems, System::getenv).rules(rules, plan);
            for (Rule rule : read) {
                if (!rule.tag().isEmpty()
                        && all.stream().anyMatch(other -> other.tag().equals(rule.tag()))) {
                    problems.error(PLACE, "a rule has the tag \"" + rule.tag() + "\" already");
                }
                all.add(rule);
            }
            return problems.hasErrors() ? null : plan.withRules(all);
        });
    }

    /** Removes the rules of that tag. */
    public boolean removeRule(String ruleTag, Problems problems) throws StartException {
        return proxy.change(plan -> {
            List<Rule> rest = new ArrayList<>(plan.router().rules());
            return !ruleTag.isEmpty() && rest.removeIf(rule -> rule.tag().equals(ruleTag))
                    ? plan.withRules(rest)
                    : refused(problems, "no rule has the tag \"" + ruleTag + "\"");
        });
    }

    /**
     * Has a balancer choose this outbound and no other.
     *
     * @param target a tag, or empty for as it did before
     */
    public boolean overrideBalancer(String balancerTag, String target, Problems problems) {
        Routing routing = proxy.routing();
        Balancer balancer = routing.balancers().get(balancerTag);
        if (balancer == null) {
            problems.error(PLACE, "no balancer has the tag \"" + balancerTag + "\"");
        } else if (!target.isEmpty() && !routing.byTag().containsKey(target)) {
            problems.error(PLACE, "no outbound has the tag \"" + target + "\"");
        } else {
            balancer.override(target.isEmpty() ? null : target);
        }
        return !problems.hasErrors();
    }

    private static <P extends Plan.Part> Predicate<P> named(String tag) {
        return part -> !tag.isEmpty() && part.tag().equals(tag);
    }

    private static <P> List<P> with(List<P> all, P more) {
        List<P> result = new ArrayList<>(all);
        result.add(more);
        return result;
    }

    private static @Nullable Plan refused(Problems problems, String sentence) {
        problems.error(PLACE, sentence);
        return null;
    }
}
