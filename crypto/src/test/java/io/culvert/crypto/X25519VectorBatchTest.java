package io.culvert.crypto;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeAll;

class X25519VectorBatchTest extends X25519BatchContract {

    @BeforeAll
    static void needsVectors() {
        assumeTrue(AeadEngines.VECTOR_BITS != 0, "no vectors of 256 bits here");
    }

    @Override
    X25519Batch batch(int capacity) {
        return new X25519Batch(capacity, AeadEngines.VECTOR_BITS / Long.SIZE, true);
    }
}
