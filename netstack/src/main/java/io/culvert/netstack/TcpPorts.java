package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * Ephemeral ports: double-hash selection (RFC 6056, 3.3.4), so that each destination sees its own
 * unpredictable but well spaced row of ports.
 */
final class TcpPorts {
    /** Linux ip_local_port_range. */
    private static final int FIRST = 32768;

    private static final int COUNT = 60999 - FIRST + 1;
    private static final int ROWS = 1024;

    private final TcpLayer layer;
    private final int[] used = new int[ROWS];

    TcpPorts(TcpLayer layer) {
        this.layer = layer;
    }

    /**
     * A port free for this destination, or one whose last connection to it has rested long enough;
     * -1 if there is none.
     */
    int choose(long localHi, long localLo, long remoteHi, long remoteLo, int remotePort, long now) {
        int offset = layer.secrets.portOffset(localHi, localLo, remoteHi, remoteLo, remotePort);
        int row = offset >>> 8 & (ROWS - 1);
        for (int i = 0; i < COUNT; i++) {
            int port = FIRST + Math.floorMod(offset + used[row]++, COUNT);
            int ports = port << 16 | remotePort;
            if (isFree(layer.flows.find(localHi, localLo, remoteHi, remoteLo, ports), now)
                    && !layer.isListening(localHi, localLo, port)) {
                return port;
            }
        }
        return -1;
    }

    private boolean isFree(@Nullable TcpFlow holder, long now) {
        return holder == null
                || (holder instanceof TcpTimeWait rest && layer.timeWaits.maySucceed(rest, now));
    }
}
