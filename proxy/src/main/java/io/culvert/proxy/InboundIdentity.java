package io.culvert.proxy;

/**
 * What the rest of the house knows of an inbound: its tag for routing, its protocol for rules of
 * trust, its counters.
 */
record InboundIdentity(String tag, String protocol, Traffic traffic) {

    /** For log lines: the tag, or the protocol where there is no tag. */
    String label() {
        return tag.isEmpty() ? protocol : tag;
    }
}
