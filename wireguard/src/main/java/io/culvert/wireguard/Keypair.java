package io.culvert.wireguard;

import io.culvert.crypto.AeadKey;

/** The two transport keys of one session, with the limits of their use (paper, section 6). */
final class Keypair implements IndexTable.Owner {
    private final Peer peer;

    final AeadKey sending;
    final AeadKey receiving;
    final int localIndex;
    final int remoteIndex;
    final ReplayWindow replay = new ReplayWindow();

    /** From here on neither side uses the session. */
    final long rejectAt;

    /** From here on sending renews it; only the initiator does that by age. */
    final long rekeyAt;

    /** From here on receiving renews it; only the initiator. */
    final long lastMinuteAt;

    /** Cleared when the private key changed or a limit was reached: receiving goes on. */
    boolean sendingAllowed = true;

    /** Counter of the next packet, unsigned. */
    long sendingCounter;

    Keypair(
            Peer peer,
            boolean initiator,
            byte[] sending,
            byte[] receiving,
            int localIndex,
            int remoteIndex,
            long now) {
        this.peer = peer;
        this.sending = new AeadKey(sending, 0);
        this.receiving = new AeadKey(receiving, 0);
        this.localIndex = localIndex;
        this.remoteIndex = remoteIndex;
        rejectAt = now + Constants.REJECT_AFTER_TIME;
        rekeyAt = initiator ? now + Constants.REKEY_AFTER_TIME : Constants.NEVER;
        lastMinuteAt = initiator ? now + Constants.REKEY_AFTER_TIME_RECEIVING : Constants.NEVER;
    }

    @Override
    public Peer peer() {
        return peer;
    }

    boolean maySend(long now) {
        return sendingAllowed
                && now < rejectAt
                && Long.compareUnsigned(sendingCounter, Constants.REJECT_AFTER_MESSAGES) < 0;
    }

    boolean mayReceive(long counter, long now) {
        return now < rejectAt && Long.compareUnsigned(counter, Constants.REJECT_AFTER_MESSAGES) < 0;
    }

    boolean wantsRekeyAfterSending(long now) {
        return now >= rekeyAt
                || Long.compareUnsigned(sendingCounter, Constants.REKEY_AFTER_MESSAGES) > 0;
    }

    void destroy() {
        sending.destroy();
        receiving.destroy();
    }
}
