package io.culvert.proxy;

import io.netty.buffer.ByteBuf;

/** Knows BitTorrent by how its flows begin. */
final class BitTorrent {

    /** BEP 3: the length of the protocol's name, and the name. */
    private static final String HANDSHAKE = "\u0013BitTorrent protocol";

    /** BEP 5: a query or an answer of the distributed hash table, whose keys are sorted. */
    private static final String[] DHT = {"d1:ad2:id20:", "d1:rd2:id20:", "d2:ip6:"};

    /** BEP 15: what a request to connect to a tracker begins with. */
    private static final long TRACKER_ID = 0x41727101980L;

    private static final int TRACKER_REQUEST = 16;

    /** BEP 29: type ST_SYN, version 1. */
    private static final int UTP_SYN = 0x41;

    private static final int UTP_HEADER = 20;
    private static final int UTP_TIME_DIFFERENCE = 8;
    private static final int UTP_SEQUENCE = 16;

    private static final Verdict HEARD = new Verdict.Heard(Content.of("bittorrent"));

    private BitTorrent() {}

    /** Looks at the beginning of a TCP stream, which is left as it is. */
    static Verdict in(ByteBuf stream) {
        Verdict verdict = HttpHead.beginsWith(stream, HANDSHAKE);
        return verdict instanceof Verdict.Heard ? HEARD : verdict;
    }

    /** Looks at the first datagram of a flow, which is left as it is. */
    static Verdict inDatagram(ByteBuf datagram) {
        for (String beginning : DHT) {
            if (HttpHead.beginsWith(datagram, beginning) instanceof Verdict.Heard) {
                return HEARD;
            }
        }
        return isTracker(datagram) || isUtp(datagram) ? HEARD : Verdict.Open.NEVER;
    }

    private static boolean isTracker(ByteBuf datagram) {
        return datagram.readableBytes() == TRACKER_REQUEST
                && datagram.getLong(datagram.readerIndex()) == TRACKER_ID;
    }

    /** The first packet of a connection: nothing was measured, and the sequence begins with 1. */
    private static boolean isUtp(ByteBuf datagram) {
        int at = datagram.readerIndex();
        return datagram.readableBytes() >= UTP_HEADER
                && datagram.getUnsignedByte(at) == UTP_SYN
                && datagram.getUnsignedByte(at + 1) <= 2
                && datagram.getInt(at + UTP_TIME_DIFFERENCE) == 0
                && datagram.getUnsignedShort(at + UTP_SEQUENCE) == 1;
    }
}
