package io.culvert.tunnel;

/**
 * Decides about the TCP connections, UDP flows and pings of a tunnel's clients to addresses other
 * than the tunnel's own: the server side. Called on the tunnel's event loop, must not block.
 */
public interface TunnelForwarder {
    /**
     * A client wants a connection. Nothing was answered yet: dial the destination first, then
     * accept or refuse, at once or later.
     */
    void tcp(TcpRequest request);

    /**
     * A client pings an address. Ask the real host, then reply or refuse; ignored, it stays without
     * an answer.
     */
    default void ping(PingRequest request) {}

    /** A client sent the first datagram from an address and port. Accept or refuse it at once. */
    void udp(UdpFlow flow);
}
