package io.culvert.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * One side of Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (Noise revision 34) with given ephemerals,
 * built of this module's primitives alone.
 */
final class NoiseIkPsk2 {

    private static final int KEY = 32;
    private static final int TAG = ChaCha20Poly1305.TAG_LENGTH;

    private final X25519 x25519 = new X25519();
    private final ChaCha20Poly1305 aead;
    private final Hkdf hkdf = new Hkdf();
    private final boolean initiator;
    private final byte[] staticPrivate;
    private final byte[] ephemeralPrivate;
    private final byte[] psk;
    private byte[] remoteStatic;
    private byte[] remoteEphemeral = new byte[KEY];

    private byte[] hash;
    private final byte[] chainingKey;
    private final byte[] key = new byte[KEY];
    private final AeadKey[] transport = new AeadKey[2];
    private final long[] counters = new long[2];

    NoiseIkPsk2(
            ChaCha20Poly1305 aead,
            boolean initiator,
            byte[] prologue,
            byte[] psk,
            byte[] staticPrivate,
            byte[] ephemeralPrivate,
            byte[] responderStatic) {
        this.aead = aead;
        this.initiator = initiator;
        this.psk = psk;
        this.staticPrivate = staticPrivate;
        this.ephemeralPrivate = ephemeralPrivate;
        remoteStatic = responderStatic;
        hash = Blake2s.hash("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s".getBytes(US_ASCII));
        chainingKey = hash.clone();
        mixHash(prologue);
        mixHash(initiator ? responderStatic : publicKey(staticPrivate));
    }

    byte[] hash() {
        return hash;
    }

    /** -> e, es, s, ss */
    byte[] writeInitiation(byte[] payload) {
        byte[] ephemeral = publicKey(ephemeralPrivate);
        mixHash(ephemeral);
        mixKey(ephemeral);
        mixKey(agree(ephemeralPrivate, remoteStatic));
        byte[] sealedStatic = encryptAndHash(publicKey(staticPrivate));
        mixKey(agree(staticPrivate, remoteStatic));
        return concat(ephemeral, sealedStatic, encryptAndHash(payload));
    }

    byte[] readInitiation(byte[] message) {
        remoteEphemeral = Arrays.copyOf(message, KEY);
        mixHash(remoteEphemeral);
        mixKey(remoteEphemeral);
        mixKey(agree(staticPrivate, remoteEphemeral));
        remoteStatic = decryptAndHash(Arrays.copyOfRange(message, KEY, KEY + KEY + TAG));
        mixKey(agree(staticPrivate, remoteStatic));
        return decryptAndHash(Arrays.copyOfRange(message, KEY + KEY + TAG, message.length));
    }

    /** <- e, ee, se, psk */
    byte[] writeResponse(byte[] payload) {
        byte[] ephemeral = publicKey(ephemeralPrivate);
        mixHash(ephemeral);
        mixKey(ephemeral);
        mixKey(agree(ephemeralPrivate, remoteEphemeral));
        mixKey(agree(ephemeralPrivate, remoteStatic));
        mixPsk();
        byte[] message = concat(ephemeral, encryptAndHash(payload));
        split();
        return message;
    }

    byte[] readResponse(byte[] message) {
        remoteEphemeral = Arrays.copyOf(message, KEY);
        mixHash(remoteEphemeral);
        mixKey(remoteEphemeral);
        mixKey(agree(ephemeralPrivate, remoteEphemeral));
        mixKey(agree(staticPrivate, remoteEphemeral));
        mixPsk();
        byte[] payload = decryptAndHash(Arrays.copyOfRange(message, KEY, message.length));
        split();
        return payload;
    }

    byte[] writeTransport(byte[] payload) {
        int direction = initiator ? 0 : 1;
        byte[] out = Arrays.copyOf(payload, payload.length + TAG);
        aead.seal(
                transport[direction],
                counters[direction]++,
                MemorySegment.ofArray(out),
                0,
                payload.length);
        return out;
    }

    byte[] readTransport(byte[] message) {
        int direction = initiator ? 1 : 0;
        byte[] out = message.clone();
        assertThat(
                        aead.open(
                                transport[direction],
                                counters[direction]++,
                                MemorySegment.ofArray(out),
                                0,
                                out.length))
                .isTrue();
        return Arrays.copyOf(out, out.length - TAG);
    }

    private void split() {
        byte[] first = new byte[KEY];
        byte[] second = new byte[KEY];
        hkdf.kdf2(chainingKey, new byte[0], 0, 0, first, second);
        transport[0] = new AeadKey(first, 0);
        transport[1] = new AeadKey(second, 0);
    }

    private void mixHash(byte[] data) {
        hash = Blake2s.hash(hash, data);
    }

    private void mixKey(byte[] input) {
        hkdf.kdf2(chainingKey, input, 0, input.length, chainingKey, key);
    }

    private void mixPsk() {
        byte[] mixed = new byte[KEY];
        hkdf.kdf3(chainingKey, psk, 0, psk.length, chainingKey, mixed, key);
        mixHash(mixed);
    }

    private byte[] encryptAndHash(byte[] plain) {
        byte[] out = Arrays.copyOf(plain, plain.length + TAG);
        MemorySegment aad = MemorySegment.ofArray(hash);
        aead.seal(new AeadKey(key, 0), 0, aad, 0, KEY, MemorySegment.ofArray(out), 0, plain.length);
        mixHash(out);
        return out;
    }

    private byte[] decryptAndHash(byte[] sealed) {
        byte[] out = sealed.clone();
        MemorySegment aad = MemorySegment.ofArray(hash);
        assertThat(
                        aead.open(
                                new AeadKey(key, 0),
                                0,
                                aad,
                                0,
                                KEY,
                                MemorySegment.ofArray(out),
                                0,
                                out.length))
                .isTrue();
        mixHash(sealed);
        return Arrays.copyOf(out, out.length - TAG);
    }

    private byte[] agree(byte[] privateKey, byte[] publicKey) {
        byte[] out = new byte[KEY];
        assertThat(x25519.agree(out, 0, privateKey, 0, publicKey, 0)).isTrue();
        return out;
    }

    private byte[] publicKey(byte[] privateKey) {
        byte[] out = new byte[KEY];
        x25519.publicKey(out, 0, privateKey, 0);
        return out;
    }

    private static byte[] concat(byte[]... parts) {
        return Hex.bytes(Arrays.stream(parts).map(Hex::string).collect(Collectors.joining()));
    }
}
