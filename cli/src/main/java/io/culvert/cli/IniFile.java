package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a wg-quick file: sections in file order, repeated ones kept apart. Names match
 * without regard to case. A comment starts with {@code #} anywhere, or with {@code ;} at the start
 * of a line or behind a space; a value in quotes is taken as it stands. wg-quick keeps {@code #} in
 * the values of its hooks, and so does this.
 */
final class IniFile {

    /** One {@code Key = Value} line; its place has a path like {@code [Peer] PublicKey}. */
    record Entry(String key, String value, Place place) {
        boolean is(String name) {
            return key.equalsIgnoreCase(name);
        }

        /** One of wg-quick's commands. */
        boolean isHook() {
            return HOOKS.contains(key.toLowerCase(Locale.ROOT));
        }

        ConfigNode text() {
            return ConfigNode.string(place, value);
        }

        /**
         * A number node, or a text node where the value is none: whoever wants a number says so.
         */
        ConfigNode number() {
            return value.matches("-?[0-9]{1,18}")
                    ? ConfigNode.integer(place, Long.parseLong(value))
                    : text();
        }

        /** The non-empty parts of a comma list. */
        List<Entry> parts() {
            List<Entry> parts = new ArrayList<>();
            for (String part : value.split(",", -1)) {
                if (!part.isBlank()) {
                    parts.add(new Entry(key, part.strip(), place));
                }
            }
            return parts;
        }
    }

    /** The lines under one header; those before the first header are in a section without name. */
    record Section(String name, Place place, List<Entry> entries) {
        boolean is(String other) {
            return name.equalsIgnoreCase(other);
        }

        /** Where a key that isn't there would be. */
        Place missing(String key) {
            return place.at(place.path() + " " + key);
        }

        /** The last of the entries of that name, or null. */
        @Nullable Entry last(String key) {
            Entry last = null;
            for (Entry entry : entries) {
                if (entry.is(key)) {
                    last = entry;
                }
            }
            return last;
        }
    }

    private static final Set<String> HOOKS = Set.of("preup", "postup", "predown", "postdown");

    private final String file;
    private final Problems problems;
    private final List<Section> sections = new ArrayList<>();

    private IniFile(String file, Problems problems) {
        this.file = file;
        this.problems = problems;
        sections.add(new Section("", new Place(file, 1, 1, ""), new ArrayList<>()));
    }

    /** Splits {@code text}; lines that are neither header, pair nor comment are reported. */
    static List<Section> parse(String file, String text, Problems problems) {
        IniFile ini = new IniFile(file, problems);
        int number = 0;
        for (String line : text.split("\\R", -1)) {
            number++;
            ini.line(line, number);
        }
        return ini.sections;
    }

    private void line(String raw, int number) {
        String line = raw.strip();
        if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
            return;
        }
        int column = raw.indexOf(line) + 1;
        if (line.startsWith("[")) {
            header(line, number, column);
            return;
        }
        int equals = line.indexOf('=');
        if (equals <= 0) {
            problems.error(
                    new Place(file, number, column, ""), "is neither a [Section] nor Key = Value");
            return;
        }
        String key = line.substring(0, equals).strip();
        String value = value(key, line.substring(equals + 1).strip());
        Section section = sections.getLast();
        String path = (section.place().path() + " " + key).strip();
        section.entries().add(new Entry(key, value, new Place(file, number, column, path)));
    }

    private void header(String line, int number, int column) {
        String name = withoutComment(line);
        if (!name.endsWith("]")) {
            problems.error(new Place(file, number, column, ""), "a section's name ends with ]");
            return;
        }
        name = name.substring(1, name.length() - 1).strip();
        Place place = new Place(file, number, column, "[" + name + "]");
        sections.add(new Section(name, place, new ArrayList<>()));
    }

    private static String value(String key, String text) {
        if (HOOKS.contains(key.toLowerCase(Locale.ROOT))) {
            return text;
        }
        if (text.startsWith("\"") || text.startsWith("'") || text.startsWith("`")) {
            int end = text.indexOf(text.charAt(0), 1);
            if (end > 0 && withoutComment(text.substring(end + 1)).isEmpty()) {
                return text.substring(1, end);
            }
        }
        return withoutComment(text);
    }

    private static String withoutComment(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean spaceBefore = i == 0 || Character.isWhitespace(text.charAt(i - 1));
            if (c == '#' || (c == ';' && spaceBefore)) {
                return text.substring(0, i).strip();
            }
        }
        return text;
    }
}
