package io.culvert.netstack;

/**
 * What the TCP of a stack counted since it was made. Written by the stack's thread; another thread
 * that reads sees values that may be a little old.
 */
public final class TcpCounters {
    TcpCounters() {}

    /** Segments that passed the header's checks. */
    public long segmentsReceived;

    public long segmentsSent;

    /** Segments sent again. */
    public long retransmitted;

    /** Segments dropped for their header. */
    public long headerErrors;

    /** Segments dropped for their checksum. */
    public long checksumErrors;

    public long activeOpens;
    public long passiveOpens;

    /** Connections that were reset, refused or gave up before they were established. */
    public long attemptFails;

    public long resetsReceived;
    public long resetsSent;

    /** RST and ACK for nobody's segments that were not sent: more came than the limit. */
    public long repliesLimited;

    /** ACKs that answer what an attacker might have sent (RFC 5961). */
    public long challengeAcks;

    public long challengeAcksLimited;

    /** Segments dropped by PAWS. */
    public long pawsDropped;

    public long outOfOrder;

    /** Out-of-order segments dropped because memory is short. */
    public long outOfOrderRefused;

    /**
     * Times when a connection's out-of-order data was forgotten, because others need the memory.
     */
    public long outOfOrderForgotten;

    /** Segments dropped because the pool is empty or too many ranges are kept. */
    public long receiveMemoryDrops;

    public long duplicateSacks;
    public long lost;
    public long fastRecoveries;
    public long timeouts;
    public long tailLossProbes;

    /** Recoveries taken back because nothing was lost. */
    public long undone;

    /** Peers that took back a selective acknowledgment. */
    public long reneged;

    /** Connections whose segments were made smaller because large ones vanished. */
    public long blackHoles;

    /** Segments larger than usual that looked whether the path takes more (RFC 4821). */
    public long mtuProbes;

    /** Connections given up because the peer no longer answered. */
    public long abortsOnTimeout;

    /** SYNs answered with a cookie because too many connections were half open. */
    public long synCookiesSent;

    /** Cookies that came back. */
    public long synCookiesReceived;

    /** ACKs that brought no cookie while some were out. */
    public long synCookiesFailed;

    /** SYNs parked for a forwarder. */
    public long forwardRequests;

    /** SYNs dropped because too many were parked: in all, of one client, to one destination. */
    public long forwardLimited;

    /** SYNs that repeated one that was parked. */
    public long forwardAbsorbed;

    /** Parked requests whose client left. */
    public long forwardCancelled;

    /** Closed connections whose rest was forgotten early because there were too many. */
    public long timeWaitOverflows;

    /** Connections opened over the rest of an older one (RFC 6191). */
    public long timeWaitReused;
}
