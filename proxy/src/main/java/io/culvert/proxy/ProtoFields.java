package io.culvert.proxy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of one Protocol Buffers message by number; what isn't there has its default value, as
 * proto3 has it. A field of another type than is asked for, and anything malformed, is an {@link
 * IllegalArgumentException}.
 */
final class ProtoFields {

    /** What a message without any field is. */
    static final ProtoFields NONE = new ProtoFields(Map.of(), Map.of());

    private final Map<Integer, List<Long>> numbers;
    private final Map<Integer, List<ByteBuffer>> bytes;

    private ProtoFields(Map<Integer, List<Long>> numbers, Map<Integer, List<ByteBuffer>> bytes) {
        this.numbers = numbers;
        this.bytes = bytes;
    }

    static ProtoFields of(ByteBuffer message) {
        Map<Integer, List<Long>> numbers = new HashMap<>();
        Map<Integer, List<ByteBuffer>> bytes = new HashMap<>();
        ProtoReader in = new ProtoReader(message.duplicate());
        for (int field = in.next(); field != 0; field = in.next()) {
            if (in.isNumber()) {
                numbers.computeIfAbsent(field, f -> new ArrayList<>()).add(in.number());
            } else if (in.isBytes()) {
                bytes.computeIfAbsent(field, f -> new ArrayList<>()).add(in.bytes());
            } else {
                in.skip();
            }
        }
        return new ProtoFields(numbers, bytes);
    }

    boolean has(int field) {
        return bytes.containsKey(field) || numbers.containsKey(field);
    }

    /** Whether the field holds messages, not a number. */
    boolean isList(int field) {
        return bytes.containsKey(field);
    }

    /** Of several the last counts. */
    long number(int field) {
        return numbers.getOrDefault(field, List.of(0L)).getLast();
    }

    /** Those of a list, packed or not. */
    List<Long> numbers(int field) {
        List<Long> all = new ArrayList<>(numbers.getOrDefault(field, List.of()));
        for (ByteBuffer packed : bytes.getOrDefault(field, List.of())) {
            all.addAll(ProtoReader.packed(packed.duplicate()));
        }
        return all;
    }

    boolean bool(int field) {
        return number(field) != 0;
    }

    String text(int field) {
        return decoded(raw(field));
    }

    List<String> texts(int field) {
        return bytes.getOrDefault(field, List.of()).stream().map(ProtoFields::decoded).toList();
    }

    byte[] bytes(int field) {
        return copy(raw(field));
    }

    /** Those of a list. */
    List<byte[]> allBytes(int field) {
        return bytes.getOrDefault(field, List.of()).stream().map(ProtoFields::copy).toList();
    }

    private static byte[] copy(ByteBuffer raw) {
        byte[] copy = new byte[raw.remaining()];
        raw.duplicate().get(copy);
        return copy;
    }

    ProtoFields message(int field) {
        return of(raw(field));
    }

    List<ProtoFields> messages(int field) {
        return bytes.getOrDefault(field, List.of()).stream().map(ProtoFields::of).toList();
    }

    /** A map from texts to texts. */
    Map<String, String> map(int field) {
        Map<String, String> map = new LinkedHashMap<>();
        messages(field).forEach(entry -> map.put(entry.text(1), entry.text(2)));
        return map;
    }

    private ByteBuffer raw(int field) {
        List<ByteBuffer> all = bytes.get(field);
        return all == null ? ByteBuffer.allocate(0) : all.getLast();
    }

    private static String decoded(ByteBuffer raw) {
        return StandardCharsets.UTF_8.decode(raw.duplicate()).toString();
    }
}
