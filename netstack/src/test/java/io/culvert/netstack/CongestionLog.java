package io.culvert.netstack;

import java.util.ArrayList;
import java.util.List;

/** Lets everything out that its window takes, and writes down what it is told. */
final class CongestionLog extends FixedRate {
    final List<String> calls = new ArrayList<>();
    long cwnd = 1L << 30;
    boolean limitsSamples;
    private int smss = 1;

    CongestionLog() {
        super(UNPACED);
    }

    static TcpSettings settings(CongestionLog log) {
        return TcpSettings.builder().congestionControl(seed -> log).build();
    }

    /** What was written since the last time. */
    List<String> take() {
        List<String> taken = List.copyOf(calls);
        calls.clear();
        return taken;
    }

    /** In full segments where it is a number of them. */
    private String size(long bytes) {
        return bytes == 0 ? "0" : bytes % smss == 0 ? bytes / smss + "F" : Long.toString(bytes);
    }

    private static String when(boolean holds, String words) {
        return holds ? " " + words : "";
    }

    @Override
    public void onEstablished(
            long now, int segment, long initialWindow, long handshakeRtt, boolean selectiveAcks) {
        smss = segment;
        calls.add(
                "established "
                        + segment
                        + " window "
                        + size(initialWindow)
                        + " rtt "
                        + handshakeRtt / Host.MILLI
                        + when(selectiveAcks, "sack"));
    }

    @Override
    public void onRestart(long now, boolean appLimited) {
        calls.add("restart" + when(appLimited, "starved"));
    }

    @Override
    public void onSend(
            long now, long bytes, long inflight, boolean cwndLimited, boolean retransmission) {
        calls.add(
                "send "
                        + size(bytes)
                        + " inflight "
                        + size(inflight)
                        + when(cwndLimited, "limited")
                        + when(retransmission, "again"));
    }

    @Override
    public void onLost(
            long now,
            long bytes,
            long txInFlight,
            long lostAtSend,
            boolean appLimited,
            long lostTotal,
            boolean newRange) {
        calls.add(
                "lost "
                        + size(bytes)
                        + " of "
                        + size(txInFlight)
                        + " after "
                        + size(lostAtSend)
                        + " total "
                        + size(lostTotal)
                        + when(appLimited, "starved")
                        + when(newRange, "elsewhere"));
    }

    @Override
    public void onTlpRepaired(long now, boolean appLimited) {
        calls.add("repaired" + when(appLimited, "starved"));
    }

    @Override
    public void onRecovery(
            long now,
            RecoveryEvent event,
            long inflight,
            long outstanding,
            long sacked,
            long newlySacked,
            long newlyAcked) {
        calls.add(
                event
                        + " inflight "
                        + size(inflight)
                        + " of "
                        + size(outstanding)
                        + " sacked "
                        + size(sacked)
                        + " newly "
                        + size(newlySacked)
                        + " acked "
                        + size(newlyAcked));
    }

    @Override
    public void onAck(long now, RateSample s) {
        calls.add(
                "ack "
                        + size(s.newlyAcked)
                        + " una "
                        + size(s.unaAdvanced)
                        + " inflight "
                        + size(s.priorInflight)
                        + " to "
                        + size(s.inflight)
                        + " rtt "
                        + (s.rtt < 0 ? "none" : s.rtt / Host.MILLI)
                        + when(s.newlyLost > 0, "lost " + size(s.newlyLost))
                        + when(s.rttMayBeDelayed, "alone")
                        + when(s.inRecovery, "recovering")
                        + when(s.cwndLimited, "limited")
                        + when(s.appLimited, "starved"));
    }

    @Override
    public void onSmssChanged(int segment) {
        smss = segment;
        calls.add("smss " + segment);
    }

    @Override
    public boolean limitsSamples() {
        return limitsSamples;
    }

    @Override
    public long cwnd() {
        return cwnd;
    }
}
