package io.culvert.simnet;

/** A session as one side must see it. Times are of that side's clock. */
final class SessionModel {
    private static final long SECOND = 1_000_000_000L;

    /** REJECT_AFTER_TIME: nothing is sent or received under an older session. */
    static final long REJECT_AFTER = 180 * SECOND;

    /** REKEY_AFTER_TIME: its initiator renews a session that it sends with. */
    static final long REKEY_AFTER = 120 * SECOND;

    final PeerModel peer;
    final boolean initiator;
    final int remoteIndex;
    final long birth;

    /** The counter of the next message sent. */
    long counter;

    /** The private key was changed: it receives and no longer sends. */
    boolean stopped;

    SessionModel(PeerModel peer, boolean initiator, int remoteIndex, long birth) {
        this.peer = peer;
        this.initiator = initiator;
        this.remoteIndex = remoteIndex;
        this.birth = birth;
    }

    long age(long now) {
        return now - birth;
    }

    boolean maySend(long now) {
        return !stopped && age(now) < REJECT_AFTER;
    }

    /** Whether there is no reason yet to renew it. */
    boolean isFresh(long now) {
        return !stopped && age(now) < (initiator ? REKEY_AFTER : REJECT_AFTER);
    }
}
