package io.culvert.netstack;

/** Paces at a rate and has no other bound. */
class FixedRate implements CongestionControl {
    private final long rate;

    FixedRate(long bytesPerSecond) {
        rate = bytesPerSecond;
    }

    @Override
    public void onEstablished(
            long now, int smss, long initialWindow, long handshakeRtt, boolean selectiveAcks) {}

    @Override
    public void onRestart(long now, boolean appLimited) {}

    @Override
    public void onSend(
            long now, long bytes, long inflight, boolean cwndLimited, boolean retransmission) {}

    @Override
    public void onLost(
            long now,
            long bytes,
            long txInFlight,
            long lostAtSend,
            boolean appLimited,
            long lostTotal,
            boolean newRange) {}

    @Override
    public void onTlpRepaired(long now, boolean appLimited) {}

    @Override
    public void onRecovery(
            long now,
            RecoveryEvent event,
            long inflight,
            long outstanding,
            long sacked,
            long newlySacked,
            long newlyAcked) {}

    @Override
    public void onAck(long now, RateSample sample) {}

    @Override
    public void onSmssChanged(int smss) {}

    @Override
    public long cwnd() {
        return 1L << 30;
    }

    @Override
    public long pacingRate() {
        return rate;
    }

    @Override
    public long sendQuantum() {
        return rate / 1000;
    }

    @Override
    public long ssthresh() {
        return 0;
    }

    @Override
    public String state() {
        return "fixed";
    }
}
