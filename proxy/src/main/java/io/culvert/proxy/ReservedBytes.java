package io.culvert.proxy;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The three bytes behind the type of a WireGuard message, as a file gives them. */
record ReservedBytes(byte first, byte second, byte third) {
    private static final int LENGTH = 3;
    private static final String FORM =
            "must be three numbers from 0 to 255, or three bytes as base64";

    byte[] toArray() {
        return new byte[] {first, second, third};
    }

    /**
     * Reads a list of numbers or text in base64; null if there is none, or it is reported wrong.
     */
    static @Nullable ReservedBytes read(ConfigNode node, Problems problems) {
        List<Byte> bytes =
                switch (node.kind()) {
                    case ABSENT, NULL -> List.of();
                    case STRING -> decoded(node.string(problems, ""));
                    case ARRAY -> numbers(node, problems);
                    default -> List.of((byte) 0);
                };
        if (bytes.size() == LENGTH) {
            return new ReservedBytes(bytes.get(0), bytes.get(1), bytes.get(2));
        }
        if (!bytes.isEmpty()) {
            problems.error(node, FORM);
        }
        return null;
    }

    private static List<Byte> numbers(ConfigNode node, Problems problems) {
        List<Byte> bytes = new ArrayList<>();
        for (ConfigNode element : node.elements()) {
            if (element.isAbsent()) {
                return List.of((byte) 0); // null among numbers is as wrong as a number too many
            }
            bytes.add((byte) element.integer(problems, 0, 255, 0));
        }
        return bytes;
    }

    /** Padded base64 only, as Xray reads it; one byte, which is never right, for what is none. */
    private static List<Byte> decoded(String text) {
        if (text.length() % 4 != 0) {
            return List.of((byte) 0);
        }
        try {
            List<Byte> bytes = new ArrayList<>();
            for (byte b : Base64.getDecoder().decode(text)) {
                bytes.add(b);
            }
            return bytes;
        } catch (IllegalArgumentException e) {
            return List.of((byte) 0);
        }
    }
}
