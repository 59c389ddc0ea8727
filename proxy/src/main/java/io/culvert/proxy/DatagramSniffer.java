package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Listens to the first datagrams from one client to one destination. */
final class DatagramSniffer {

    /** How long more datagrams are waited for. */
    static final long PATIENCE_MILLIS = 200;

    /** A ClientHello with post-quantum key shares takes two or three. */
    private static final int MAX_DATAGRAMS = 8;

    private int datagrams;
    private @Nullable QuicInitial quic;

    /**
     * Takes the next datagram.
     *
     * @param datagram left as it is
     */
    Verdict take(ByteBuf datagram) {
        if (datagrams++ == 0) {
            if (!QuicInitial.isBegun(datagram)) {
                return BitTorrent.inDatagram(datagram);
            }
            quic = new QuicInitial();
        }
        Verdict verdict = quic == null ? Verdict.Open.NEVER : quic.take(datagram);
        return verdict == Verdict.Open.MORE && datagrams >= MAX_DATAGRAMS
                ? Verdict.Open.NEVER
                : verdict;
    }
}
