package io.culvert.wireguard;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Byte orders on the wire: WireGuard's fields are little-endian, IP's and TAI64N's big-endian. */
final class Wire {
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfInt INT_LE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT_BE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfInt INT_BE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfLong LONG_BE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final VarHandle INT_LE_ARRAY =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_BE_ARRAY =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG_BE_ARRAY =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Wire() {}

    static int intLe(byte[] array, int offset) {
        return (int) INT_LE_ARRAY.get(array, offset);
    }

    static void intLe(byte[] array, int offset, int value) {
        INT_LE_ARRAY.set(array, offset, value);
    }

    static int intBe(byte[] array, int offset) {
        return (int) INT_BE_ARRAY.get(array, offset);
    }

    static void intBe(byte[] array, int offset, int value) {
        INT_BE_ARRAY.set(array, offset, value);
    }

    static long longBe(byte[] array, int offset) {
        return (long) LONG_BE_ARRAY.get(array, offset);
    }

    static void longBe(byte[] array, int offset, long value) {
        LONG_BE_ARRAY.set(array, offset, value);
    }
}
