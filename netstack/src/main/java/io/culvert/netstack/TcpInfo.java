package io.culvert.netstack;

/**
 * Snapshot of a connection. Times in nanoseconds, amounts in bytes.
 *
 * @param state where it stands
 * @param congestion state of the congestion control
 * @param mss payload of a full segment
 * @param pathMtu largest packet, headers counted
 * @param rtt smoothed round-trip time; -1 before the first sample
 * @param rttVariance its mean deviation
 * @param minRtt lowest of the last minutes; {@link Long#MAX_VALUE} before the first sample
 * @param rto retransmission time-out
 * @param cwnd congestion window
 * @param ssthresh slow-start threshold; 0 when not set
 * @param inflight sent and believed to be in the network
 * @param unsent written and not sent
 * @param delivered acknowledged in all, selectively or not
 * @param lost marked lost in all
 * @param retransmitted sent again in all
 * @param deliveryRate what the path last delivered, bytes per second; 0 before the first sample
 * @param pacingRate how fast it may leave, bytes per second; 0: unpaced
 * @param sendWindow what the peer takes
 * @param receiveWindow what the peer was offered
 * @param receiveBuffer present size of the receive buffer
 * @param available received and not read
 */
public record TcpInfo(
        TcpState state,
        String congestion,
        int mss,
        int pathMtu,
        long rtt,
        long rttVariance,
        long minRtt,
        long rto,
        long cwnd,
        long ssthresh,
        long inflight,
        long unsent,
        long delivered,
        long lost,
        long retransmitted,
        long deliveryRate,
        long pacingRate,
        long sendWindow,
        long receiveWindow,
        long receiveBuffer,
        int available) {

    static TcpInfo of(TcpConnection c) {
        TcpSender sender = c.sender();
        TcpReceiver receiver = c.receiver();
        long pacing = sender.congestion.pacingRate();
        return new TcpInfo(
                c.state(),
                sender.congestion.state(),
                sender.smss,
                c.pathMtu().mtu(),
                sender.rtt.srtt(),
                sender.rtt.rttvar(),
                sender.rtt.minimum(),
                sender.rtt.rto(),
                sender.congestion.cwnd(),
                sender.congestion.ssthresh(),
                sender.recovery.inflight(),
                sender.unsent(),
                sender.sampler.delivered(),
                sender.sampler.lost(),
                sender.retransmitted(),
                (long) sender.sampler.rate(),
                pacing == CongestionControl.UNPACED ? 0 : pacing,
                sender.window.size(),
                Math.max(0, receiver.window.edge() - receiver.next()),
                receiver.window.capacity(),
                c.available());
    }
}
