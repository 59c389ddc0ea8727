package io.culvert.wireguard;

import io.culvert.crypto.X25519;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The DH of our static key and a peer's: computed when it is first needed, and kept until one of
 * the keys goes. With a point of low order there is none, which is remembered too.
 */
final class StaticSecret {
    private final PublicKey remote;
    private byte @Nullable [] secret;
    private boolean lowOrder;

    StaticSecret(PublicKey remote) {
        this.remote = remote;
    }

    /** Whether the answer is known without a computation. */
    boolean isKnown() {
        return lowOrder || secret != null;
    }

    /** Live bytes, for reading only; null where there is none or it isn't computed. */
    byte @Nullable [] bytes() {
        return secret;
    }

    /** As {@link #bytes}, computed if need be. */
    byte @Nullable [] compute(X25519 x25519, LocalIdentity local) {
        if (!isKnown()) {
            byte[] result = new byte[KeyText.KEY_LENGTH];
            lowOrder = !x25519.agree(result, 0, local.privateBytes, 0, remote.raw(), 0);
            secret = lowOrder ? null : result;
        }
        return secret;
    }

    /** Takes over what was computed elsewhere. */
    void learn(byte[] result, boolean usable) {
        if (!isKnown()) {
            lowOrder = !usable;
            secret = usable ? result.clone() : null;
        }
    }

    void forget() {
        if (secret != null) {
            Arrays.fill(secret, (byte) 0);
        }
        secret = null;
        lowOrder = false;
    }
}
