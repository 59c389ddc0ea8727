package io.culvert.netstack;

/** A client's wish for a connection to any destination. */
public final class TcpForwardRequest {
    TcpForwardRequest() {}
}
