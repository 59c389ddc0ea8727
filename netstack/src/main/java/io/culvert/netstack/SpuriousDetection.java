package io.culvert.netstack;

/**
 * Finds out that a recovery was not necessary: the ACK that ends it answers the original (Eifel,
 * RFC 3522), or the receiver calls every retransmission a duplicate (RFC 3708).
 */
final class SpuriousDetection {
    private final TcpConnection connection;
    private boolean watching;
    private boolean retransmitted;
    private long firstRetransmitAt;

    /** Retransmissions of this episode that no duplicate SACK has called needless. */
    private int retransmissions;

    private boolean spurious;

    SpuriousDetection(TcpConnection connection) {
        this.connection = connection;
    }

    /** A recovery begins that could be taken back. */
    void begin() {
        watching = true;
        retransmitted = false;
        retransmissions = 0;
        spurious = false;
    }

    void onRetransmit(long now) {
        if (!retransmitted) {
            retransmitted = true;
            firstRetransmitAt = now;
        }
        retransmissions++;
    }

    /**
     * SND.UNA moved during recovery: does the ACK answer a segment sent before the first
     * repetition?
     */
    void onAdvance(TcpSegment s) {
        if (watching
                && retransmitted
                && connection.timestamps()
                && s.hasTimestamp
                && s.timestampEcho != 0
                && s.timestampEcho - connection.timestampAt(firstRetransmitAt) < 0) {
            spurious = true;
        }
    }

    void onDuplicateSack() {
        if (watching && retransmissions > 0 && --retransmissions == 0) {
            spurious = true;
        }
    }

    /** Whether everything is to be taken back; true once for an episode. */
    boolean takeVerdict() {
        if (!spurious) {
            return false;
        }
        spurious = false;
        watching = false;
        return true;
    }
}
