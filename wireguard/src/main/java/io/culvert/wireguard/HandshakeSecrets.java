package io.culvert.wireguard;

import java.util.Arrays;

/** What a handshake in progress has to keep, and nobody may learn. */
final class HandshakeSecrets {
    final byte[] chainingKey = new byte[SymmetricState.HASH_LENGTH];
    final byte[] hash = new byte[SymmetricState.HASH_LENGTH];

    /** Our own, until its part in the handshake is done. */
    final byte[] ephemeralPrivate = new byte[KeyText.KEY_LENGTH];

    /** The initiator's in an initiation that was consumed, then our own in the response to it. */
    final byte[] ephemeralPublic = new byte[KeyText.KEY_LENGTH];

    /** Gives a job the state that it goes on from. */
    void copyState(HandshakeJob job) {
        System.arraycopy(chainingKey, 0, job.chainingKey, 0, chainingKey.length);
        System.arraycopy(hash, 0, job.hash, 0, hash.length);
    }

    /** Takes the state that a job arrived at. */
    void takeState(HandshakeJob job) {
        System.arraycopy(job.chainingKey, 0, chainingKey, 0, chainingKey.length);
        System.arraycopy(job.hash, 0, hash, 0, hash.length);
    }

    void wipe() {
        Arrays.fill(chainingKey, (byte) 0);
        Arrays.fill(hash, (byte) 0);
        Arrays.fill(ephemeralPrivate, (byte) 0);
        Arrays.fill(ephemeralPublic, (byte) 0);
    }
}
