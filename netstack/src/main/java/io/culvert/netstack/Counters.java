package io.culvert.netstack;

/**
 * What a stack counted since it was made. Names follow the SNMP and Linux counters of {@code
 * nstat}. Written by the stack's thread; another thread that reads sees values that may be a little
 * old.
 */
public final class Counters {
    /** All zero. */
    public Counters() {}

    /** Packets handed to the stack. */
    public long ipInReceives;

    /** Bytes of those. */
    public long ipInOctets;

    /** Packets dropped for a header that doesn't hold: version, lengths, checksum, options. */
    public long ipInHdrErrors;

    /** Packets dropped for impossible source or destination addresses. */
    public long ipInAddrErrors;

    /** Packets to addresses that nobody here stands for. */
    public long ipInNoRoutes;

    /** Packets of protocols that the stack doesn't speak. */
    public long ipInUnknownProtos;

    /** IPv6 packets dropped for too many, too long or forbidden extension headers or options. */
    public long ipInExtensionErrors;

    /** IPv6 packets whose headers say that nothing follows them (next header 59). */
    public long ipInNoNextHeaders;

    /** Packets whose hop limit ended here. */
    public long ipInHopLimitExceeded;

    /** Packets handed out. */
    public long ipOutRequests;

    /** Bytes of those. */
    public long ipOutOctets;

    /** Fragments received. */
    public long ipReasmReqds;

    /** Datagrams put together. */
    public long ipReasmOks;

    /** Datagrams given up: overlap, limits, contradicting fragments, timeout. */
    public long ipReasmFails;

    /** Those of {@link #ipReasmFails} that timed out. */
    public long ipReasmTimeout;

    /** Datagrams cut into fragments. */
    public long ipFragOks;

    /** Fragments made. */
    public long ipFragCreates;

    /** ICMP messages received. */
    public long icmpInMsgs;

    /** ICMP messages dropped for length or checksum. */
    public long icmpInErrors;

    /** ICMP errors that matched nothing this stack sent. */
    public long icmpInUnmatched;

    /** Echo requests answered. */
    public long icmpInEchos;

    /** Echo requests to forwarded addresses, dropped by policy. */
    public long icmpInEchosDropped;

    /** Echo requests to forwarded addresses, handed to the forwarder by policy. */
    public long icmpInEchosRelayed;

    /** ICMP messages of kinds that a tunnel has no use for. */
    public long icmpInIgnored;

    /** ICMP messages sent. */
    public long icmpOutMsgs;

    /** ICMP messages not sent because of the rate limit. */
    public long icmpOutRateLimited;

    /** ICMP messages not sent because too many waited, or memory was short. */
    public long icmpOutDropped;

    /** Datagrams delivered to sockets. */
    public long udpInDatagrams;

    /** Datagrams to ports that nobody has. */
    public long udpNoPorts;

    /** Datagrams dropped for length. */
    public long udpInErrors;

    /** Datagrams dropped for the checksum. */
    public long udpInCsumErrors;

    /** Datagrams dropped because a socket's receive queue or the memory was full. */
    public long udpRcvbufErrors;

    /** Datagrams sent. */
    public long udpOutDatagrams;

    /** Datagrams dropped because a socket's send queue or the memory was full. */
    public long udpSndbufErrors;

    /** Datagrams dropped because they stood in a socket's send queue (RFC 8289). */
    public long udpOutLate;

    /** Datagrams that can't be sent: family without address, or larger than a packet may be. */
    public long udpOutErrors;

    /** Forwarded flows opened. */
    public long udpFlowsOpened;

    /** Forwarded flows closed because they were idle. */
    public long udpFlowsExpired;

    /** Forwarded flows closed to make room for others. */
    public long udpFlowsEvicted;

    /** Those of TCP. */
    public final TcpCounters tcp = new TcpCounters();
}
