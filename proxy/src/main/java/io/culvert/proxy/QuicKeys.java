package io.culvert.proxy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What a client's Initial packets are protected with: keys that follow from the connection's first
 * destination ID and a public salt (RFC 9001 section 5.2, RFC 9369 section 3.3), so that anybody on
 * the way can read them.
 */
final class QuicKeys {
    private static final int V1 = 0x00000001;
    private static final int V2 = 0x6b3343cf;
    private static final int DRAFT_29 = 0xff00001d;

    private static final byte[] V1_SALT = hex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");
    private static final byte[] V2_SALT = hex("0dede3def700a6db819381be6e269dcbf9bd2ed9");
    private static final byte[] DRAFT_29_SALT = hex("afbfec289993d24c9e9786f19c6111e04390a899");

    private static final int SECRET = 32;
    private static final int KEY = 16;
    private static final int IV = 12;
    private static final int TAG_BITS = 128;

    private final SecretKey key;
    private final SecretKey headerKey;
    private final byte[] iv;

    private QuicKeys(SecretKey key, SecretKey headerKey, byte[] iv) {
        this.key = key;
        this.headerKey = headerKey;
        this.iv = iv;
    }

    /** Whether packets of that version can be read. */
    static boolean knows(int version) {
        return version == V1 || version == V2 || version == DRAFT_29;
    }

    /** The type of an Initial packet in the first byte of its header. */
    static int initialType(int version) {
        return version == V2 ? 1 : 0;
    }

    /** The keys of a client's Initial packets; null if this Java can't make them. */
    static @Nullable QuicKeys of(int version, byte[] destinationId) {
        byte[] salt =
                switch (version) {
                    case V2 -> V2_SALT;
                    case DRAFT_29 -> DRAFT_29_SALT;
                    default -> V1_SALT;
                };
        String prefix = version == V2 ? "quicv2 " : "quic ";
        try {
            KDF hkdf = KDF.getInstance("HKDF-SHA256");
            SecretKey initial =
                    hkdf.deriveKey(
                            "HKDF",
                            HKDFParameterSpec.ofExtract()
                                    .addSalt(salt)
                                    .addIKM(destinationId)
                                    .extractOnly());
            SecretKey client = hkdf.deriveKey("HKDF", expand(initial, "client in", SECRET));
            return new QuicKeys(
                    aes(hkdf.deriveData(expand(client, prefix + "key", KEY))),
                    aes(hkdf.deriveData(expand(client, prefix + "hp", KEY))),
                    hkdf.deriveData(expand(client, prefix + "iv", IV)));
        } catch (GeneralSecurityException e) {
            Log.warning("QUIC cannot be looked into: " + e.getMessage());
            return null;
        }
    }

    /** HKDF-Expand-Label with an empty context, RFC 8446 section 7.1. */
    private static HKDFParameterSpec.Expand expand(SecretKey secret, String label, int length) {
        byte[] name = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
        byte[] info = new byte[2 + 1 + name.length + 1];
        info[1] = (byte) length;
        info[2] = (byte) name.length;
        System.arraycopy(name, 0, info, 3, name.length);
        return HKDFParameterSpec.expandOnly(secret, info, length);
    }

    /** What the first byte and the packet number are masked with, from a sample of the packet. */
    byte[] mask(byte[] sample) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, headerKey);
        return cipher.doFinal(sample);
    }

    /** Opens a packet; an exception says that it is not one of this connection. */
    byte[] open(byte[] header, long packetNumber, byte[] sealed) throws GeneralSecurityException {
        byte[] nonce = iv.clone();
        for (int i = 0; i < Long.BYTES; i++) {
            nonce[IV - 1 - i] ^= (byte) (packetNumber >>> (i * Byte.SIZE));
        }
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(header);
        return cipher.doFinal(sealed);
    }

    private static SecretKey aes(byte[] key) {
        return new SecretKeySpec(key, "AES");
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
