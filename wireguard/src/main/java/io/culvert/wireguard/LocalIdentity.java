package io.culvert.wireguard;

import io.culvert.crypto.ConstantTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The device's own static key pair and what is derived from it. */
final class LocalIdentity {
    final PublicKey publicKey;

    /** Live bytes of {@link #publicKey}, for reading only. */
    final byte[] publicBytes;

    final byte[] privateBytes;
    final byte[] mac1Key;
    final byte[] cookieKey;

    LocalIdentity(PrivateKey key) {
        publicKey = key.publicKey();
        publicBytes = publicKey.raw();
        privateBytes = key.raw().clone();
        mac1Key = Macs.mac1Key(publicBytes);
        cookieKey = Macs.cookieKey(publicBytes);
    }

    /** Compares in constant time. */
    boolean isOf(@Nullable PrivateKey key) {
        return key != null
                && ConstantTime.equals(privateBytes, 0, key.raw(), 0, KeyText.KEY_LENGTH);
    }

    void destroy() {
        Arrays.fill(privateBytes, (byte) 0);
    }
}
