package io.culvert.cli;

import io.culvert.cli.YamlDocument.Mapping;
import io.culvert.cli.YamlDocument.Node;
import io.culvert.cli.YamlDocument.Refused;
import io.culvert.cli.YamlDocument.Scalar;
import io.culvert.cli.YamlDocument.Sequence;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads Xray's configuration in YAML into the neutral tree: one document, aliases and merge keys
 * ({@code <<}), no tags but those of the plain types. What a value without quotes is, {@link
 * YamlValue} says.
 */
final class YamlReader {
    private static final int MAX_NESTING = 200;

    /** How much aliases may add: a few lines of them can stand for any number of nodes. */
    private static final int MAX_REPEATED = 10_000;

    private final String file;
    private final Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private int repeated;

    private YamlReader(String file) {
        this.file = file;
    }

    /**
     * The root's members by lower-case name, or null when the text is no mapping in YAML (reported
     * as of {@code file}).
     */
    static @Nullable Map<String, ConfigNode> read(String file, String text, Problems problems) {
        try {
            Node root = YamlDocument.root(text, MAX_NESTING);
            if (root instanceof Mapping mapping) {
                return new YamlReader(file).root(mapping);
            }
            boolean empty =
                    root == null || (root instanceof Scalar value && value.text().isEmpty());
            problems.error(
                    new Place(file, 0, 0, ""),
                    (empty ? "is empty" : "does not start with a key")
                            + ": Xray's configuration in YAML is lines such as inbounds:");
        } catch (Refused e) {
            problems.error(place(file, e.mark(), ""), "broken YAML: " + e.getMessage());
        } catch (MarkedYamlEngineException e) {
            Mark at = e.getProblemMark().or(e::getContextMark).orElse(null);
            Place place = at == null ? new Place(file, 0, 0, "") : place(file, at, "");
            problems.error(place, "broken YAML: " + sentence(e.getProblem()));
        } catch (YamlEngineException e) {
            problems.error(
                    new Place(file, 0, 0, ""),
                    "broken YAML: it holds characters that YAML forbids");
        }
        return null;
    }

    private Map<String, ConfigNode> root(Mapping mapping) throws Refused {
        Map<String, ConfigNode> members = new LinkedHashMap<>();
        for (Map.Entry<String, Node> entry : entries(mapping).entrySet()) {
            String key = entry.getKey();
            members.put(key.toLowerCase(Locale.ROOT), node(entry.getValue(), key));
        }
        return members;
    }

    private ConfigNode node(Node node, String path) throws Refused {
        if (!seen.add(node) && ++repeated > MAX_REPEATED) {
            throw new Refused(
                    "aliases stand for more than " + MAX_REPEATED + " values", node.mark());
        }
        Place place = place(file, node.mark(), path);
        return switch (node) {
            case Scalar scalar -> YamlValue.node(scalar, place);
            case Sequence sequence -> array(sequence, place);
            case Mapping mapping -> object(mapping, place);
        };
    }

    private ConfigNode array(Sequence sequence, Place place) throws Refused {
        YamlValue.requireTag(sequence, "seq");
        ConfigNode array = ConfigNode.array(place);
        for (int i = 0; i < sequence.elements().size(); i++) {
            array.add(node(sequence.elements().get(i), place.path() + "[" + i + "]"));
        }
        return array;
    }

    private ConfigNode object(Mapping mapping, Place place) throws Refused {
        ConfigNode object = ConfigNode.object(place);
        for (Map.Entry<String, Node> entry : entries(mapping).entrySet()) {
            String key = entry.getKey();
            object.put(key, node(entry.getValue(), place.path() + "." + key));
        }
        return object;
    }

    /** Its keys and values with those it merges, which count where it has none of its own. */
    private static Map<String, Node> entries(Mapping mapping) throws Refused {
        YamlValue.requireTag(mapping, "map");
        Map<String, Node> own = new LinkedHashMap<>();
        Map<String, Node> merged = new LinkedHashMap<>();
        for (YamlDocument.Entry entry : mapping.entries()) {
            if (!(entry.key() instanceof Scalar key)) {
                throw new Refused("a key is text", entry.key().mark());
            }
            if (key.plain() && key.text().equals("<<")) {
                merge(entry.value(), merged);
            } else {
                own.put(key.text(), entry.value());
            }
        }
        merged.forEach(own::putIfAbsent);
        return own;
    }

    /** Of several that are merged, the first that has a key counts. */
    private static void merge(Node from, Map<String, Node> merged) throws Refused {
        switch (from) {
            case Mapping mapping -> entries(mapping).forEach(merged::putIfAbsent);
            case Sequence sequence -> {
                for (Node each : sequence.elements()) {
                    if (!(each instanceof Mapping)) {
                        throw new Refused("<< merges mappings only", each.mark());
                    }
                    merge(each, merged);
                }
            }
            case Scalar scalar -> throw new Refused("<< merges mappings only", scalar.mark());
        }
    }

    /** Marks count from 0. */
    private static Place place(String file, Mark mark, String path) {
        return new Place(file, mark.getLine() + 1, mark.getColumn() + 1, path);
    }

    private static String sentence(@Nullable String problem) {
        return problem == null ? "unreadable" : LogLine.oneLine(problem);
    }
}
