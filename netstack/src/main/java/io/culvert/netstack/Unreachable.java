package io.culvert.netstack;

/** What an ICMP error says about a packet that this stack sent. */
public enum Unreachable {
    /** No route to the network. */
    NET,
    /** The host isn't there. */
    HOST,
    /** The host doesn't speak the protocol. */
    PROTOCOL,
    /** The host has nobody at the port. */
    PORT,
    /** Somebody on the way doesn't allow it. */
    PROHIBITED,
    /** Fragmentation needed, packet too big: the MTU comes with it. */
    PACKET_TOO_BIG,
    /** TTL or hop limit ran out on the way: a hint only. */
    TIME_EXCEEDED,
    /** The receiver couldn't make sense of a header: a hint only. */
    PARAMETER_PROBLEM
}
