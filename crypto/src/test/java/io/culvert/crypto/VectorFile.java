package io.culvert.crypto;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Public test vectors, read where they lie beside the repository; a clone without them skips the
 * tests that need them.
 */
final class VectorFile {

    private VectorFile() {}

    static String text(String name) {
        Path path = Path.of(System.getProperty("culvert.root", ".."), "../shared/vectors", name);
        assumeTrue(Files.isReadable(path), () -> "vector file " + name + " is not on this machine");
        try {
            return Files.readString(path, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The groups of {@code key=value} lines between empty lines. */
    static List<Map<String, String>> sections(String name, char separator) {
        List<Map<String, String>> sections = new ArrayList<>();
        Map<String, String> section = new LinkedHashMap<>();
        for (String line : (text(name) + "\n\n").lines().toList()) {
            int at = line.indexOf(separator);
            if (at > 0) {
                section.put(line.substring(0, at).strip(), line.substring(at + 1).strip());
            } else if (!section.isEmpty()) {
                sections.add(section);
                section = new LinkedHashMap<>();
            }
        }
        return sections;
    }

    /** The document as maps, lists and strings; numbers too are strings. */
    static Object json(String name) {
        try (JsonParser parser =
                new JsonFactory().createParser(ObjectReadContext.empty(), text(name))) {
            parser.nextToken();
            return value(parser);
        }
    }

    /** The tests of a Wycheproof file, each with the plain entries of its group. */
    static List<Map<String, Object>> wycheproof(String name) {
        List<Map<String, Object>> tests = new ArrayList<>();
        for (Object group : list(map(json(name)).get("testGroups"))) {
            Map<String, Object> shared = new LinkedHashMap<>(map(group));
            Object cases = shared.remove("tests");
            for (Object test : list(cases)) {
                Map<String, Object> merged = new LinkedHashMap<>(shared);
                merged.putAll(map(test));
                tests.add(merged);
            }
        }
        return tests;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(@Nullable Object value) {
        return (Map<String, Object>) Objects.requireNonNull(value);
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(@Nullable Object value) {
        return (List<Object>) Objects.requireNonNull(value);
    }

    static String string(Map<String, Object> map, String key) {
        return (String) Objects.requireNonNull(map.get(key), key);
    }

    private static Object value(JsonParser parser) {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            default -> parser.getString();
        };
    }

    private static Map<String, Object> object(JsonParser parser) {
        Map<String, Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            map.put(key, value(parser));
        }
        return map;
    }

    private static List<Object> array(JsonParser parser) {
        List<Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            list.add(value(parser));
        }
        return list;
    }
}
