package io.culvert.crypto;

import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The species of vector code, fixed when the class is loaded so that the compiler sees constants.
 */
final class VectorWidth {

    private static final VectorShape SHAPE =
            AeadEngines.VECTOR_BITS == 0
                    ? VectorShape.preferredShape()
                    : VectorShape.forBitSize(AeadEngines.VECTOR_BITS);

    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);
    static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, SHAPE);

    private VectorWidth() {}
}
