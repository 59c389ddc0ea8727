package io.culvert.tunnel;

import io.culvert.crypto.ChaCha20Poly1305;
import io.culvert.crypto.X25519Batch;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Has the JIT compile vector code beside the first traffic that has use for it rather than by it:
 * once in a process, on a thread that ends.
 */
final class CryptoWarmUp {
    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    private static final AtomicBoolean HANDSHAKES_BEGUN = new AtomicBoolean();

    private CryptoWarmUp() {}

    /** Begins with what many handshakes need, if that would help and was not done. Any thread. */
    static void beginHandshakes() {
        if (X25519Batch.wantsWarmUp() && HANDSHAKES_BEGUN.compareAndSet(false, true)) {
            Thread.ofPlatform()
                    .name("culvert-handshake-warm-up")
                    .daemon()
                    .start(X25519Batch::warmUp);
        }
    }

    /** Begins unless that was done before. Any thread. */
    static void begin() {
        if (BEGUN.compareAndSet(false, true)) {
            System.getLogger("io.culvert.tunnel")
                    .log(Level.INFO, "ChaCha20-Poly1305: {0}", ChaCha20Poly1305.implementation());
            Thread.ofPlatform().name("culvert-warm-up").daemon().start(ChaCha20Poly1305::warmUp);
        }
    }
}
