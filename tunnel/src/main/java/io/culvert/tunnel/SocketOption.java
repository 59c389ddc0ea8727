package io.culvert.tunnel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One {@code setsockopt(2)} of the operating system's: what it is called, its numbers, and the
 * value as the kernel reads it.
 */
public final class SocketOption {
    private final String name;
    private final int level;
    private final int number;
    private final byte[] value;

    private SocketOption(String name, int level, int number, byte[] value) {
        this.name = name;
        this.level = level;
        this.number = number;
        this.value = value;
    }

    /** An option whose value is an {@code int}. */
    public static SocketOption of(String name, int level, int number, int value) {
        byte[] bytes = new byte[Integer.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(value);
        return new SocketOption(name, level, number, bytes);
    }

    /** An option whose value is text, such as the name of an interface. */
    public static SocketOption of(String name, int level, int number, String value) {
        return new SocketOption(name, level, number, value.getBytes(StandardCharsets.UTF_8));
    }

    /** For messages: {@code SO_MARK}. */
    public String name() {
        return name;
    }

    public int level() {
        return level;
    }

    public int number() {
        return number;
    }

    public byte[] value() {
        return value.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SocketOption that
                && level == that.level
                && number == that.number
                && name.equals(that.name)
                && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return (31 * level + number) * 31 + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return name;
    }
}
