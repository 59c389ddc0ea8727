package io.culvert.netstack;

/** A TCP connection. */
public final class TcpConnection {
    TcpConnection() {}
}
