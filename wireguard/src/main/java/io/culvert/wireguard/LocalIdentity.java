package io.culvert.wireguard;

import io.culvert.crypto.Blake2s;
import io.culvert.crypto.ConstantTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The device's own static key pair and what is derived from it. */
final class LocalIdentity {
    final PublicKey publicKey;

    /** Live bytes of {@link #publicKey}, for reading only. */
    final byte[] publicBytes;

    final byte[] privateBytes;

    /** The MAC of mac1 with its key absorbed: floods are refused by copies of this. */
    final Blake2s mac1;

    final byte[] cookieKey;

    LocalIdentity(PrivateKey key) {
        publicKey = key.publicKey();
        publicBytes = publicKey.raw();
        privateBytes = key.raw().clone();
        byte[] mac1Key = Macs.mac1Key(publicBytes);
        mac1 = new Blake2s(Macs.MAC_LENGTH).reset(mac1Key, 0, mac1Key.length);
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
