package io.culvert.crypto;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Every implementation of ChaCha20-Poly1305 in this module: what holds for one must hold for all.
 */
enum AeadImplementation {
    SCALAR {
        @Override
        AeadEngine engine() {
            return new ScalarAeadEngine();
        }
    },
    VECTOR {
        @Override
        AeadEngine engine() {
            assumeTrue(
                    ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
                    "the module jdk.incubator.vector is not there");
            return new VectorAeadEngine();
        }
    };

    abstract AeadEngine engine();

    ChaCha20Poly1305 aead() {
        return new ChaCha20Poly1305(new AeadEngines(engine()));
    }

    XChaCha20Poly1305 extendedAead() {
        return new XChaCha20Poly1305(aead());
    }
}
