package io.culvert.crypto;

/** Scalars alone. */
class X25519BatchTest extends X25519BatchContract {

    @Override
    X25519Batch batch(int capacity) {
        return new X25519Batch(capacity, 0, false);
    }
}
