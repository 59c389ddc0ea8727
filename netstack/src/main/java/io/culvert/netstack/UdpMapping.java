package io.culvert.netstack;

/** What makes datagrams of a client one forwarded flow (RFC 4787 section 4.1). */
public enum UdpMapping {
    /**
     * The client's address and port: one flow for all destinations, and anybody may answer
     * (endpoint-independent).
     */
    CONE,
    /** The destination too: a flow for each, and only it may answer. */
    FLOW
}
