package io.culvert.netstack;

/**
 * Whether the congestion window lets new data out. Once it was full it opens for a train, where the
 * congestion control says that waiting for one costs nothing.
 */
final class WindowGate {
    private boolean full;

    /**
     * @param length of the next segment, bytes
     * @param unsent bytes that wait to be sent for the first time, the segment's included
     */
    boolean opens(long inflight, long length, long unsent, CongestionControl congestion) {
        long room = length;
        if (full) {
            room = Math.max(room, Math.min(unsent, congestion.trainWorthAwaiting()));
        }
        full = inflight > 0 && inflight + room > congestion.cwnd();
        return !full;
    }
}
