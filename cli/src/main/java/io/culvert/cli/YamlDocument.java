package io.culvert.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * The first document of a YAML text as a tree. No tag makes an object here; an alias is the very
 * node that its anchor names, which is finished by then, so that nothing contains itself.
 */
final class YamlDocument {
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setUseMarks(true).setCodePointLimit(Integer.MAX_VALUE).build();

    /** What a text can be. */
    sealed interface Node {
        Mark mark();

        /** The tag written in front of it, if any. */
        Optional<String> tag();
    }

    /**
     * A single value.
     *
     * @param plain without quotes, so that its form says what it is
     */
    record Scalar(String text, boolean plain, Optional<String> tag, Mark mark) implements Node {}

    /** A list. */
    record Sequence(List<Node> elements, Optional<String> tag, Mark mark) implements Node {}

    /** Keys and values, in the order written. */
    record Mapping(List<Entry> entries, Optional<String> tag, Mark mark) implements Node {}

    /** One key and its value. */
    record Entry(Node key, Node value) {}

    /** The text isn't what this class reads. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final transient Mark mark;

        Refused(String sentence, Mark mark) {
            super(sentence);
            this.mark = mark;
        }

        Mark mark() {
            return mark;
        }
    }

    private final Iterator<Event> events;
    private final int maxNesting;
    private final Map<Anchor, Node> anchors = new HashMap<>();

    private YamlDocument(Iterator<Event> events, int maxNesting) {
        this.events = events;
        this.maxNesting = maxNesting;
    }

    /**
     * Its root, or null when there is nothing in it.
     *
     * @throws org.snakeyaml.engine.v2.exceptions.YamlEngineException if it is no YAML
     * @throws Refused if it is nested too deeply, or an alias is nobody's
     */
    static @Nullable Node root(String text, int maxNesting) throws Refused {
        Iterator<Event> events = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
        while (events.hasNext()) {
            if (events.next().getEventId() == Event.ID.DocumentStart) {
                YamlDocument document = new YamlDocument(events, maxNesting);
                return document.node(events.next(), 0);
            }
        }
        return null;
    }

    private Node node(Event event, int depth) throws Refused {
        Mark mark = event.getStartMark().orElseThrow();
        if (depth > maxNesting) {
            throw new Refused("nested deeper than " + maxNesting + " levels", mark);
        }
        if (event instanceof AliasEvent alias) {
            Node meant = anchors.get(alias.getAlias());
            if (meant == null) {
                throw new Refused("this alias stands before the end of what it names", mark);
            }
            return meant;
        }
        Node node =
                switch (event) {
                    case ScalarEvent scalar ->
                            new Scalar(scalar.getValue(), scalar.isPlain(), scalar.getTag(), mark);
                    case SequenceStartEvent list ->
                            new Sequence(elements(depth), list.getTag(), mark);
                    case MappingStartEvent map -> new Mapping(entries(depth), map.getTag(), mark);
                    default -> throw new IllegalStateException("no value: " + event.getEventId());
                };
        ((NodeEvent) event).getAnchor().ifPresent(anchor -> anchors.put(anchor, node));
        return node;
    }

    private List<Node> elements(int depth) throws Refused {
        List<Node> elements = new ArrayList<>();
        for (Event e = events.next(); e.getEventId() != Event.ID.SequenceEnd; e = events.next()) {
            elements.add(node(e, depth + 1));
        }
        return elements;
    }

    private List<Entry> entries(int depth) throws Refused {
        List<Entry> entries = new ArrayList<>();
        for (Event e = events.next(); e.getEventId() != Event.ID.MappingEnd; e = events.next()) {
            Node key = node(e, depth + 1);
            entries.add(new Entry(key, node(events.next(), depth + 1)));
        }
        return entries;
    }
}
