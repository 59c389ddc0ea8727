package io.culvert.netstack;

/** What an ICMP error says about a packet that this stack sent. */
enum Unreachable {
    NET,
    HOST,
    PROTOCOL,
    PORT,
    PROHIBITED,
    /** Fragmentation needed, packet too big: the MTU comes with it. */
    PACKET_TOO_BIG,
    /** TTL or hop limit ran out on the way: a hint only. */
    TIME_EXCEEDED,
    /** The receiver couldn't make sense of a header: a hint only. */
    PARAMETER_PROBLEM
}
