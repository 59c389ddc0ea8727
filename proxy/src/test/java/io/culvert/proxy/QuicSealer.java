package io.culvert.proxy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * A client's side of QUIC's Initial protection (RFC 9001 section 5), written from the text with
 * HMAC alone, so that it shares nothing with what it tests.
 */
final class QuicSealer {
    private final int version;
    private final byte[] destinationId;
    private final byte[] key;
    private final byte[] iv;
    private final byte[] headerKey;

    QuicSealer(int version, String salt, String label, byte[] destinationId)
            throws GeneralSecurityException {
        this.version = version;
        this.destinationId = destinationId;
        byte[] secret = hmac(HexFormat.of().parseHex(salt), destinationId);
        byte[] client = expand(secret, "client in", 32);
        key = expand(client, label + "key", 16);
        iv = expand(client, label + "iv", 12);
        headerKey = expand(client, label + "hp", 16);
    }

    static QuicSealer v1() throws GeneralSecurityException {
        return new QuicSealer(
                1,
                "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
                "quic ",
                HexFormat.of().parseHex("8394c8f03e515708"));
    }

    static QuicSealer v2() throws GeneralSecurityException {
        return new QuicSealer(
                0x6b3343cf,
                "0dede3def700a6db819381be6e269dcbf9bd2ed9",
                "quicv2 ",
                HexFormat.of().parseHex("8394c8f03e515708"));
    }

    /** A CRYPTO frame. */
    static byte[] crypto(int offset, byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(6);
        varint(out, offset);
        varint(out, data.length);
        out.writeBytes(data);
        return out.toByteArray();
    }

    /** An Initial packet with a packet number of four bytes. */
    byte[] seal(int number, byte[] frames) throws GeneralSecurityException {
        ByteBuffer out = ByteBuffer.allocate(64 + frames.length);
        out.put((byte) (version == 1 ? 0xc3 : 0xd3)).putInt(version);
        out.put((byte) destinationId.length).put(destinationId).put((byte) 0).put((byte) 0);
        out.putShort((short) (0x4000 | (4 + frames.length + 16)));
        int at = out.position();
        out.putInt(number);
        byte[] header = Arrays.copyOf(out.array(), out.position());
        byte[] nonce = iv.clone();
        for (int i = 0; i < 4; i++) {
            nonce[11 - i] ^= (byte) (number >>> (8 * i));
        }
        Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
        gcm.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(key, "AES"),
                new GCMParameterSpec(128, nonce));
        gcm.updateAAD(header);
        out.put(gcm.doFinal(frames));
        byte[] packet = Arrays.copyOf(out.array(), out.position());
        Cipher ecb = Cipher.getInstance("AES/ECB/NoPadding");
        ecb.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(headerKey, "AES"));
        byte[] mask = ecb.doFinal(packet, at + 4, 16);
        packet[0] ^= (byte) (mask[0] & 0x0f);
        for (int i = 0; i < 4; i++) {
            packet[at + i] ^= mask[1 + i];
        }
        return packet;
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        out.write(0x40 | value >> 8);
        out.write(value);
    }

    /** HKDF-Expand-Label for at most one block. */
    private static byte[] expand(byte[] secret, String label, int length)
            throws GeneralSecurityException {
        byte[] name = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
        ByteBuffer info = ByteBuffer.allocate(name.length + 5);
        info.putShort((short) length).put((byte) name.length).put(name).put((byte) 0);
        info.put((byte) 1);
        return Arrays.copyOf(hmac(secret, info.array()), length);
    }

    private static byte[] hmac(byte[] key, byte[] data) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(data);
    }
}
