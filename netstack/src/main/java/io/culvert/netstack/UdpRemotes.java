package io.culvert.netstack;

import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The last few remote addresses of a UDP socket: so that a datagram's address needn't be made an
 * object each time, and that ICMP errors are believed only about remotes that were sent to.
 */
final class UdpRemotes {
    private static final int MOST = 8;
    private static final int FIRST = 2;

    private long[] hi = new long[FIRST];
    private long[] lo = new long[FIRST];
    private char[] port = new char[FIRST];
    private boolean[] sentTo = new boolean[FIRST];
    private long[] localLo = new long[FIRST];
    private long[] localHi = new long[FIRST];
    private long[] header = new long[FIRST];
    private @Nullable InetSocketAddress[] address = new @Nullable InetSocketAddress[FIRST];
    private int count;
    private int last;
    private int next;

    /** Place of that remote, -1 = not known. */
    int find(long remoteHi, long remoteLo, int remotePort) {
        if (count > 0 && is(last, remoteHi, remoteLo, remotePort)) {
            return last;
        }
        for (int i = 0; i < count; i++) {
            if (is(i, remoteHi, remoteLo, remotePort)) {
                last = i;
                return i;
            }
        }
        return -1;
    }

    private boolean is(int i, long remoteHi, long remoteLo, int remotePort) {
        return lo[i] == remoteLo && hi[i] == remoteHi && port[i] == remotePort;
    }

    /** Place of that remote, which takes another's if it is new. */
    int touch(long remoteHi, long remoteLo, int remotePort) {
        int i = find(remoteHi, remoteLo, remotePort);
        if (i >= 0) {
            return i;
        }
        if (count < MOST) {
            if (count == hi.length) {
                grow();
            }
            i = count++;
        } else {
            i = next;
            next = (next + 1) % MOST;
        }
        hi[i] = remoteHi;
        lo[i] = remoteLo;
        port[i] = (char) remotePort;
        sentTo[i] = false;
        localHi[i] = 0;
        localLo[i] = 0;
        header[i] = 0;
        address[i] = null;
        last = i;
        return i;
    }

    private void grow() {
        int size = count * 2;
        hi = Arrays.copyOf(hi, size);
        lo = Arrays.copyOf(lo, size);
        port = Arrays.copyOf(port, size);
        sentTo = Arrays.copyOf(sentTo, size);
        localHi = Arrays.copyOf(localHi, size);
        localLo = Arrays.copyOf(localLo, size);
        header = Arrays.copyOf(header, size);
        address = Arrays.copyOf(address, size);
    }

    /** Place of an address object: the one it was found at before if it is the same object. */
    int touch(InetSocketAddress remote) {
        if (count > 0 && isSame(last, remote)) {
            return last;
        }
        for (int i = 0; i < count; i++) {
            if (isSame(i, remote)) {
                last = i;
                return i;
            }
        }
        int i =
                touch(
                        IpAddress.hi(remote.getAddress()),
                        IpAddress.lo(remote.getAddress()),
                        remote.getPort());
        address[i] = remote;
        return i;
    }

    @SuppressWarnings("ReferenceEquality")
    private boolean isSame(int i, InetSocketAddress remote) {
        return address[i] == remote;
    }

    InetSocketAddress address(int i) {
        InetSocketAddress known = address[i];
        if (known == null) {
            known = IpAddress.toSocketAddress(hi[i], lo[i], port[i]);
            address[i] = known;
        }
        return known;
    }

    long hi(int i) {
        return hi[i];
    }

    long lo(int i) {
        return lo[i];
    }

    int port(int i) {
        return port[i];
    }

    /** Remembers which own address the remote talked to. */
    void local(int i, long addressHi, long addressLo) {
        localHi[i] = addressHi;
        localLo[i] = addressLo;
    }

    /** 0 and 0 if the remote never talked. */
    long localHi(int i) {
        return localHi[i];
    }

    long localLo(int i) {
        return localLo[i];
    }

    /** The UDP header of the last datagram from or to there, as it came; 0 = none came. */
    long header(int i) {
        return header[i];
    }

    void header(int i, long udpHeader) {
        header[i] = udpHeader;
    }

    boolean sentTo(int i) {
        return sentTo[i];
    }

    void markSentTo(int i) {
        sentTo[i] = true;
    }
}
