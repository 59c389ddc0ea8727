package io.culvert.netstack;

/**
 * What a pair of socket addresses may name in the {@link TcpFlowTable}: a connection, a half-open
 * request that waits for its dial, or the rest of a closed connection. Addresses are as {@link
 * IpAddress} has them; "local" is this end of the connection, also where the address is not our
 * own.
 */
abstract class TcpFlow extends Deliverable {
    final long localHi;
    final long localLo;
    final long remoteHi;
    final long remoteLo;

    /** Local port in the high half, remote port in the low half. */
    final int ports;

    /** Keyed hash of the addresses; the flow's place in the table. */
    final int hash;

    TcpFlow(long localHi, long localLo, long remoteHi, long remoteLo, int ports, int hash) {
        this.localHi = localHi;
        this.localLo = localLo;
        this.remoteHi = remoteHi;
        this.remoteLo = remoteLo;
        this.ports = ports;
        this.hash = hash;
    }

    /** The same addresses as another flow. */
    TcpFlow(TcpFlow other) {
        this(other.localHi, other.localLo, other.remoteHi, other.remoteLo, other.ports, other.hash);
    }

    final int localPort() {
        return ports >>> 16;
    }

    final int remotePort() {
        return ports & 0xffff;
    }

    final boolean isV4() {
        return IpAddress.isV4(remoteHi, remoteLo);
    }

    final boolean isBetween(long lHi, long lLo, long rHi, long rLo, int bothPorts) {
        return ports == bothPorts
                && remoteLo == rLo
                && localLo == lLo
                && remoteHi == rHi
                && localHi == lHi;
    }
}
