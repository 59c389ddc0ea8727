package io.culvert.netstack;

/** Addresses of a flow to be. */
final class TcpAddresses extends TcpFlow {
    TcpAddresses(long localHi, long localLo, long remoteHi, long remoteLo, int ports, int hash) {
        super(localHi, localLo, remoteHi, remoteLo, ports, hash);
    }

    @Override
    void deliver() {
        throw new IllegalStateException("addresses have no news");
    }
}
