package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.ConfigNode.Kind;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The files of one command line, read by what they are and made one tree as Xray does it. */
final class ConfigFiles {
    private static final List<String> LISTS = List.of("inbounds", "outbounds");

    private ConfigFiles() {}

    /**
     * The tree of all files together.
     *
     * <p>Of a section that several files have, the last file's counts. An inbound or outbound
     * replaces the one with its tag; otherwise inbounds are appended, and outbounds are put before
     * the others (so that a later file may give the default), or behind them where the file's name
     * contains {@code tail}.
     *
     * @param format their language
     * @param environment what stands for {@code $NAME} in a wg-quick file
     */
    static ConfigNode read(
            List<Path> files,
            ConfigFormat format,
            Function<String, @Nullable String> environment,
            Problems problems) {
        ConfigNode root = parts(files, format, environment, problems);
        if (!problems.hasErrors()) {
            reportSilence(root.member("inbounds"), root.place(), problems);
        }
        return root;
    }

    /** As {@link #read}, of files that may have any part of a configuration. */
    static ConfigNode parts(
            List<Path> files,
            ConfigFormat format,
            Function<String, @Nullable String> environment,
            Problems problems) {
        Map<String, ConfigNode> all = new LinkedHashMap<>();
        for (Path file : files) {
            String name = name(file);
            ConfigSource source =
                    ConfigSource.load(name, file, new Place(name, 0, 0, ""), problems);
            if (source != null) {
                members(source, format, environment, problems)
                        .forEach((key, value) -> all.merge(key, value, merging(key, file)));
            }
        }
        Place place = new Place(name(files.getFirst()), 0, 0, "");
        ConfigNode root = ConfigNode.object(place);
        all.forEach(root::put);
        return root;
    }

    /** For messages. */
    private static String name(Path file) {
        return file.equals(ConfigSource.STANDARD_INPUT) ? "standard input" : file.toString();
    }

    /** A program that listens nowhere is of no use, and hardly what was meant. */
    private static void reportSilence(ConfigNode inbounds, Place file, Problems problems) {
        if (inbounds.isAbsent()) {
            problems.warning(file, "has no inbounds: nothing listens");
        } else if (inbounds.kind() == Kind.ARRAY && inbounds.elements().isEmpty()) {
            problems.error(
                    file,
                    "nothing listens: add a section such as [Socks5] with BindAddress ="
                            + " 127.0.0.1:1080");
        }
    }

    private static Map<String, ConfigNode> members(
            ConfigSource source,
            ConfigFormat asked,
            Function<String, @Nullable String> environment,
            Problems problems) {
        String name = source.name();
        String text = source.text();
        ConfigFormat format = asked == ConfigFormat.AUTO ? ConfigFormat.ofFile(name) : asked;
        if (format == ConfigFormat.AUTO) {
            format = ConfigFormat.ofText(text);
        }
        Map<String, ConfigNode> members =
                switch (format) {
                    case AUTO, JSON -> XrayJsonReader.read(name, text, problems);
                    case TOML -> TomlReader.read(name, text, problems);
                    case YAML -> YamlReader.read(name, text, problems);
                    case CONF -> WgQuickReader.read(source, environment, problems);
                };
        return members == null ? Map.of() : members;
    }

    private static BinaryOperator<ConfigNode> merging(String key, Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        boolean inFront = key.equals("outbounds") && !name.contains("tail");
        return (before, last) -> {
            if (last.isAbsent()) {
                return before;
            }
            return LISTS.contains(key) ? merged(before, last, inFront) : last;
        };
    }

    private static ConfigNode merged(ConfigNode before, ConfigNode more, boolean inFront) {
        List<ConfigNode> result = new ArrayList<>(before.elements());
        List<ConfigNode> added = new ArrayList<>();
        for (ConfigNode element : more.elements()) {
            int same = indexOfTag(result, tag(element));
            if (same >= 0) {
                result.set(same, element);
            } else {
                added.add(element);
            }
        }
        result.addAll(inFront ? 0 : result.size(), added);
        ConfigNode list = ConfigNode.array(more.place());
        result.forEach(list::add);
        return list;
    }

    private static int indexOfTag(List<ConfigNode> elements, String tag) {
        for (int i = 0; i < elements.size(); i++) {
            if (!tag.isEmpty() && tag.equals(tag(elements.get(i)))) {
                return i;
            }
        }
        return -1;
    }

    private static String tag(ConfigNode element) {
        // A wrong type is for the proxy to report, in the tree that stands at the end.
        return element.has("tag") ? element.member("tag").string(new Problems(), "") : "";
    }
}
