package io.culvert.netstack;

/** Tail loss probe (RFC 8985, 7): turns a silent end of a flight into news within two RTTs. */
final class TailLossProbe {
    /**
     * RFC 8985, 7.2: what a receiver may delay its ACK of a lone segment; Linux delays 40 ms. Of
     * two round trips one is spare, so it is added to one: a needless probe costs one segment, and
     * is known for one by the duplicate SACK.
     */
    private static final long WORST_DELAYED_ACK = 50_000_000;

    /** Linux: room for the jitter of timers. */
    private static final long SLACK = 2_000_000;

    private static final long NONE = -1;

    private final TcpConnection connection;
    private final TcpSender sender;

    /** SND.NXT when the probe was sent, while its outcome is open. */
    private long end = NONE;

    private boolean wasRetransmission;
    private boolean repaired;

    TailLossProbe(TcpConnection connection, TcpSender sender) {
        this.connection = connection;
        this.sender = sender;
    }

    /**
     * Sets the probe time-out, or clears it where no probe is of use. It counts from the last
     * transmission (as in RFC 9002, 6.2.1): the ACK of what left before says nothing against it.
     */
    void arm(boolean open, long now) {
        TcpTimers timers = connection.timers();
        if (!open
                || end != NONE
                || !connection.sackPermitted()
                || sender.queue.sacked() > 0
                || !sender.rtt.hasSample()) {
            timers.clear(TcpTimers.TLP);
            return;
        }
        long srtt = sender.rtt.srtt();
        long wait = 2 * srtt + SLACK;
        if (sender.queue.count() == 1) {
            wait = Math.max(wait, srtt + WORST_DELAYED_ACK);
        }
        long due = Math.max(sender.lastSent + wait, now + SLACK);
        timers.set(TcpTimers.TLP, Math.min(due, timers.at(TcpTimers.RTO)));
    }

    void expired(long now) {
        if (sender.queue.isEmpty() || end != NONE) {
            return;
        }
        connection.layer().counters.tailLossProbes++;
        sender.wantProbe(TcpSender.LOSS_PROBE);
        connection.timers().set(TcpTimers.RTO, now + sender.rtt.rto());
    }

    /** The probe left. */
    void sent(boolean retransmission) {
        end = sender.next;
        wasRetransmission = retransmission;
    }

    void onAdvance(long ack, boolean open) {
        if (end == NONE || ack < end) {
            return;
        }
        if (!wasRetransmission) {
            end = NONE;
        } else if (ack > end) {
            repaired = open; // and no duplicate SACK called the probe needless
            end = NONE;
        }
    }

    /** The same ACK again, without news: both the probe and what it repeated arrived. */
    void onPlainAck(long ack) {
        if (ack == end) {
            end = NONE;
        }
    }

    /** What ends at {@code to} came twice. */
    void onDuplicateSack(long to) {
        if (to == end) {
            end = NONE;
            repaired = false;
        }
    }

    /** Whether the probe repaired a loss, which congestion control must hear of; true once. */
    boolean takeRepaired() {
        boolean result = repaired;
        repaired = false;
        return result;
    }

    /** Recovery begins: it answers all questions. */
    void cancel() {
        end = NONE;
        connection.timers().clear(TcpTimers.TLP);
    }
}
