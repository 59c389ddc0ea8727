package io.culvert.netstack;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The last few ICMP errors about a socket's datagrams, until its handler hears of them. */
final class UdpReports {
    private static final int MOST = 4;

    private @Nullable InetSocketAddress @Nullable [] remotes;
    private Unreachable @Nullable [] kinds;
    private int count;

    /** False: too many wait already. */
    boolean add(InetSocketAddress remote, Unreachable kind) {
        @Nullable InetSocketAddress[] addresses = remotes;
        Unreachable[] reasons = kinds;
        if (addresses == null || reasons == null) {
            addresses = new @Nullable InetSocketAddress[MOST];
            reasons = new Unreachable[MOST];
            remotes = addresses;
            kinds = reasons;
        }
        if (count == MOST) {
            return false;
        }
        addresses[count] = remote;
        reasons[count++] = kind;
        return true;
    }

    void deliver(UdpSocket socket, UdpHandler handler) {
        while (count > 0 && !socket.isClosed() && remotes != null && kinds != null) {
            InetSocketAddress remote = remotes[--count];
            if (remote != null) {
                handler.unreachable(socket, remote, kinds[count]);
            }
        }
    }
}
