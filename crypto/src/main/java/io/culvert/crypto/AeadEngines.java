package io.culvert.crypto;

import jdk.incubator.vector.VectorShape;
import org.jspecify.annotations.Nullable;

/**
 * Chooses between the implementations of ChaCha20-Poly1305. Vectors need the module {@code
 * jdk.incubator.vector} and a processor with at least 256 bits of them; and they need the JIT,
 * since interpreted vector code is a thousand times slower. So an instance starts on scalars and
 * takes vectors as {@link VectorWarmup} allows.
 *
 * <p>The system property {@value #PROPERTY}, read once, overrides the choice: {@code false} for
 * scalars, or a vector width in bits.
 */
final class AeadEngines {

    static final String PROPERTY = "culvert.crypto.vector";

    private static final int LEAST_BITS = 256;

    /** The width in use, or 0 for scalars. */
    static final int VECTOR_BITS = vectorBits(System.getProperty(PROPERTY, ""));

    private final AeadEngine scalar;
    private final boolean adaptive;
    private @Nullable AeadEngine vector;

    AeadEngines() {
        scalar = new ScalarAeadEngine();
        adaptive = VECTOR_BITS != 0;
    }

    /** No choice. */
    AeadEngines(AeadEngine only) {
        scalar = only;
        adaptive = false;
    }

    static String implementation() {
        return VECTOR_BITS == 0 ? "scalar" : "vector-" + VECTOR_BITS;
    }

    static void warmUp() {
        if (VECTOR_BITS != 0) {
            VectorWarmup.SHARED.run(new VectorAeadEngine());
        }
    }

    /** The engine for the next message, of {@code length} bytes. */
    AeadEngine forLength(int length) {
        if (!adaptive || !VectorWarmup.SHARED.takesVector(length)) {
            return scalar;
        }
        AeadEngine made = vector;
        if (made == null) {
            // Not in the constructor: loading the vector classes takes tens of milliseconds.
            made = new VectorAeadEngine();
            vector = made;
        }
        return made;
    }

    private static int vectorBits(String asked) {
        if (!asked.equals("false")) {
            VectorModule.load();
        }
        try {
            return switch (asked) {
                case "false" -> 0;
                case "128", "256", "512" ->
                        VectorShape.forBitSize(Integer.parseInt(asked)).vectorBitSize();
                default -> {
                    int bits = VectorShape.preferredShape().vectorBitSize();
                    yield bits >= LEAST_BITS ? bits : 0;
                }
            };
        } catch (LinkageError e) {
            return 0;
        }
    }
}
