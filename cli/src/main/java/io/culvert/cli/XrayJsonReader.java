package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * Reads Xray's JSON into the neutral tree: comments ({@code //}, {@code /* *}{@code /}, {@code #}),
 * trailing commas and a byte order mark are allowed, of a repeated key the last one counts, and
 * text behind the root object is ignored.
 */
final class XrayJsonReader {
    private static final int MAX_NESTING = 200;
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                    .enable(JsonReadFeature.ALLOW_YAML_COMMENTS)
                    .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
                    .build();

    private final String file;
    private final JsonParser parser;

    private XrayJsonReader(String file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /**
     * The root object's members by lower-case name, or null when the text is no JSON object
     * (reported as of {@code file}).
     */
    static @Nullable Map<String, ConfigNode> read(String file, String text, Problems problems) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
            JsonToken first = parser.nextToken();
            if (first != JsonToken.START_OBJECT) {
                String what = first == null ? "is empty" : "does not start with an object";
                problems.error(
                        new Place(file, 0, 0, ""),
                        what + ": Xray's configuration is a JSON object { … }");
                return null;
            }
            return new XrayJsonReader(file, parser).root();
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            Place place =
                    at == null
                            ? new Place(file, 0, 0, "")
                            : new Place(file, at.getLineNr(), at.getColumnNr(), "");
            problems.error(place, "broken JSON: " + sentence(e.getOriginalMessage()));
            return null;
        }
    }

    private Map<String, ConfigNode> root() {
        Map<String, ConfigNode> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            members.put(key.toLowerCase(Locale.ROOT), value(parser.nextToken(), key));
        }
        return members;
    }

    private ConfigNode value(@Nullable JsonToken token, String path) {
        TokenStreamLocation at = parser.currentTokenLocation();
        Place place = new Place(file, at.getLineNr(), at.getColumnNr(), path);
        return switch (token) {
            case START_OBJECT -> object(place);
            case START_ARRAY -> array(place);
            case VALUE_STRING -> ConfigNode.string(place, parser.getString());
            case VALUE_NUMBER_INT -> integer(place);
            case VALUE_NUMBER_FLOAT -> ConfigNode.decimal(place, parser.getDoubleValue());
            case VALUE_TRUE -> ConfigNode.bool(place, true);
            case VALUE_FALSE -> ConfigNode.bool(place, false);
            case VALUE_NULL -> ConfigNode.nil(place);
            case null, default -> throw new IllegalStateException("no value: " + token);
        };
    }

    private ConfigNode object(Place place) {
        ConfigNode object = ConfigNode.object(place);
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            object.put(key, value(parser.nextToken(), place.path() + "." + key));
        }
        return object;
    }

    private ConfigNode array(Place place) {
        ConfigNode array = ConfigNode.array(place);
        int index = 0;
        for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
            array.add(value(t, place.path() + "[" + index + "]"));
            index++;
        }
        return array;
    }

    private ConfigNode integer(Place place) {
        return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                ? ConfigNode.decimal(place, parser.getDoubleValue())
                : ConfigNode.integer(place, parser.getLongValue());
    }

    /**
     * The parser's words, shortened, and without what it quotes of the file: that may be a secret.
     */
    private static String sentence(String message) {
        String line = LogLine.oneLine(message.lines().findFirst().orElse("unreadable"));
        if (line.startsWith("Unrecognized token")) {
            return "a value is neither text in double quotes nor a number, true, false, null, { or [";
        }
        if (line.startsWith("Document nesting depth")) {
            return "nested deeper than " + MAX_NESTING + " levels";
        }
        return line.replaceAll(" \\((start marker at|for \\w+ starting at) .*\\)$", "")
                .replaceAll(" \\(JSON String,[^)]*\\)", "")
                .replaceAll("\\(('.+') \\(code \\d+[^)]*\\)\\)", "$1")
                .replace("Unexpected end-of-input", "unexpected end of the file")
                .replace("Unexpected", "unexpected");
    }
}
