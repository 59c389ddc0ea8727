package io.culvert.proxy;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One routing rule: every condition that is given must hold.
 *
 * @param tag for the log; may be empty
 * @param inboundTags empty = any
 * @param conditions that hold or not without resolving a name, cheap ones first
 * @param ips where the destination's address must be; null = anywhere
 * @param processes of which one it must come from; null = any
 * @param needs what the conditions ask for beyond addresses and ports
 */
record Rule(
        String tag,
        Set<String> inboundTags,
        List<Predicate<RouteQuery>> conditions,
        @Nullable IpSet ips,
        @Nullable ProcessSet processes,
        Set<Need> needs,
        Way way) {

    /** What must be heard of a flow before a condition can hold. */
    enum Need {
        NAME,
        PROTOCOL,
        ATTRIBUTES
    }

    /**
     * Whether the rule takes this traffic; unresolved, a name has no address that could count, and
     * what nobody looked for comes from no process.
     */
    boolean matches(RouteQuery query) {
        return matchesByItself(query)
                && (ips == null || query.hasAddressIn(ips))
                && isFrom(query.process());
    }

    /** Whether it depends on the addresses of a name that nobody resolved yet. */
    boolean waitsForAddress(RouteQuery query) {
        return ips != null
                && query.isUnresolved()
                && matchesByItself(query)
                && isFrom(query.process());
    }

    /**
     * Whether it depends on the process that nobody looked for yet.
     *
     * @param resolving whether a name that has no addresses yet may get some
     */
    boolean waitsForProcess(RouteQuery query, boolean resolving) {
        return processes != null
                && query.process() == null
                && matchesByItself(query)
                && (ips == null || query.hasAddressIn(ips) || (resolving && query.isUnresolved()));
    }

    private boolean isFrom(@Nullable LocalProcess process) {
        return processes == null || (process != null && processes.contains(process));
    }

    /** Whether the rule takes everything of this inbound, whatever its destination. */
    boolean takesAllOf(String inboundTag) {
        return isFor(inboundTag) && conditions.isEmpty() && ips == null && processes == null;
    }

    private boolean matchesByItself(RouteQuery query) {
        if (!isFor(query.session().inbound().tag())) {
            return false;
        }
        for (int i = 0; i < conditions.size(); i++) {
            if (!conditions.get(i).test(query)) {
                return false;
            }
        }
        return true;
    }

    private boolean isFor(String inboundTag) {
        return inboundTags.isEmpty() || inboundTags.contains(inboundTag);
    }
}
