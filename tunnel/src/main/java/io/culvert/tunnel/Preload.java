package io.culvert.tunnel;

import io.culvert.crypto.ChaCha20Poly1305;
import io.culvert.crypto.X25519;
import io.culvert.wireguard.PrivateKey;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.epoll.Epoll;

/** Loads beside other work what the first tunnel would have to load while somebody waits for it. */
public final class Preload {
    private Preload() {}

    /** Native libraries, system calls, ciphers. Any thread; harmless where they can't be loaded. */
    public static void run() {
        ByteBufAllocator.DEFAULT.directBuffer().release();
        try {
            if (Epoll.isAvailable()) {
                LinuxCalls.describe(0);
            }
        } catch (LinkageError e) {
            // UdpTransportChoice says what it does instead.
        }
        PrivateKey.of(new byte[X25519.KEY_LENGTH]).publicKey();
        ChaCha20Poly1305.implementation();
    }
}
