package io.culvert.crypto;

/**
 * Every implementation of ChaCha20-Poly1305 in this module: what holds for one must hold for all.
 */
enum AeadImplementation {
    SCALAR {
        @Override
        AeadEngine engine() {
            return new ScalarAeadEngine();
        }
    };

    abstract AeadEngine engine();

    ChaCha20Poly1305 aead() {
        return new ChaCha20Poly1305(engine());
    }

    XChaCha20Poly1305 extendedAead() {
        return new XChaCha20Poly1305(aead());
    }
}
