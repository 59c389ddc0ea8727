package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * A line of a request while it is read, of the form {@code key=value}. It may hold a secret, so it
 * is one buffer that is zeroed, and of its value only what cannot be secret becomes a string.
 */
final class UapiLine {
    /** Longest line in bytes, without its newline. */
    static final int CAPACITY = 4096;

    /** Bytes of a key on the wire; twice as many digits in text. */
    static final int KEY_LENGTH = 32;

    /** Longer than any name of the protocol. */
    private static final int LONGEST_NAME = 64;

    private final byte[] bytes = new byte[CAPACITY];
    private int length;
    private boolean tooLong;

    /**
     * Takes what belongs to the line, its newline included; what doesn't fit is skipped.
     *
     * @return whether the line is whole; if not, everything was taken
     */
    boolean take(ByteBuf in) {
        int end = in.bytesBefore((byte) '\n');
        int coming = end < 0 ? in.readableBytes() : end;
        int fitting = Math.min(coming, CAPACITY - length);
        in.readBytes(bytes, length, fitting);
        length += fitting;
        if (coming > fitting) {
            tooLong = true;
            in.skipBytes(coming - fitting);
        }
        if (end >= 0) {
            in.skipBytes(1);
        }
        return end >= 0;
    }

    /** Zeroes it, ready for the next line. */
    void clear() {
        Arrays.fill(bytes, 0, length, (byte) 0);
        length = 0;
        tooLong = false;
    }

    boolean isEmpty() {
        return length == 0;
    }

    boolean isTooLong() {
        return tooLong;
    }

    /** Whether the whole line is this. */
    boolean is(String text) {
        return length == text.length() && !tooLong && matches(0, text);
    }

    /**
     * What is before the first equals sign.
     *
     * @throws UapiException EPROTO if there is none
     */
    String name() throws UapiException {
        int equals = equals();
        if (equals < 0) {
            throw new UapiException(UapiErrno.EPROTO, "a line is not of the form key=value");
        }
        for (int i = 0; i < equals; i++) {
            boolean plain = (bytes[i] >= 'a' && bytes[i] <= 'z') || bytes[i] == '_';
            if (!plain || equals > LONGEST_NAME) {
                return ""; // of no known key, and not for the log
            }
        }
        return ascii(0, equals);
    }

    /** Whether the value is this. */
    boolean valueIs(String text) {
        int start = equals() + 1;
        return length - start == text.length() && matches(start, text);
    }

    /** The value, which must not be a secret. */
    String value() {
        int start = equals() + 1;
        return ascii(start, length - start);
    }

    /**
     * The value as a decimal number.
     *
     * @throws UapiException EINVAL if it is anything else than digits, or greater than {@code max}
     */
    long number(long max) throws UapiException {
        int start = equals() + 1;
        long number = 0;
        for (int i = start; i < length; i++) {
            int digit = bytes[i] - '0';
            number = number * 10 + digit;
            if (digit < 0 || digit > 9 || number > max) {
                throw notANumber(max);
            }
        }
        if (start == length) {
            throw notANumber(max);
        }
        return number;
    }

    private UapiException notANumber(long max) throws UapiException {
        return UapiException.invalid(name() + " is not a whole number from 0 to " + max);
    }

    /**
     * Writes the value, 64 hexadecimal digits, into 32 bytes, without a branch or a memory access
     * that depends on it.
     *
     * @throws UapiException EINVAL if it is anything else; {@code out} is zero then
     */
    void key(byte[] out) throws UapiException {
        int start = equals() + 1;
        int wrong = (length - start) ^ (2 * KEY_LENGTH);
        for (int i = 0; i < KEY_LENGTH && wrong == 0; i++) {
            int high = digit(bytes[start + 2 * i]);
            int low = digit(bytes[start + 2 * i + 1]);
            out[i] = (byte) ((high << 4) | (low & 0xf));
            wrong = (high | low) & ~0xff;
        }
        if (wrong != 0) {
            Arrays.fill(out, (byte) 0);
            throw UapiException.invalid(name() + " is not 64 hexadecimal digits");
        }
    }

    /** 0..15, or negative; as {@code wg} computes it. */
    private static int digit(byte c) {
        int decimal = c - '0';
        int letter = (c | 0x20) - 'a';
        // each mask is all ones where its difference is within the range
        int isDecimal = ~(decimal | (9 - decimal)) >> 31;
        int isLetter = ~(letter | (5 - letter)) >> 31;
        return (decimal & isDecimal) | ((letter + 10) & isLetter) | ~(isDecimal | isLetter);
    }

    private int equals() {
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '=') {
                return i;
            }
        }
        return -1;
    }

    private boolean matches(int from, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (bytes[from + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** With a question mark for what a log should not be given. */
    private String ascii(int from, int count) {
        char[] text = new char[count];
        for (int i = 0; i < count; i++) {
            byte b = bytes[from + i];
            text[i] = b > ' ' && b < 0x7f ? (char) b : '?';
        }
        return new String(text);
    }

    @Override
    public String toString() {
        return "UapiLine[" + length + " bytes]";
    }
}
