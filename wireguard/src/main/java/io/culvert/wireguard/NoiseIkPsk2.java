package io.culvert.wireguard;

import java.util.Arrays;

/**
 * Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s as WireGuard uses it (paper, section 5.4): builds and opens
 * the Noise part of the two handshake messages. Tokens stand beside the lines that process them.
 *
 * <pre>
 *   &lt;- s
 *   ...
 *   -&gt; e, es, s, ss, {timestamp}
 *   &lt;- e, ee, se, psk, {}
 * </pre>
 *
 * Every DH goes through {@link #agree}, which fails on a zero result. All work is done on scratch;
 * a handshake is written to only when its message was authentic.
 */
final class NoiseIkPsk2 {
    private static final int KEY = KeyText.KEY_LENGTH;
    private static final int TAG = SymmetricState.TAG_LENGTH;

    private final Primitives crypto;
    private final SymmetricState symmetric;
    private final byte[] shared = new byte[KEY];
    private final byte[] nothing = new byte[0];

    NoiseIkPsk2(Primitives crypto) {
        this.crypto = crypto;
        this.symmetric = new SymmetricState(crypto);
    }

    /**
     * Writes ephemeral key, static key and timestamp of an initiation under the handshake's fresh
     * ephemeral private key.
     *
     * @return false when the peer's key is a point of low order
     */
    boolean createInitiation(
            Handshake handshake, LocalIdentity local, byte[] timestamp, byte[] message) {
        byte[] remote = handshake.peer().publicKey().raw();
        symmetric.initialize(remote); // <- s
        crypto.x25519.publicKey(
                message, InitiationMessage.EPHEMERAL, handshake.ephemeralPrivate, 0);
        mixEphemeral(message, InitiationMessage.EPHEMERAL); // e
        if (!handshake.staticUsable || !agree(handshake.ephemeralPrivate, remote, 0)) {
            return fail();
        }
        symmetric.mixKey(shared); // es
        symmetric.encryptAndHash( // s
                local.publicBytes, 0, KEY, message, InitiationMessage.STATIC);
        symmetric.mixKey(handshake.staticStatic); // ss
        symmetric.encryptAndHash(timestamp, 0, Tai64n.LENGTH, message, InitiationMessage.TIMESTAMP);
        symmetric.save(handshake.chainingKey, handshake.hash);
        wipe();
        return true;
    }

    /** Opens the initiator's static key; {@link #openTimestamp} goes on from there. */
    boolean openStatic(LocalIdentity local, byte[] message, byte[] outStatic) {
        symmetric.initialize(local.publicBytes); // <- s
        mixEphemeral(message, InitiationMessage.EPHEMERAL); // e
        if (!agree(local.privateBytes, message, InitiationMessage.EPHEMERAL)) {
            return fail();
        }
        symmetric.mixKey(shared); // es
        return symmetric.decryptAndHash( // s
                        message, InitiationMessage.STATIC, KEY + TAG, outStatic, 0)
                || fail();
    }

    /** Opens the timestamp, which proves that the owner of the static key sent the message. */
    boolean openTimestamp(Handshake handshake, byte[] message, byte[] outTimestamp) {
        if (!handshake.staticUsable) {
            return fail();
        }
        symmetric.mixKey(handshake.staticStatic); // ss
        return symmetric.decryptAndHash(
                        message, InitiationMessage.TIMESTAMP, Tai64n.LENGTH + TAG, outTimestamp, 0)
                || fail();
    }

    /** Keeps an initiation that was opened whole and passed the caller's checks. */
    void commitInitiation(Handshake handshake, byte[] message) {
        symmetric.save(handshake.chainingKey, handshake.hash);
        System.arraycopy(message, InitiationMessage.EPHEMERAL, handshake.remoteEphemeral, 0, KEY);
        wipe();
    }

    /**
     * Writes ephemeral key and empty payload of a response under the handshake's fresh ephemeral
     * private key. {@link #split} goes on from there.
     *
     * @return false when one of the initiator's keys is a point of low order
     */
    boolean createResponse(Handshake handshake, byte[] message) {
        symmetric.load(handshake.chainingKey, handshake.hash);
        crypto.x25519.publicKey(message, ResponseMessage.EPHEMERAL, handshake.ephemeralPrivate, 0);
        mixEphemeral(message, ResponseMessage.EPHEMERAL); // e
        if (!agree(handshake.ephemeralPrivate, handshake.remoteEphemeral, 0)) {
            return fail();
        }
        symmetric.mixChainingKey(shared, 0); // ee
        if (!agree(handshake.ephemeralPrivate, handshake.peer().publicKey().raw(), 0)) {
            return fail();
        }
        symmetric.mixChainingKey(shared, 0); // se
        symmetric.mixKeyAndHash(handshake.presharedKey); // psk
        symmetric.encryptAndHash(nothing, 0, 0, message, ResponseMessage.EMPTY);
        return true;
    }

    /** Opens a response. {@link #split} goes on from there. */
    boolean consumeResponse(Handshake handshake, LocalIdentity local, byte[] message) {
        symmetric.load(handshake.chainingKey, handshake.hash);
        mixEphemeral(message, ResponseMessage.EPHEMERAL); // e
        if (!agree(handshake.ephemeralPrivate, message, ResponseMessage.EPHEMERAL)) {
            return fail();
        }
        symmetric.mixChainingKey(shared, 0); // ee
        if (!agree(local.privateBytes, message, ResponseMessage.EPHEMERAL)) {
            return fail();
        }
        symmetric.mixChainingKey(shared, 0); // se
        symmetric.mixKeyAndHash(handshake.presharedKey); // psk
        return symmetric.decryptAndHash(message, ResponseMessage.EMPTY, TAG, nothing, 0) || fail();
    }

    /** Derives the transport keys of a handshake that is complete, and forgets it. */
    void split(byte[] initiatorToResponder, byte[] responderToInitiator) {
        symmetric.split(initiatorToResponder, responderToInitiator);
        wipe();
    }

    void wipe() {
        symmetric.wipe();
        Arrays.fill(shared, (byte) 0);
    }

    private void mixEphemeral(byte[] message, int offset) {
        symmetric.mixHash(message, offset, KEY);
        symmetric.mixChainingKey(message, offset);
    }

    private boolean agree(byte[] privateKey, byte[] publicKey, int offset) {
        return crypto.x25519.agree(shared, 0, privateKey, 0, publicKey, offset);
    }

    private boolean fail() {
        wipe();
        return false;
    }
}
