package io.culvert.netstack;

import java.lang.foreign.MemorySegment;

/**
 * What the headers of one IP packet say: reusable, filled by {@link IpInput}, valid only during the
 * call that hands it over. Addresses are as {@link IpAddress} has them.
 */
final class Packet {
    /** Memory of the packet, borrowed. */
    MemorySegment memory = MemorySegment.NULL;

    /** Where the IP header starts. */
    long offset;

    /** Length of the IP packet, link padding cut off. */
    int length;

    boolean v6;
    long srcHi;
    long srcLo;
    long dstHi;
    long dstLo;

    /** Upper-layer protocol, behind all extension headers. */
    int protocol;

    /** Where the upper-layer header starts, absolute in {@link #memory}. */
    long transportOffset;

    /** Bytes from there to the packet's end (in a quoted packet: to the end of the quotation). */
    int transportLength;

    /** DSCP and ECN, the whole byte. */
    int trafficClass;

    /** TTL or hop limit. */
    int hopLimit;

    /** IPv6: offset from {@link #offset} of the next-header field that named {@link #protocol}. */
    int nextHeaderField;

    /** The packet was put together from fragments. */
    boolean reassembled;

    /** The packet is a fragment, not the first one. */
    boolean laterFragment;

    /** The packet is a fragment (its transport is incomplete). */
    boolean fragment;

    /** More fragments follow. */
    boolean moreFragments;

    /** Offset of the fragment in the original payload, bytes. */
    int fragmentOffset;

    /** Fragment identification. */
    int fragmentId;

    /** The destination is one of the stack's own addresses (else it is forwarded). */
    boolean local;

    /**
     * Who it counts against where the stack's memory is shared: the peer that the link named, else
     * its source address, of which IPv6's host part doesn't count, since one host often has all of
     * a /64.
     */
    long partyHi;

    long partyLo;

    /** Arrival time, monotonic nanoseconds. */
    long arrival;

    /** Sets the party, by the number of the link's peer or, if that is negative, by the source. */
    void party(int peer) {
        boolean named = peer >= 0;
        partyHi = named ? -1 : srcHi; // no host has an address in ffff::/64
        partyLo = named ? peer : v6 ? 0 : srcLo;
    }

    /** ECN bits (RFC 3168): 0 not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. */
    int ecn() {
        return trafficClass & 3;
    }
}
