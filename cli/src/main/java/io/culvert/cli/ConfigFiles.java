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
     * @param environment what stands for {@code $NAME} in a wg-quick file
     */
    static ConfigNode read(
            List<Path> files, Function<String, @Nullable String> environment, Problems problems) {
        Map<String, ConfigNode> all = new LinkedHashMap<>();
        for (Path file : files) {
            String name = file.toString();
            ConfigSource source =
                    ConfigSource.load(name, file, new Place(name, 0, 0, ""), problems);
            if (source != null) {
                members(source, environment, problems)
                        .forEach((key, value) -> all.merge(key, value, merging(key, file)));
            }
        }
        Place place = new Place(files.getFirst().toString(), 0, 0, "");
        if (!problems.hasErrors()) {
            reportSilence(all.get("inbounds"), place, problems);
        }
        ConfigNode root = ConfigNode.object(place);
        all.forEach(root::put);
        return root;
    }

    /** A program that listens nowhere is of no use, and hardly what was meant. */
    private static void reportSilence(
            @Nullable ConfigNode inbounds, Place file, Problems problems) {
        if (inbounds == null || inbounds.isAbsent()) {
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
            Function<String, @Nullable String> environment,
            Problems problems) {
        String name = source.name().toLowerCase(Locale.ROOT);
        if (name.endsWith(".toml") || name.endsWith(".yaml") || name.endsWith(".yml")) {
            problems.error(
                    source.place(),
                    "TOML and YAML are not read: give Xray's JSON or wg-quick's .conf");
            return Map.of();
        }
        boolean json = name.endsWith(".json") || name.endsWith(".jsonc") || isJson(source.text());
        if (!json) {
            return WgQuickReader.read(source, environment, problems);
        }
        var members = XrayJsonReader.read(source.name(), source.text(), problems);
        return members == null ? Map.of() : members;
    }

    /** Whether the first thing that is neither space nor a # comment can only begin JSON. */
    static boolean isJson(String text) {
        for (String line : (Iterable<String>) text.lines()::iterator) {
            String start = line.strip();
            if (!start.isEmpty() && !start.startsWith("#")) {
                return start.startsWith("{") || start.startsWith("//") || start.startsWith("/*");
            }
        }
        return false;
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
