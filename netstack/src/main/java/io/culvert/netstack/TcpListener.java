package io.culvert.netstack;

/** A listening TCP port. */
public final class TcpListener {
    TcpListener() {}
}
