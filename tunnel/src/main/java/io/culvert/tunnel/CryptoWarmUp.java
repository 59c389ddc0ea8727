package io.culvert.tunnel;

import io.culvert.crypto.ChaCha20Poly1305;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Has the JIT compile the AEAD's fast code beside the first traffic rather than by it: once in a
 * process, on a thread that ends.
 */
final class CryptoWarmUp {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    private CryptoWarmUp() {}

    /** Begins unless that was done before. Any thread. */
    static void begin() {
        if (BEGUN.compareAndSet(false, true)) {
            System.getLogger("io.culvert.tunnel")
                    .log(Level.INFO, "ChaCha20-Poly1305: {0}", ChaCha20Poly1305.implementation());
            Thread.ofPlatform().name("culvert-warm-up").daemon().start(ChaCha20Poly1305::warmUp);
        }
    }
}
