package io.culvert.wireguard;

import io.culvert.crypto.Blake2s;
import io.culvert.crypto.ChaCha20Poly1305;
import io.culvert.crypto.Hkdf;
import io.culvert.crypto.X25519;
import io.culvert.crypto.XChaCha20Poly1305;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One set of cryptographic instances, which hold scratch and therefore belong to one thread. */
final class Primitives {
    private static final int SCRATCH_SIZE = 256;

    final Blake2s hash = new Blake2s(Blake2s.MAX_LENGTH);
    final Blake2s mac = new Blake2s(Macs.MAC_LENGTH);
    final Hkdf hkdf = new Hkdf();
    final X25519 x25519 = new X25519();
    final ChaCha20Poly1305 aead = new ChaCha20Poly1305();
    final XChaCha20Poly1305 xaead = new XChaCha20Poly1305();

    /** Native, so that handshakes don't teach the compiled data path a second kind of memory. */
    final MemorySegment scratch = Arena.ofAuto().allocate(SCRATCH_SIZE);

    void wipeScratch() {
        scratch.fill((byte) 0);
    }
}
