package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * UDP sockets by address and port, and flows by a second address and port too, which are 0 where
 * they don't count: open addressing with linear probing, hashed with a secret.
 */
final class UdpTable {
    private final SipHash hash;
    private @Nullable UdpSocket[] places = new @Nullable UdpSocket[16];
    private int size;

    UdpTable(SipHash hash) {
        this.hash = hash;
    }

    int size() {
        return size;
    }

    private int home(UdpSocket s) {
        return home(
                s.key.hi(),
                s.key.lo(),
                s.key.port(),
                s.key.farHi(),
                s.key.farLo(),
                s.key.farPort());
    }

    private int home(long hi, long lo, int port, long farHi, long farLo, int farPort) {
        long ports = (long) port << 16 | farPort;
        return (int) hash.table(hi, lo, farHi, farLo, ports) & (places.length - 1);
    }

    @Nullable UdpSocket find(long hi, long lo, int port) {
        return find(hi, lo, port, 0, 0, 0);
    }

    @Nullable UdpSocket find(long hi, long lo, int port, long farHi, long farLo, int farPort) {
        int i = home(hi, lo, port, farHi, farLo, farPort);
        UdpSocket s = places[i];
        while (s != null && !s.key.is(hi, lo, port, farHi, farLo, farPort)) {
            i = (i + 1) & (places.length - 1);
            s = places[i];
        }
        return s;
    }

    /** Adds a socket whose key isn't there yet. */
    void add(UdpSocket socket) {
        if (++size * 2 > places.length) {
            @Nullable UdpSocket[] old = places;
            places = new @Nullable UdpSocket[old.length * 2];
            for (UdpSocket s : old) {
                if (s != null) {
                    put(s);
                }
            }
        }
        put(socket);
    }

    private void put(UdpSocket socket) {
        int i = home(socket);
        while (places[i] != null) {
            i = (i + 1) & (places.length - 1);
        }
        places[i] = socket;
    }

    /** Removes a socket, and moves up those behind it that were pushed on by it. */
    @SuppressWarnings("ReferenceEquality")
    void remove(UdpSocket socket) {
        int mask = places.length - 1;
        int hole = home(socket);
        while (places[hole] != socket) {
            if (places[hole] == null) {
                return;
            }
            hole = (hole + 1) & mask;
        }
        size--;
        int i = hole;
        while (true) {
            i = (i + 1) & mask;
            UdpSocket s = places[i];
            if (s == null) {
                break;
            }
            int home = home(s);
            if (((i - home) & mask) >= ((i - hole) & mask)) {
                places[hole] = s;
                hole = i;
            }
        }
        places[hole] = null;
    }

    /** Some socket, null if there is none: to empty the table. */
    @Nullable UdpSocket any() {
        for (UdpSocket s : places) {
            if (s != null) {
                return s;
            }
        }
        return null;
    }
}
