package io.culvert.crypto;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Unaligned little-endian access to arrays and segments: every primitive here is defined in that
 * order.
 */
final class LittleEndian {

    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private LittleEndian() {}

    static int loadInt(byte[] array, int offset) {
        return (int) INTS.get(array, offset);
    }

    static void storeInt(byte[] array, int offset, int value) {
        INTS.set(array, offset, value);
    }

    static long loadLong(byte[] array, int offset) {
        return (long) LONGS.get(array, offset);
    }

    static void storeLong(byte[] array, int offset, long value) {
        LONGS.set(array, offset, value);
    }
}
