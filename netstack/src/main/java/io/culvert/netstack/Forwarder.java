package io.culvert.netstack;

/**
 * Decides about traffic to addresses that aren't the stack's own. Called from {@link
 * NetStack#deliver} only.
 */
public interface Forwarder {
    /** A client wants a TCP connection; nothing was answered yet. Accept or refuse now or later. */
    void tcp(TcpForwardRequest request);

    /**
     * First datagram of a new source address and port. Set {@code flow.handler(...)} and read, or
     * close the flow.
     */
    void udp(UdpSocket flow);
}
