package io.culvert.proxy;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What rules are asked about.
 *
 * @param name the host's name as {@link DomainSet#canonical} has it; null if only an address is
 *     known
 * @param addresses of the destination; null = a name that was not resolved; empty = a name that has
 *     none
 * @param process from which it comes; null = nobody looked
 */
record RouteQuery(
        Session session,
        @Nullable String name,
        @Nullable Collection<InetAddress> addresses,
        @Nullable LocalProcess process) {

    /** About a session as it stands. */
    static RouteQuery of(Session session) {
        Destination to = session.destination();
        String name = session.content().name();
        if (name == null && to.isName()) {
            name = to.host();
        }
        InetAddress address = to.address();
        return new RouteQuery(
                session,
                name == null ? null : DomainSet.canonical(name),
                address == null ? null : List.of(address),
                null);
    }

    /** The same once the name was resolved. */
    RouteQuery resolved(Collection<InetAddress> found) {
        return new RouteQuery(session, name, found, process);
    }

    /** The same once somebody looked who it is from. */
    RouteQuery from(LocalProcess found) {
        return new RouteQuery(session, name, addresses, found);
    }

    boolean isUnresolved() {
        return addresses == null;
    }

    boolean hasAddressIn(IpSet set) {
        if (addresses == null) {
            return false;
        }
        for (InetAddress address : addresses) {
            if (set.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
