package io.culvert.proxy;

import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The forms in which Xray takes a WireGuard key: 64 hex digits, base64 or URL-safe base64, the
 * latter two with or without padding.
 */
final class KeyText {

    /** What a key looks like, for messages; they never repeat what stood there instead. */
    static final String FORM = "32 bytes as base64 (44 characters) or as 64 hex digits";

    private static final int BYTES = 32;
    private static final int HEX_DIGITS = 64;

    private KeyText() {}

    /** The 32 bytes, or null where the text is no key. */
    static byte @Nullable [] parse(String text) {
        if (text.length() == HEX_DIGITS && text.chars().allMatch(HexFormat::isHexDigit)) {
            return HexFormat.of().parseHex(text);
        }
        String digits = text.endsWith("=") ? text.substring(0, text.length() - 1) : text;
        if (digits.indexOf('=') >= 0) {
            return null;
        }
        boolean standard = digits.indexOf('+') >= 0 || digits.indexOf('/') >= 0;
        try {
            byte[] bytes = (standard ? Base64.getDecoder() : Base64.getUrlDecoder()).decode(digits);
            return bytes.length == BYTES ? bytes : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Reads a key that may be absent; what is no key is reported without being repeated. */
    static byte @Nullable [] read(ConfigNode node, Problems problems) {
        String text = node.string(problems);
        if (text == null) {
            return null;
        }
        byte[] key = parse(text);
        if (key == null) {
            problems.error(node, "is not a key: a key is " + FORM);
        }
        return key;
    }
}
