package io.culvert.tunnel;

import io.culvert.crypto.ChaCha20Poly1305;
import io.culvert.crypto.X25519Batch;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Has the JIT compile vector code beside the first traffic that has use for it rather than by it:
 * once in a process, on a thread that gives way to others and ends. A process that moves no bulk is
 * spared the second of CPU and the 50 MiB that compiling takes: each tunnel counts its long
 * datagrams until there are some.
 */
final class CryptoWarmUp {
    /** What vectors are worth it for. */
    private static final int LONG = 1024;

    /** Of them; a tenth of a megabyte is the beginning of something. */
    private static final int ENOUGH = 64;

    /** Of 19: an eighth of what a thread of the event loop gets of a contended core. */
    private static final int NICE = 9;

    private static final AtomicBoolean BEGUN = new AtomicBoolean();

    private static final AtomicBoolean HANDSHAKES_BEGUN = new AtomicBoolean();

    private int longDatagrams;

    /** Begins with what many handshakes need, if that would help and was not done. Any thread. */
    static void beginHandshakes() {
        if (X25519Batch.wantsWarmUp() && HANDSHAKES_BEGUN.compareAndSet(false, true)) {
            begin("culvert-handshake-warm-up", X25519Batch::warmUp);
        }
    }

    /** Counts datagrams that a tunnel received or sent. On its loop. */
    void moved(int length, int count) {
        if (length < LONG || longDatagrams >= ENOUGH) {
            return;
        }
        longDatagrams += count;
        if (longDatagrams >= ENOUGH && BEGUN.compareAndSet(false, true)) {
            System.getLogger("io.culvert.tunnel")
                    .log(Level.INFO, "ChaCha20-Poly1305: {0}", ChaCha20Poly1305.implementation());
            begin(
                    "culvert-warm-up",
                    () -> {
                        giveWay();
                        ChaCha20Poly1305.warmUp();
                    });
        }
    }

    private static void begin(String name, Runnable work) {
        Thread.ofPlatform().name(name).daemon().start(work);
    }

    private static void giveWay() {
        try (Arena arena = Arena.ofConfined()) {
            LinuxCalls.nice(LinuxCalls.newCapture(arena), NICE);
        } catch (LinkageError e) {
            // Not Linux, or no native access: as any other thread.
        }
    }
}
