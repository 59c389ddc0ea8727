package io.culvert.proxy;

import org.jspecify.annotations.Nullable;

/**
 * What becomes of some questions of clients.
 *
 * @param types of records; null = all
 * @param domains null = all
 * @param code RCODE of what is returned
 */
record DnsRule(Action action, @Nullable PortSet types, @Nullable DomainSet domains, int code) {

    /** REFUSED, RFC 1035 section 4.1.1. */
    static final int REFUSED = 5;

    /** What is done. */
    enum Action {
        /** The question goes to the server that the client asks. */
        DIRECT,
        /** Silence. */
        DROP,
        /** A code, and nothing else. */
        RETURN,
        /** The proxy's own resolver answers. */
        HIJACK
    }

    boolean fits(DnsRequest request) {
        return (types == null || types.contains(request.type()))
                && (domains == null || domains.contains(request.name()));
    }
}
