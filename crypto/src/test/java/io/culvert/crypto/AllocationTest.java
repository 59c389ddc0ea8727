package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What runs per packet or per handshake allocates nothing once it has been compiled. */
class AllocationTest {

    private static final int BATCH = 100;
    private static final int MOST_BATCHES = 4000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void scalarMessages() {
        assertStopsAllocating(
                messages(new ChaCha20Poly1305(new AeadEngines(new ScalarAeadEngine()))));
    }

    /**
     * Vectors are objects until the compiler has taken each of them apart: one it misses costs more
     * than it saves.
     */
    @Test
    void vectorMessages() {
        assumeTrue(AeadEngines.VECTOR_BITS != 0, "no vectors of 256 bits here");
        assertStopsAllocating(
                messages(new ChaCha20Poly1305(new AeadEngines(new VectorAeadEngine()))));
    }

    @Test
    void keyAgreement() {
        X25519 x25519 = new X25519();
        byte[] key = Hex.sequence(1, 32);
        byte[] out = Hex.sequence(3, 32);
        assertStopsAllocating(() -> {
            x25519.publicKey(out, 0, key, 0);
            x25519.agree(out, 0, key, 0, out, 0);
        });
    }

    @Test
    void batchesOfKeyAgreements() {
        assertStopsAllocating(batches(new X25519Batch(8, 0, false)));
    }

    /** As with messages: no vector may be left an object. */
    @Test
    void batchesOfKeyAgreementsInVectors() {
        assumeTrue(AeadEngines.VECTOR_BITS != 0, "no vectors of 256 bits here");
        assertStopsAllocating(
                batches(new X25519Batch(8, AeadEngines.VECTOR_BITS / Long.SIZE, true)));
    }

    private static Runnable batches(X25519Batch batch) {
        byte[] key = Hex.sequence(1, 32);
        byte[] out = Hex.sequence(3, 32);
        return () -> {
            for (int i = 0; i < 7; i++) {
                batch.add(key, 0, out, 0);
            }
            batch.addBase(key, 0);
            batch.compute();
            batch.result(0, out, 0);
            batch.clear();
        };
    }

    @Test
    void hashesAndKeyDerivation() {
        Blake2s mac = new Blake2s(16);
        Hkdf hkdf = new Hkdf();
        byte[] key = Hex.sequence(1, 32);
        byte[] first = new byte[32];
        byte[] second = new byte[32];
        byte[] third = new byte[32];
        MemorySegment message = MemorySegment.ofArray(new byte[148]);
        assertStopsAllocating(() -> {
            mac.reset(key, 0, 32).update(message, 0, 116).digest(first, 0);
            hkdf.kdf3(key, first, 0, 16, first, second, third);
        });
    }

    private static Runnable messages(ChaCha20Poly1305 aead) {
        AeadKey key = new AeadKey(Hex.sequence(0, 32), 0);
        MemorySegment memory = Arena.ofAuto().allocate(2048);
        return () -> {
            aead.seal(key, 1, memory, 3, 1424);
            aead.open(key, 1, memory, 3, 1440);
            aead.seal(key, 2, memory, 5, 300);
            aead.seal(key, 3, memory, 7, 50);
        };
    }

    /** Runs until one whole batch allocates nothing. */
    private static void assertStopsAllocating(Runnable work) {
        long allocated = Long.MAX_VALUE;
        for (int batch = 0; batch < MOST_BATCHES && allocated > 0; batch++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < BATCH; i++) {
                work.run();
            }
            allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).as("bytes in the last batch of %d", BATCH).isZero();
    }
}
