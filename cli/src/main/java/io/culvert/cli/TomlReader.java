package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** Reads Xray's configuration in TOML into the neutral tree. */
final class TomlReader {
    private final String file;

    private TomlReader(String file) {
        this.file = file;
    }

    /**
     * The root table's members by lower-case name, or null when the text is no TOML (reported as of
     * {@code file}).
     */
    static @Nullable Map<String, ConfigNode> read(String file, String text, Problems problems) {
        TomlParseResult parsed = Toml.parse(text);
        if (parsed.hasErrors()) {
            // What follows the first one mostly follows from it.
            TomlParseError first = parsed.errors().getFirst();
            TomlPosition at = first.position();
            problems.error(
                    new Place(file, at.line(), at.column(), ""),
                    "broken TOML: " + sentence(String.valueOf(first.getMessage())));
            return null;
        }
        TomlReader reader = new TomlReader(file);
        Map<String, ConfigNode> members = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : parsed.entrySet()) {
            String key = entry.getKey();
            members.put(
                    key.toLowerCase(Locale.ROOT),
                    reader.node(entry.getValue(), reader.place(parsed, key, key)));
        }
        return members;
    }

    private ConfigNode node(Object value, Place place) {
        return switch (value) {
            case TomlTable table -> object(table, place);
            case TomlArray array -> array(array, place);
            case String text -> ConfigNode.string(place, text);
            case Long number -> ConfigNode.integer(place, number);
            case Double number -> ConfigNode.decimal(place, number);
            case Boolean truth -> ConfigNode.bool(place, truth);
            // A time of day or a date: nothing of ours is one, but its text may be meant.
            default -> ConfigNode.string(place, value.toString());
        };
    }

    private ConfigNode object(TomlTable table, Place place) {
        ConfigNode object = ConfigNode.object(place);
        for (Map.Entry<String, Object> entry : table.entrySet()) {
            String key = entry.getKey();
            object.put(key, node(entry.getValue(), place(table, key, place.path() + "." + key)));
        }
        return object;
    }

    private ConfigNode array(TomlArray values, Place place) {
        ConfigNode array = ConfigNode.array(place);
        for (int i = 0; i < values.size(); i++) {
            array.add(
                    node(
                            values.get(i),
                            at(values.inputPositionOf(i), place.path() + "[" + i + "]")));
        }
        return array;
    }

    private Place place(TomlTable table, String key, String path) {
        return at(table.inputPositionOf(List.of(key)), path);
    }

    private Place at(@Nullable TomlPosition position, String path) {
        return position == null
                ? new Place(file, 0, 0, path)
                : new Place(file, position.line(), position.column(), path);
    }

    /** The parser's words, without what it quotes of the file: that may be a secret. */
    private static String sentence(String message) {
        return LogLine.oneLine(message)
                .replaceFirst("^Unexpected '.{2,}', expected", "Unexpected text, expected")
                .replaceFirst("^Unexpected", "unexpected");
    }
}
