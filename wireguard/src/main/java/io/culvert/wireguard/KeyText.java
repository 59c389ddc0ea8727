package io.culvert.wireguard;

import java.util.Arrays;
import java.util.Base64;

/**
 * The text form of keys: 44 characters of base64 for 32 bytes, padded and canonical, as {@code wg}
 * prints and accepts it. The offending text is never part of an exception, since it may be a
 * secret.
 */
final class KeyText {
    static final int KEY_LENGTH = 32;
    private static final int TEXT_LENGTH = 44;

    private KeyText() {}

    static byte[] decode(String text) {
        if (text.length() != TEXT_LENGTH) {
            throw new IllegalArgumentException(
                    "a key is " + TEXT_LENGTH + " characters of base64, not " + text.length());
        }
        byte[] key;
        try {
            key = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException notBase64) {
            throw new IllegalArgumentException("a key is base64; this text is not", null);
        }
        if (key.length != KEY_LENGTH || !encode(key).equals(text)) {
            Arrays.fill(key, (byte) 0);
            throw new IllegalArgumentException("a key is base64 of exactly 32 bytes");
        }
        return key;
    }

    static String encode(byte[] key) {
        return Base64.getEncoder().encodeToString(key);
    }

    static byte[] copy(byte[] key) {
        if (key.length != KEY_LENGTH) {
            throw new IllegalArgumentException("a key is 32 bytes, not " + key.length);
        }
        return key.clone();
    }
}
