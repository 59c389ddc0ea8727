package io.culvert.wireguard;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of one fuzzing run, read as decisions. When they are used up, every decision is 0. */
final class FuzzInput {
    private final byte[] data;
    private int position;

    FuzzInput(byte[] data) {
        this.data = data;
    }

    boolean isEmpty() {
        return position >= data.length;
    }

    int octet() {
        return isEmpty() ? 0 : data[position++] & 0xff;
    }

    boolean flag() {
        return (octet() & 1) != 0;
    }

    /** 0..bound - 1, from two bytes. */
    int below(int bound) {
        return (octet() << Byte.SIZE | octet()) % bound;
    }

    long number() {
        long value = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            value = value << Byte.SIZE | octet();
        }
        return value;
    }

    /** At most so many of the bytes that are left. */
    byte[] bytes(int most) {
        byte[] taken = Arrays.copyOfRange(data, position, Math.min(data.length, position + most));
        position += taken.length;
        return taken;
    }

    String text() {
        return new String(bytes(data.length), StandardCharsets.UTF_8);
    }

    /**
     * Does to a message what an attacker on the way could: flips, overwrites, cuts or lengthens it,
     * once or several times. The result may equal the original.
     */
    byte[] mutate(byte[] original) {
        byte[] message = original.clone();
        int changes = 1 + octet() % 4;
        for (int i = 0; i < changes; i++) {
            message = mutateOnce(message);
        }
        return message;
    }

    private byte[] mutateOnce(byte[] message) {
        int kind = octet() % 5;
        if (message.length == 0 || kind == 0) {
            byte[] tail = bytes(octet() % 40);
            byte[] longer = Arrays.copyOf(message, message.length + tail.length);
            System.arraycopy(tail, 0, longer, message.length, tail.length);
            return longer;
        }
        int at = below(message.length);
        if (kind == 1) {
            return Arrays.copyOf(message, at);
        }
        if (kind == 2) {
            message[at] ^= (byte) (1 << (octet() % Byte.SIZE));
        } else if (kind == 3) {
            message[at] = (byte) octet();
        } else {
            byte[] patch = bytes(Math.min(1 + octet() % 32, message.length - at));
            System.arraycopy(patch, 0, message, at, patch.length);
        }
        return message;
    }

    static void require(boolean holds, String claim) {
        if (!holds) {
            throw new AssertionError("does not hold: " + claim);
        }
    }
}
