package io.culvert.netstack;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What finds a UDP socket in its {@link UdpTable}, and whose it is.
 *
 * @param hi address of a flow's client; of a bound socket its family
 * @param lo the rest of it; of a bound socket 0
 * @param port the client's, or the bound one
 * @param farHi destination of a flow of {@link UdpMapping#FLOW}, else 0
 * @param farLo the rest of it
 * @param farPort its port; 0 where the destination doesn't count
 * @param partyHi whose flow it is, for the limits; see {@link Packet#party}
 * @param partyLo the rest of it
 */
record UdpKey(
        long hi,
        long lo,
        int port,
        long farHi,
        long farLo,
        int farPort,
        long partyHi,
        long partyLo) {

    static UdpKey bound(int family, int port) {
        return new UdpKey(family, 0, port, 0, 0, 0, 0, 0);
    }

    /** Of the flow that a client's datagram begins. */
    static UdpKey of(Packet p, int port, int destination, UdpMapping mapping) {
        return mapping == UdpMapping.CONE
                ? new UdpKey(p.srcHi, p.srcLo, port, 0, 0, 0, p.partyHi, p.partyLo)
                : new UdpKey(
                        p.srcHi,
                        p.srcLo,
                        port,
                        p.dstHi,
                        p.dstLo,
                        destination,
                        p.partyHi,
                        p.partyLo);
    }

    boolean is(
            long otherHi,
            long otherLo,
            int otherPort,
            long otherFarHi,
            long otherFarLo,
            int otherFarPort) {
        return lo == otherLo
                && hi == otherHi
                && port == otherPort
                && farLo == otherFarLo
                && farHi == otherFarHi
                && farPort == otherFarPort;
    }

    /** Whether a flow takes answers from there. */
    boolean takesAnswersOf(long otherHi, long otherLo, int otherPort) {
        return farPort == 0 || (farPort == otherPort && farLo == otherLo && farHi == otherHi);
    }

    @Nullable InetSocketAddress destination() {
        return farPort == 0 ? null : IpAddress.toSocketAddress(farHi, farLo, farPort);
    }
}
