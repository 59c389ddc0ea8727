package io.culvert.proxy;

import io.netty.handler.codec.dns.DnsRecordType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file's {@code dns} says.
 *
 * @param servers in its order; not empty
 * @param strategy of names that no server has another one for
 * @param disableFallback whether a name is asked only of servers that are there for it
 * @param disableFallbackIfMatch the same for names that a server is there for
 * @param fakePools of the addresses that {@code fakedns} gives
 * @param parallel whether equal servers in a row are asked at once
 * @param fingerprint of all of it, by which another file's is compared
 */
record DnsSettings(
        DnsHosts hosts,
        List<Server> servers,
        Strategy strategy,
        boolean disableFallback,
        boolean disableFallbackIfMatch,
        List<FakeNames.Pool> fakePools,
        boolean parallel,
        boolean useSystemHosts,
        String fingerprint) {

    /** How a server is spoken to. */
    enum Kind {
        SYSTEM,
        /** Nobody is asked: names get addresses that stand for them. */
        FAKE,
        UDP,
        TCP,
        TLS,
        HTTPS,
        H2C
    }

    /** Which records are asked for. */
    enum Strategy {
        BOTH,
        IPV4,
        IPV6,
        /** Of those families that this machine has an address of. */
        SYSTEM;

        boolean allows(DnsRecordType type) {
            boolean six = type.equals(DnsRecordType.AAAA);
            return switch (this) {
                case BOTH -> true;
                case IPV4 -> !six;
                case IPV6 -> six;
                case SYSTEM -> LocalFamilies.has(six);
            };
        }
    }

    /**
     * Where a server is.
     *
     * @param local whether questions leave this machine without asking the rules
     * @param place null where no server is asked
     * @param path of a URL, with its query
     */
    record Address(Kind kind, boolean local, @Nullable HostPort place, String path) {

        static final Address SYSTEM = new Address(Kind.SYSTEM, true, null, "");
        static final Address FAKE = new Address(Kind.FAKE, true, null, "");

        /** What messages call it. */
        String label() {
            if (place == null) {
                return kind == Kind.FAKE ? "fakedns" : "localhost";
            }
            return place.destination(Network.UDP).authority();
        }
    }

    /**
     * One server.
     *
     * @param domains those it is there for; null = all
     * @param expected addresses that are taken from it; null = all
     * @param isExpectedPreferred whether others are taken where there are no expected ones
     * @param unexpected addresses that are not taken from it; null = none
     * @param isUnexpectedDeferred whether they are taken all the same where there are no others
     * @param skipFallback whether it is asked only for its domains
     * @param finalQuery whether nobody is asked after it
     * @param strategy on top of the whole resolver's
     * @param tag that rules know its questions by
     */
    record Server(
            Address address,
            @Nullable DomainSet domains,
            @Nullable IpSet expected,
            boolean isExpectedPreferred,
            @Nullable IpSet unexpected,
            boolean isUnexpectedDeferred,
            boolean skipFallback,
            boolean finalQuery,
            Strategy strategy,
            String tag,
            NameServer.Policy policy,
            String alikeness) {

        /** Whether it is none, and gives addresses that stand for names. */
        boolean isFake() {
            return address.kind() == Kind.FAKE;
        }

        /** Whether a name is among those it is there for. */
        boolean isFor(String name) {
            return domains != null && domains.contains(name);
        }
    }
}
