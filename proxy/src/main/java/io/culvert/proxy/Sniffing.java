package io.culvert.proxy;

import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether an inbound listens to what its clients say before it chooses their way, and what follows
 * from it. A destination that the client named keeps its name: only addresses get one by this.
 *
 * @param protocols whose names are used
 * @param fakes whether addresses that the resolver made up are taken for their names
 * @param routeOnly whether names are for rules alone, and the destination stays the address
 * @param domainsExcluded names that are not used
 * @param ipsExcluded destinations for which no name is used; null = none
 */
record Sniffing(
        boolean enabled,
        Set<Protocol> protocols,
        boolean fakes,
        boolean routeOnly,
        DomainSet domainsExcluded,
        @Nullable IpSet ipsExcluded) {

    /** As {@code destOverride} names them. */
    enum Protocol {
        HTTP,
        TLS,
        QUIC
    }

    static final Sniffing OFF =
            new Sniffing(false, Set.of(), false, true, new DomainSet.Builder().build(), null);

    /**
     * Whether the session's way may depend on what the client says. If not, it isn't waited for.
     */
    boolean isWorthIt(Session session, Dispatcher dispatcher) {
        if (!enabled) {
            return false;
        }
        Destination to = dispatcher.named(session).destination();
        if (isFake(to, dispatcher.fakes())) {
            return true;
        }
        if (dispatcher.asksFor(Rule.Need.PROTOCOL) || dispatcher.asksFor(Rule.Need.ATTRIBUTES)) {
            return true;
        }
        return !to.isName()
                && !protocols.isEmpty()
                && (dispatcher.asksFor(Rule.Need.NAME)
                        || (!routeOnly && to.network() == Network.TCP));
    }

    /** The session with the name that its destination stands for, if it does. */
    Session named(Session session, @Nullable FakeNames known) {
        InetAddress address = session.destination().address();
        if (!fakes || known == null || address == null) {
            return session;
        }
        String name = known.name(address);
        Destination to = session.destination();
        return name == null ? session : session.to(Destination.of(to.network(), name, to.port()));
    }

    /** Whether it is an address that the resolver made up, and that no name is known of. */
    boolean isFake(Destination to, @Nullable FakeNames known) {
        return fakes && FakeNames.has(known, to);
    }

    /**
     * The session as it is dialed. Datagrams keep their address, by which the client knows where
     * the answers come from; a name is for the rules. But where the address is nobody's, a name is
     * all that there is.
     *
     * @param known the addresses that the resolver made up
     */
    Session apply(Session session, Content content, @Nullable FakeNames known) {
        Destination to = session.destination();
        String name = content.name();
        boolean fake = isFake(to, known);
        if (name == null || (!fake && !isUsed(to, name, content.protocol()))) {
            return session.with(content.withoutName());
        }
        return !fake && (routeOnly || to.network() == Network.UDP)
                ? session.with(content)
                : session.to(Destination.of(to.network(), name, to.port()))
                        .with(content.withoutName());
    }

    private boolean isUsed(Destination to, String name, String protocol) {
        InetAddress address = to.address();
        Protocol spoken =
                switch (protocol) {
                    case "tls" -> Protocol.TLS;
                    case "quic" -> Protocol.QUIC;
                    default -> Protocol.HTTP;
                };
        return address != null
                && protocols.contains(spoken)
                && !domainsExcluded.contains(name)
                && (ipsExcluded == null || !ipsExcluded.contains(address));
    }
}
