package io.culvert.netstack;

/**
 * Decides about traffic to addresses that aren't the stack's own. Called from {@link
 * NetStack#deliver} only.
 */
public interface Forwarder {
    /** A client wants a TCP connection; nothing was answered yet. Accept or refuse now or later. */
    void tcp(TcpForwardRequest request);

    /**
     * A client pings an address that the forwarder stands for, and {@link EchoPolicy#RELAY} holds.
     * Answer now or later, or never.
     */
    default void echo(EchoRequest request) {}

    /**
     * First datagram of a new flow, as {@link UdpMapping} has it. Set {@code flow.handler(...)} and
     * read, or close the flow.
     */
    void udp(UdpSocket flow);
}
