package io.culvert.tunnel;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The address of a remote socket together with the address and interface of ours at which it
 * reached us, so that what is sent to it leaves from there: on a host with several addresses a peer
 * would not recognise an answer from another one.
 *
 * <p>It equals any {@link InetSocketAddress} of the same remote address, and travels through the
 * engine as the peer's endpoint; only authentic datagrams make it that. Not thread-safe beyond its
 * superclass.
 */
final class PathAddress extends InetSocketAddress {
    private static final long serialVersionUID = 1;

    /** Our address as the kernel wrote it, in memory order; IPv4 in the lower half of high. */
    final long localHigh;

    final long localLow;

    /** Interface of ours; 0 when it isn't known, and with it the address. */
    final int interfaceIndex;

    private boolean localStale;

    PathAddress(InetAddress remote, int port, long localHigh, long localLow, int interfaceIndex) {
        super(remote, port);
        this.localHigh = localHigh;
        this.localLow = localLow;
        this.interfaceIndex = interfaceIndex;
    }

    boolean arrivedAt(long high, long low, int index) {
        return localHigh == high && localLow == low && interfaceIndex == index;
    }

    /** Whether what is sent should say where it leaves from. */
    boolean hasLocal() {
        return interfaceIndex != 0 && !localStale;
    }

    /** Routing decides from now on, until the peer is heard at this address of ours again. */
    void forgetLocal() {
        localStale = true;
    }

    void heard() {
        localStale = false;
    }
}
