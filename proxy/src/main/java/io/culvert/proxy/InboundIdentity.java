package io.culvert.proxy;

/**
 * What the rest of the house knows of an inbound: its tag for routing, its protocol for rules of
 * trust, its counters, whether it listens before it chooses a way, and the level of its clients.
 */
record InboundIdentity(
        String tag, String protocol, Traffic traffic, Sniffing sniffing, int userLevel) {

    /** The protocol of the proxy's own questions to name servers. */
    static final String RESOLVER = "dns";

    /** One that doesn't listen to what its clients say. */
    InboundIdentity(String tag, String protocol, Traffic traffic) {
        this(tag, protocol, traffic, Sniffing.OFF, 0);
    }

    /** Whether routing must not ask for a name, since this is who would be asked. */
    boolean isResolver() {
        return protocol.equals(RESOLVER);
    }

    /** Whether the source of its datagrams' sessions is the connection that asked for them. */
    boolean isSocks() {
        return protocol.equals("socks") || protocol.equals("mixed");
    }

    /** For log lines: the tag, or the protocol where there is no tag. */
    String label() {
        return tag.isEmpty() ? protocol : tag;
    }
}
