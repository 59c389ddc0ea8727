package io.culvert.netstack;

import java.util.Arrays;
import java.util.List;

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

    int u16() {
        return octet() << Byte.SIZE | octet();
    }

    int i32() {
        return u16() << Short.SIZE | u16();
    }

    /** 0..bound - 1, from one byte if that is enough. */
    int below(int bound) {
        return (bound <= 0x100 ? octet() : u16()) % bound;
    }

    /** At most so many of the bytes that are left. */
    byte[] bytes(int most) {
        byte[] taken = Arrays.copyOfRange(data, position, Math.min(data.length, position + most));
        position += taken.length;
        return taken;
    }

    <T> T oneOf(List<T> values) {
        return values.get(below(values.size()));
    }

    /** A number at, next to or far from one that matters; it may wrap around. */
    int near(int base) {
        return switch (octet() % 6) {
            case 0 -> base;
            case 1 -> base + (byte) octet();
            case 2 -> base + 8 * (short) u16();
            case 3 -> base + Integer.MIN_VALUE + (byte) octet();
            case 4 -> base + 1_000 * (byte) octet();
            default -> i32();
        };
    }

    /**
     * Does to a packet what an attacker could: flips, overwrites, cuts or lengthens it, up to three
     * times. The result may equal the original.
     */
    byte[] mutate(byte[] original) {
        byte[] packet = original.clone();
        for (int i = octet() % 4; i > 0; i--) {
            packet = mutateOnce(packet);
        }
        return packet;
    }

    private byte[] mutateOnce(byte[] packet) {
        int kind = octet() % 5;
        if (packet.length == 0 || kind == 0) {
            byte[] tail = bytes(octet() % 40);
            byte[] longer = Arrays.copyOf(packet, packet.length + tail.length);
            System.arraycopy(tail, 0, longer, packet.length, tail.length);
            return longer;
        }
        int at = below(flag() ? Math.min(packet.length, 60) : packet.length);
        switch (kind) {
            case 1 -> {
                return Arrays.copyOf(packet, at);
            }
            case 2 -> packet[at] ^= (byte) (1 << octet() % Byte.SIZE);
            case 3 -> packet[at] = (byte) octet();
            default -> {
                byte[] patch = bytes(Math.min(1 + octet() % 8, packet.length - at));
                System.arraycopy(patch, 0, packet, at, patch.length);
            }
        }
        return packet;
    }

    static void require(boolean holds, String claim) {
        if (!holds) {
            throw new AssertionError("does not hold: " + claim);
        }
    }
}
