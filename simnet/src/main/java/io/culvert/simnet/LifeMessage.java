package io.culvert.simnet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** WireGuard's messages as an onlooker on the path reads them (paper, section 5.4). */
final class LifeMessage {
    static final int INITIATION = 1;
    static final int RESPONSE = 2;
    static final int COOKIE = 3;
    static final int DATA = 4;

    static final int INITIATION_LENGTH = 148;
    static final int RESPONSE_LENGTH = 92;
    static final int COOKIE_LENGTH = 64;
    static final int KEEPALIVE_LENGTH = 32;

    /** Of mac1 and of mac2. */
    static final int MAC_LENGTH = 16;

    private static final int SENDER = 4;
    private static final int COUNTER = 8;
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private LifeMessage() {}

    /** 1 to 4, or 0 when type and length don't go together. */
    static int type(byte[] data, int length) {
        int type = length < Integer.BYTES ? 0 : intLe(data, 0);
        boolean fits =
                switch (type) {
                    case INITIATION -> length == INITIATION_LENGTH;
                    case RESPONSE -> length == RESPONSE_LENGTH;
                    case COOKIE -> length == COOKIE_LENGTH;
                    case DATA -> length >= KEEPALIVE_LENGTH;
                    default -> false;
                };
        return fits ? type : 0;
    }

    static boolean isHandshake(int type) {
        return type == INITIATION || type == RESPONSE;
    }

    /** The sender's index, in an initiation or a response. */
    static int sender(byte[] data) {
        return intLe(data, SENDER);
    }

    /** The receiver's index, in all but an initiation. */
    static int receiver(byte[] data, int type) {
        return intLe(data, type == RESPONSE ? SENDER + Integer.BYTES : SENDER);
    }

    static long counter(byte[] data) {
        return (long) LONG.get(data, COUNTER);
    }

    /** Where mac1 lies in a handshake message of that length. */
    static int mac1(int length) {
        return length - 2 * MAC_LENGTH;
    }

    /**
     * Begin of what only the sender could have made. Indices of handshake messages are covered by
     * mac1 alone, which everybody can compute who knows the receiver's public key.
     */
    static int authenticFrom(int type) {
        return switch (type) {
            case INITIATION -> 8;
            case RESPONSE -> 12;
            default -> 0;
        };
    }

    /** End of what only the sender could have made. */
    static int authenticTo(int type, int length) {
        return isHandshake(type) ? mac1(length) : length;
    }

    /** What tells a message from all others of its type. */
    static long identity(byte[] data, int type) {
        return switch (type) {
            case INITIATION -> (long) LONG.get(data, 8);
            case RESPONSE -> (long) LONG.get(data, 12);
            case COOKIE -> (long) LONG.get(data, 8);
            default -> counter(data) ^ ((long) receiver(data, type) << Integer.SIZE);
        };
    }

    static int intLe(byte[] data, int offset) {
        return (int) INT.get(data, offset);
    }

    static void intLe(byte[] data, int offset, int value) {
        INT.set(data, offset, value);
    }
}
