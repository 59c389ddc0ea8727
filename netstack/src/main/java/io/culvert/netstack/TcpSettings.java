package io.culvert.netstack;

/**
 * Numbers of TCP that a driver may set; the defaults are right for a tunnel. Bytes, nanoseconds and
 * counts.
 *
 * @param receiveBuffer receive buffer of a new connection
 * @param maxReceiveBuffer to which it may grow on proof
 * @param maxSendBuffer unacknowledged and unsent bytes of one connection
 * @param synRetries retransmissions of a SYN; 6 is 127 s
 * @param synAckRetries retransmissions of a SYN-ACK; 5 is 63 s
 * @param retries retransmissions without answer before a connection is given up (R2)
 * @param orphanRetries the same once the application closed it
 * @param timeWait how long the addresses of a closed connection rest (2 MSL)
 * @param finWait2 how long a closed connection waits for the peer's FIN
 * @param backlog half-open connections of one listener
 * @param pending requests parked for a forwarder in all
 * @param pendingPerSource of those, from one client address
 * @param pendingPerDestination of those, from one client address to one destination
 * @param timeWaits closed connections remembered
 * @param mssClamp largest MSS that is announced and used; 0: what the MTU gives
 */
record TcpSettings(
        long receiveBuffer,
        long maxReceiveBuffer,
        long maxSendBuffer,
        int synRetries,
        int synAckRetries,
        int retries,
        int orphanRetries,
        long timeWait,
        long finWait2,
        int backlog,
        int pending,
        int pendingPerSource,
        int pendingPerDestination,
        int timeWaits,
        int mssClamp) {

    private static final long SECOND = 1_000_000_000L;

    static final TcpSettings DEFAULT =
            new TcpSettings(
                    ReceiveWindow.INITIAL,
                    ReceiveWindow.MAXIMUM,
                    16L << 20,
                    6,
                    5,
                    15,
                    8,
                    60 * SECOND,
                    60 * SECOND,
                    4096,
                    65536,
                    65536 * 2 / 3,
                    64,
                    65536,
                    0);
}
