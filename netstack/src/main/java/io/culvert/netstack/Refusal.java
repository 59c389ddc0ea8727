package io.culvert.netstack;

/** How a forwarder's no looks to the client. */
public enum Refusal {
    /** TCP: RST, "connection refused". UDP: ICMP port unreachable. */
    RESET,
    /** ICMP host unreachable, IPv6: address unreachable. */
    HOST_UNREACHABLE,
    /** ICMP network unreachable, IPv6: no route to destination. */
    NET_UNREACHABLE,
    /**
     * ICMP communication administratively prohibited (RFC 1812 section 5.2.7.1, RFC 4443 section
     * 3.1).
     */
    PROHIBITED,
    /** Nothing: the client waits until it gives up. */
    SILENT
}
