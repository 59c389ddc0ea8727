package io.culvert.wireguard;

import java.util.Arrays;

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

    void destroy() {
        Arrays.fill(privateBytes, (byte) 0);
    }
}
