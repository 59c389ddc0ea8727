package io.culvert.netstack;

/**
 * Finds out that a recovery was not necessary: the first ACK after its first retransmission answers
 * the original (Eifel, RFC 3522), the receiver calls every retransmission a duplicate (RFC 3708),
 * or everything that was believed lost came without one.
 */
final class SpuriousDetection {
    private final TcpConnection connection;
    private boolean watching;

    /** The head was sent again, for the first time, and nothing was acknowledged since. */
    private boolean judging;

    private long retransmittedAt;
    private long begunAt;
    private boolean repeated;

    /** Retransmissions under way that no duplicate SACK has called needless. */
    private int retransmissions;

    private boolean spurious;

    SpuriousDetection(TcpConnection connection) {
        this.connection = connection;
    }

    /** A recovery begins that could be taken back. */
    void begin(long una, RetransmissionQueue queue) {
        watching = true;
        judging = false;
        repeated = false;
        begunAt = una;
        spurious = false;
        // Those of the recovery before were necessary, unless they are called needless as well.
        retransmissions = underWay(queue);
    }

    private static int underWay(RetransmissionQueue queue) {
        int count = 0;
        for (int i = 0; i < queue.count(); i++) {
            int slot = queue.at(i);
            if (queue.has(slot, RetransmissionQueue.RETRANSMITTED)
                    && !queue.has(slot, RetransmissionQueue.SACKED)) {
                count++;
            }
        }
        return count;
    }

    /**
     * @param head what is missing first left again, and for the first time: only its ACK tells
     *     which of the two it answers
     */
    void onRetransmit(boolean head, long now) {
        if (!repeated) {
            judging = head;
            retransmittedAt = now;
        }
        repeated = true;
        retransmissions++;
    }

    /** SND.UNA moved during recovery. */
    void onAdvance(TcpSegment s) {
        if (judging
                && watching
                && connection.timestamps()
                && s.hasTimestamp
                && s.timestampEcho != 0
                && s.timestampEcho - connection.timestampAt(retransmittedAt) < 0) {
            spurious = true;
        }
        judging = false;
    }

    /**
     * @param to where what came twice ends
     */
    void onDuplicateSack(long to) {
        if (watching && to > begunAt && retransmissions > 0 && --retransmissions == 0) {
            spurious = repeated;
        }
    }

    /** Everything was acknowledged that had been sent when the recovery began. */
    void onEnd() {
        spurious |= watching && !repeated;
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
