package io.culvert.netstack;

/**
 * How much may be in flight and how fast it leaves. The sender alone knows sequence numbers; an
 * algorithm sees bytes, nanoseconds of the engine's clock and bytes per second. It owns no timer
 * and allocates nothing after construction. After every call {@code cwnd() >= smss} and {@code
 * pacingRate() > 0} hold.
 */
interface CongestionControl {
    /** Pacing rate of an algorithm that does not pace. */
    long UNPACED = Long.MAX_VALUE;

    /** What happened to loss recovery. */
    enum RecoveryEvent {
        /** Fast recovery begins (RFC 6675, RFC 8985). */
        ENTER_FAST,
        /** The retransmission time-out expired; again for each further expiry. */
        ENTER_RTO,
        /** Everything sent before recovery began has been acknowledged. */
        EXIT,
        /** Recovery ended because it proved to be unnecessary. */
        SPURIOUS
    }

    /**
     * The connection is established; once, before all others.
     *
     * @param handshakeRtt nanoseconds; 0 when unknown
     */
    void onEstablished(
            long now, int smss, long initialWindow, long handshakeRtt, boolean selectiveAcks);

    /** Before the first transmission after nothing was outstanding. */
    void onRestart(long now, boolean appLimited);

    /** After each turn of sending of this flow. */
    void onSend(
            long now, long bytes, long inflightAfter, boolean cwndLimited, boolean retransmission);

    /**
     * One packet was marked lost; before {@link #onAck} of the same batch.
     *
     * @param txInFlight in flight when it was sent, itself included
     * @param lostAtSend bytes lost in the life of the connection when it was sent
     * @param newRange whether it is not adjacent to the packet last marked lost
     */
    void onLost(
            long now,
            long bytes,
            long txInFlight,
            long lostAtSend,
            boolean appLimited,
            long lostTotal,
            boolean newRange);

    /** A tail loss probe repaired a loss that nothing else showed (RFC 8985, 7.4). */
    void onTlpRepaired(long now, boolean appLimited);

    /**
     * Loss recovery changed its state.
     *
     * @param inflight now, after what is known to be lost was taken off
     * @param outstanding SND.NXT - SND.UNA
     * @param sacked bytes above SND.UNA selectively acknowledged
     * @param newlySacked of those, by the batch that caused this event
     * @param newlyAcked bytes cumulatively acknowledged by the batch that caused this event
     */
    void onRecovery(
            long now,
            RecoveryEvent event,
            long inflight,
            long outstanding,
            long sacked,
            long newlySacked,
            long newlyAcked);

    /** Once per inbound batch that acknowledged anything, last of all calls for this batch. */
    void onAck(long now, RateSample sample);

    void onSmssChanged(int smss);

    /** Whether it sends less than it could, so that the rates seen are lower bounds. */
    default boolean limitsSamples() {
        return false;
    }

    /** Bytes that may be in flight. */
    long cwnd();

    /** Bytes per second; {@link #UNPACED}: no pacing. */
    long pacingRate();

    /** Bytes that may leave at once when pacing. */
    long sendQuantum();

    /**
     * Bytes that the window must have room for before a flow that filled it goes on, so that not
     * every ACK lets two segments go at the price of a turn. No more than what waits in the path's
     * queue anyway: the queue must not run empty meanwhile.
     */
    default long trainWorthAwaiting() {
        return 0;
    }

    /** Slow-start threshold, or 0 when it has not been set. */
    long ssthresh();

    /** Name of the algorithm and its present state, for statistics. */
    String state();
}
