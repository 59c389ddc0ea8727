package io.culvert.crypto.probe;

import io.culvert.crypto.AeadKey;
import io.culvert.crypto.ChaCha20Poly1305;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/** A program of its own: prints the implementation in use and the tag of one message. */
public final class SealProbe {

    private SealProbe() {}

    /** Takes no arguments. */
    public static void main(String[] args) {
        byte[] memory = new byte[1000 + ChaCha20Poly1305.TAG_LENGTH];
        ChaCha20Poly1305.warmUp();
        new ChaCha20Poly1305()
                .seal(new AeadKey(new byte[32], 0), 1, MemorySegment.ofArray(memory), 0, 1000);
        System.out.println(ChaCha20Poly1305.implementation());
        System.out.println(
                HexFormat.of().formatHex(memory, 1000, 1000 + ChaCha20Poly1305.TAG_LENGTH));
    }
}
