package io.culvert.cli;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The languages that a configuration is written in. */
enum ConfigFormat {
    /** What a file's name says, or how its text begins. */
    AUTO(),
    JSON("json", "jsonc"),
    TOML("toml"),
    YAML("yaml", "yml"),
    /** wg-quick's. */
    CONF("conf");

    /** For messages. */
    static final String CHOICE = "auto, json, toml, yaml or conf";

    /** How names of such files end, without the dot. */
    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> endings;

    ConfigFormat(String... endings) {
        this.endings = List.of(endings);
    }

    /** The one of that name or ending, in any case; null when there is none. */
    static @Nullable ConfigFormat named(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        for (ConfigFormat format : values()) {
            if (format.endings.contains(lower) || format.toString().equals(lower)) {
                return format;
            }
        }
        return null;
    }

    /** By the end of a file's name. */
    static ConfigFormat ofFile(String name) {
        ConfigFormat format = named(name.substring(name.lastIndexOf('.') + 1));
        return name.indexOf('.') < 0 || format == null ? AUTO : format;
    }

    /** By what a text begins with, where its name says nothing: JSON or wg-quick's. */
    static ConfigFormat ofText(String text) {
        for (String line : (Iterable<String>) text.lines()::iterator) {
            String start = line.strip();
            // Both JSON, as Xray reads it, and wg-quick's files have # comments.
            if (!start.isEmpty() && !start.startsWith("#")) {
                boolean json =
                        start.startsWith("{") || start.startsWith("//") || start.startsWith("/*");
                return json ? JSON : CONF;
            }
        }
        return CONF;
    }

    /** Whether a file of that name in a directory is meant when files of this format are. */
    boolean takes(String name) {
        ConfigFormat format = ofFile(name);
        return this == AUTO ? format != AUTO && format != CONF : format == this;
    }

    /** How files that it takes end, for messages. */
    String shownEndings() {
        return this == AUTO
                ? ".json, .jsonc, .toml, .yaml or .yml"
                : "." + String.join(" or .", endings);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
