package io.culvert.wireguard;

import io.culvert.crypto.ConstantTime;
import io.culvert.crypto.X25519;
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
 * The results of DH come in as arguments, so that a received message can be processed in steps, on
 * more than one thread: {@link #save} and {@link #load} carry the state from one to the next. All
 * work is done on scratch; a handshake is written to only when its message was authentic.
 */
final class NoiseIkPsk2 {
    private static final int KEY = KeyText.KEY_LENGTH;
    private static final int TAG = SymmetricState.TAG_LENGTH;

    private final SymmetricState symmetric;
    private final byte[] shared = new byte[KEY];
    private final byte[] nothing = new byte[0];

    NoiseIkPsk2(Primitives crypto) {
        this.symmetric = new SymmetricState(crypto);
    }

    /**
     * Writes ephemeral key, static key and timestamp of an initiation under the handshake's fresh
     * ephemeral private key.
     *
     * @return false when the peer's key is a point of low order
     */
    boolean createInitiation(
            X25519 x25519,
            HandshakeSecrets secrets,
            LocalIdentity local,
            PublicKey peer,
            byte[] staticStatic,
            byte[] timestamp,
            byte[] message) {
        byte[] remote = peer.raw();
        symmetric.initialize(remote); // <- s
        x25519.publicKey(message, InitiationMessage.EPHEMERAL, secrets.ephemeralPrivate, 0);
        mixEphemeral(message, InitiationMessage.EPHEMERAL); // e
        if (!x25519.agree(shared, 0, secrets.ephemeralPrivate, 0, remote, 0)) {
            return fail();
        }
        symmetric.mixKey(shared); // es
        symmetric.encryptAndHash( // s
                local.publicBytes, 0, KEY, message, InitiationMessage.STATIC);
        symmetric.mixKey(staticStatic); // ss
        symmetric.encryptAndHash(timestamp, 0, Tai64n.LENGTH, message, InitiationMessage.TIMESTAMP);
        save(secrets.chainingKey, secrets.hash);
        return true;
    }

    /** Opens the initiator's static key; {@link #openTimestamp} goes on from there. */
    boolean openStatic(byte[] localStatic, byte[] message, byte[] es, byte[] outStatic) {
        symmetric.initialize(localStatic); // <- s
        mixEphemeral(message, InitiationMessage.EPHEMERAL); // e
        symmetric.mixKey(es); // es
        return symmetric.decryptAndHash( // s
                        message, InitiationMessage.STATIC, KEY + TAG, outStatic, 0)
                || fail();
    }

    /** Opens the timestamp, which proves that the owner of the static key sent the message. */
    boolean openTimestamp(byte[] staticStatic, byte[] message, byte[] outTimestamp) {
        symmetric.mixKey(staticStatic); // ss
        return symmetric.decryptAndHash(
                        message, InitiationMessage.TIMESTAMP, Tai64n.LENGTH + TAG, outTimestamp, 0)
                || fail();
    }

    /**
     * The part of a response that is the same for who makes it and who opens it; {@link #sealEmpty}
     * or {@link #openEmpty} goes on from there.
     */
    void mixResponse(byte[] ephemeral, int offset, byte[] ee, byte[] se) {
        mixEphemeral(ephemeral, offset); // e
        symmetric.mixChainingKey(ee, 0); // ee
        symmetric.mixChainingKey(se, 0); // se
    }

    /** Ends a response of ours. {@link #split} goes on from there. */
    void sealEmpty(byte[] presharedKey, byte[] message) {
        symmetric.mixKeyAndHash(presharedKey); // psk
        symmetric.encryptAndHash(nothing, 0, 0, message, ResponseMessage.EMPTY);
    }

    /** Opens a response. {@link #split} goes on from there. */
    boolean openEmpty(byte[] presharedKey, byte[] message) {
        symmetric.mixKeyAndHash(presharedKey); // psk
        return symmetric.decryptAndHash(message, ResponseMessage.EMPTY, TAG, nothing, 0) || fail();
    }

    /** Derives the transport keys of a handshake that is complete, and forgets it. */
    void split(byte[] initiatorToResponder, byte[] responderToInitiator) {
        symmetric.split(initiatorToResponder, responderToInitiator);
    }

    /** Goes on where {@link #save} stopped. */
    void load(byte[] chainingKey, byte[] hash) {
        symmetric.load(chainingKey, hash);
    }

    /** Hands the state out and forgets it. */
    void save(byte[] outChainingKey, byte[] outHash) {
        symmetric.save(outChainingKey, outHash);
        wipe();
    }

    void wipe() {
        symmetric.wipe();
        Arrays.fill(shared, (byte) 0);
    }

    /** Tells, for tests, whether nothing secret is left. */
    boolean isWiped() {
        return symmetric.isWiped() && ConstantTime.isZero(shared, 0, KEY);
    }

    private void mixEphemeral(byte[] message, int offset) {
        symmetric.mixHash(message, offset, KEY);
        symmetric.mixChainingKey(message, offset);
    }

    private boolean fail() {
        wipe();
        return false;
    }
}
