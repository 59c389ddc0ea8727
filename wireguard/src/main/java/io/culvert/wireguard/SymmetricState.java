package io.culvert.wireguard;

import io.culvert.crypto.AeadKey;
import io.culvert.crypto.Blake2s;
import io.culvert.crypto.ConstantTime;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Noise's SymmetricState (Noise, section 5.2): chaining key {@code ck}, hash {@code h} and the key
 * {@code k}, which here never seals twice, so its nonce is always 0. One per thread: each step of a
 * handshake is computed on it as a whole, and only what succeeded is kept.
 */
final class SymmetricState {
    static final int HASH_LENGTH = 32;
    static final int TAG_LENGTH = 16;

    /** HASH(protocol name) and HASH(that and the prologue): the same for all handshakes. */
    static final byte[] INITIAL_CHAINING_KEY =
            Blake2s.hash(ascii("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"));

    static final byte[] INITIAL_HASH =
            Blake2s.hash(INITIAL_CHAINING_KEY, ascii("WireGuard v1 zx2c4 Jason@zx2c4.com"));

    private static final long AAD = 0;
    private static final long TEXT = HASH_LENGTH;

    private final Primitives crypto;
    private final byte[] chainingKey = new byte[HASH_LENGTH];
    private final byte[] hash = new byte[HASH_LENGTH];
    private final byte[] key = new byte[HASH_LENGTH];
    private final byte[] temporary = new byte[HASH_LENGTH];

    SymmetricState(Primitives crypto) {
        this.crypto = crypto;
    }

    /** Begins a handshake; the responder's static key is the pre-message {@code <- s}. */
    void initialize(byte[] responderStatic) {
        System.arraycopy(INITIAL_CHAINING_KEY, 0, chainingKey, 0, HASH_LENGTH);
        System.arraycopy(INITIAL_HASH, 0, hash, 0, HASH_LENGTH);
        mixHash(responderStatic, 0, responderStatic.length);
    }

    /** Goes on where {@link #save} stopped. */
    void load(byte[] savedChainingKey, byte[] savedHash) {
        System.arraycopy(savedChainingKey, 0, chainingKey, 0, HASH_LENGTH);
        System.arraycopy(savedHash, 0, hash, 0, HASH_LENGTH);
    }

    void save(byte[] outChainingKey, byte[] outHash) {
        System.arraycopy(chainingKey, 0, outChainingKey, 0, HASH_LENGTH);
        System.arraycopy(hash, 0, outHash, 0, HASH_LENGTH);
    }

    void mixHash(byte[] data, int offset, int length) {
        crypto.hash
                .reset()
                .update(hash, 0, HASH_LENGTH)
                .update(data, offset, length)
                .digest(hash, 0);
    }

    /** MixKey where no message is sealed under {@code k} before the next one: KDF1 is enough. */
    void mixChainingKey(byte[] input, int offset) {
        crypto.hkdf.kdf1(chainingKey, input, offset, HASH_LENGTH, chainingKey);
    }

    void mixKey(byte[] input) {
        crypto.hkdf.kdf2(chainingKey, input, 0, HASH_LENGTH, chainingKey, key);
    }

    /** The psk token. */
    void mixKeyAndHash(byte[] presharedKey) {
        crypto.hkdf.kdf3(chainingKey, presharedKey, 0, HASH_LENGTH, chainingKey, temporary, key);
        mixHash(temporary, 0, HASH_LENGTH);
    }

    /** Seals {@code length} bytes; {@code out} takes 16 more. */
    void encryptAndHash(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
        MemorySegment scratch = crypto.scratch;
        MemorySegment.copy(hash, 0, scratch, Wire.BYTE, AAD, HASH_LENGTH);
        MemorySegment.copy(in, inOffset, scratch, Wire.BYTE, TEXT, length);
        AeadKey aeadKey = new AeadKey(key, 0);
        crypto.aead.seal(aeadKey, 0, scratch, AAD, HASH_LENGTH, scratch, TEXT, length);
        aeadKey.destroy();
        MemorySegment.copy(scratch, Wire.BYTE, TEXT, out, outOffset, length + TAG_LENGTH);
        crypto.wipeScratch();
        mixHash(out, outOffset, length + TAG_LENGTH);
    }

    /**
     * Opens {@code length} bytes, tag included, and leaves them as they are; {@code out} takes 16
     * less.
     *
     * @return false when they aren't authentic
     */
    boolean decryptAndHash(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
        MemorySegment scratch = crypto.scratch;
        MemorySegment.copy(hash, 0, scratch, Wire.BYTE, AAD, HASH_LENGTH);
        MemorySegment.copy(in, inOffset, scratch, Wire.BYTE, TEXT, length);
        AeadKey aeadKey = new AeadKey(key, 0);
        boolean authentic =
                crypto.aead.open(aeadKey, 0, scratch, AAD, HASH_LENGTH, scratch, TEXT, length);
        aeadKey.destroy();
        if (authentic) {
            MemorySegment.copy(scratch, Wire.BYTE, TEXT, out, outOffset, length - TAG_LENGTH);
            mixHash(in, inOffset, length);
        }
        crypto.wipeScratch();
        return authentic;
    }

    /** Derives the two transport keys, initiator's sending key first, and forgets everything. */
    void split(byte[] initiatorToResponder, byte[] responderToInitiator) {
        crypto.hkdf.kdf2(chainingKey, temporary, 0, 0, initiatorToResponder, responderToInitiator);
        wipe();
    }

    void wipe() {
        Arrays.fill(chainingKey, (byte) 0);
        Arrays.fill(hash, (byte) 0);
        Arrays.fill(key, (byte) 0);
        Arrays.fill(temporary, (byte) 0);
    }

    /** Tells, for tests, whether nothing secret is left. */
    boolean isWiped() {
        return ConstantTime.isZero(chainingKey, 0, HASH_LENGTH)
                && ConstantTime.isZero(hash, 0, HASH_LENGTH)
                && ConstantTime.isZero(key, 0, HASH_LENGTH)
                && ConstantTime.isZero(temporary, 0, HASH_LENGTH);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
