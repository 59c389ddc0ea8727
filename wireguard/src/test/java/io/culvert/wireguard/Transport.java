package io.culvert.wireguard;

import io.culvert.crypto.ChaCha20Poly1305;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Seals anything under a session's next counter, which a device of ours would never do. */
final class Transport {
    private Transport() {}

    static byte[] seal(Keypair keypair, byte[] plain) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment m = arena.allocate(plain.length + Device.OVERHEAD);
            long counter = keypair.sendingCounter++;
            TransportMessage.header(m, 0, keypair.remoteIndex, counter);
            MemorySegment.copy(plain, 0, m, Wire.BYTE, TransportMessage.PACKET, plain.length);
            new ChaCha20Poly1305()
                    .seal(keypair.sending, counter, m, TransportMessage.PACKET, plain.length);
            return m.toArray(Wire.BYTE);
        }
    }
}
