package io.culvert.netstack;

/**
 * The window that the peer offers (RFC 9293, 3.8.6), and the news of it that are older than others.
 */
final class SendWindow {
    /** No position is that low: {@link Seq#first}. */
    private static final long NO_SEQUENCE = 0;

    private long size;
    private long largest;
    private long sequence = NO_SEQUENCE;

    /** SND.WND, bytes from SND.UNA on. */
    long size() {
        return size;
    }

    /** The largest ever offered, MAX.SND.WND. */
    long largest() {
        return largest;
    }

    /**
     * Takes an offer, unless the segment is older than the last one (SND.WL1, 3.10.7.4), or
     * acknowledges less than is acknowledged: its window counts from there. An ACK that
     * acknowledges something new is not older: with the old window its edge would move beyond what
     * was ever offered (as Linux's tcp_may_update_window). SND.WL2 is never beyond SND.UNA, so it
     * isn't kept.
     *
     * @param una SND.UNA before this segment
     */
    boolean update(long offered, long segmentSequence, long segmentAcknowledgment, long una) {
        boolean newer =
                segmentAcknowledgment > una
                        || (segmentAcknowledgment == una && sequence <= segmentSequence);
        if (newer) {
            sequence = segmentSequence;
            size = offered;
            largest = Math.max(largest, offered);
        }
        return newer;
    }
}
