package io.culvert.proxy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks the fields of one Protocol Buffers message (the wire format of protobuf's encoding guide:
 * varints, and a length before whatever is longer). Anything malformed is an {@link
 * IllegalArgumentException}.
 */
final class ProtoReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;
    private static final int MAX_VARINT_BITS = 70;

    private final ByteBuffer in;
    private int type;

    /** Over what lies between the buffer's position and its limit. */
    ProtoReader(ByteBuffer in) {
        this.in = in;
    }

    /** The number of the next field, whose value must be read or skipped then; 0 at the end. */
    int next() {
        if (!in.hasRemaining()) {
            return 0;
        }
        long key = varint();
        type = (int) key & 7;
        int field = (int) (key >>> 3);
        if (field <= 0) {
            throw new IllegalArgumentException("field " + field);
        }
        return field;
    }

    /** Whether {@link #number} gives the field's value. */
    boolean isNumber() {
        return type == VARINT;
    }

    /** Whether {@link #bytes} gives the field's value. */
    boolean isBytes() {
        return type == LENGTH;
    }

    /** The numbers of a list without their fields' numbers between them. */
    static List<Long> packed(ByteBuffer list) {
        ProtoReader in = new ProtoReader(list);
        List<Long> numbers = new ArrayList<>();
        while (list.hasRemaining()) {
            numbers.add(in.varint());
        }
        return numbers;
    }

    /** The value of a whole number or truth value. */
    long number() {
        require(VARINT);
        return varint();
    }

    /** The bytes of a text, a message or bytes, as a view. */
    ByteBuffer bytes() {
        require(LENGTH);
        long length = varint();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("a field ends behind its message");
        }
        ByteBuffer bytes = in.slice(in.position(), (int) length);
        in.position(in.position() + (int) length);
        return bytes;
    }

    String text() {
        return StandardCharsets.UTF_8.decode(bytes()).toString();
    }

    void skip() {
        switch (type) {
            case VARINT -> varint();
            case LENGTH -> bytes();
            case FIXED64 -> advance(Long.BYTES);
            case FIXED32 -> advance(Integer.BYTES);
            default -> throw new IllegalArgumentException("wire type " + type);
        }
    }

    private void advance(int bytes) {
        if (bytes > in.remaining()) {
            throw new IllegalArgumentException("a field ends behind its message");
        }
        in.position(in.position() + bytes);
    }

    private void require(int wanted) {
        if (type != wanted) {
            throw new IllegalArgumentException("wire type " + type + " instead of " + wanted);
        }
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
            if (!in.hasRemaining()) {
                throw new IllegalArgumentException("a number ends behind its message");
            }
            byte b = in.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a number of more than ten bytes");
    }
}
