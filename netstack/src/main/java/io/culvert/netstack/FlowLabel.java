package io.culvert.netstack;

/**
 * The flow label of IPv6, the same for all datagrams between two sockets (RFC 6437 section 3). A
 * socket keeps that of its last datagram, for the next is hardly ever to anyone else.
 */
final class FlowLabel {
    private long srcHi;
    private long srcLo;
    private long dstHi;
    private long dstLo;
    private int ports;
    private int label;
    private boolean known;

    /**
     * The label.
     *
     * @param fromPorts source and destination port, 0 where there are none
     */
    int of(SipHash hash, long fromHi, long fromLo, long toHi, long toLo, int fromPorts) {
        boolean same =
                known
                        && dstLo == toLo
                        && dstHi == toHi
                        && srcLo == fromLo
                        && srcHi == fromHi
                        && ports == fromPorts;
        if (!same) {
            srcHi = fromHi;
            srcLo = fromLo;
            dstHi = toHi;
            dstLo = toLo;
            ports = fromPorts;
            known = true;
            long hashed = hash.strong(fromHi, fromLo, toHi, toLo, fromPorts);
            label = (int) hashed & IpHeader.FLOW_LABEL;
        }
        return label;
    }
}
