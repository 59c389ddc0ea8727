package io.culvert.proxy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A node of the neutral configuration tree: what a file said, and where. Readers of file formats
 * build the tree; the proxy reads it through {@link #member} and the typed readers, which report a
 * wrong type to {@link Problems}. Every node remembers whether somebody asked for it, so that
 * {@link #reportUnused} can name what nobody knew.
 *
 * <p>Keys match without regard to case, and null counts as absent, both as in Xray. Not
 * thread-safe.
 */
public final class ConfigNode {

    /** What a node is. {@link #ABSENT} stands for a key that the file doesn't have. */
    public enum Kind {
        OBJECT("an object"),
        ARRAY("a list"),
        STRING("text"),
        INTEGER("a number"),
        DECIMAL("a number with decimals"),
        BOOLEAN("true or false"),
        NULL("null"),
        ABSENT("missing");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    private final Place place;
    private final Kind kind;
    private final Object value;
    private final Map<String, ConfigNode> members = new LinkedHashMap<>();
    private final List<ConfigNode> elements = new ArrayList<>();
    private final UnaryOperator<String> pathOfMember;
    private boolean used;

    private ConfigNode(Place place, Kind kind, Object value, UnaryOperator<String> pathOfMember) {
        this.place = place;
        this.kind = kind;
        this.value = value;
        this.pathOfMember = pathOfMember;
    }

    private ConfigNode(Place place, Kind kind, Object value) {
        this(place, kind, value, key -> place.path().isEmpty() ? key : place.path() + "." + key);
    }

    /** An empty object whose missing members are shown as {@code path.key}. */
    public static ConfigNode object(Place place) {
        return new ConfigNode(place, Kind.OBJECT, "");
    }

    /**
     * An empty object for formats with their own notion of a path.
     *
     * @param pathOfMember from the key of a missing member to the path shown for it
     */
    public static ConfigNode object(Place place, UnaryOperator<String> pathOfMember) {
        return new ConfigNode(place, Kind.OBJECT, "", pathOfMember);
    }

    public static ConfigNode array(Place place) {
        return new ConfigNode(place, Kind.ARRAY, "");
    }

    public static ConfigNode string(Place place, String value) {
        return new ConfigNode(place, Kind.STRING, value);
    }

    public static ConfigNode integer(Place place, long value) {
        return new ConfigNode(place, Kind.INTEGER, value);
    }

    /** A number written with a fraction or an exponent; refused where an integer is needed. */
    public static ConfigNode decimal(Place place, double value) {
        return new ConfigNode(place, Kind.DECIMAL, value);
    }

    public static ConfigNode bool(Place place, boolean value) {
        return new ConfigNode(place, Kind.BOOLEAN, value);
    }

    /** An explicit null. */
    public static ConfigNode nil(Place place) {
        return new ConfigNode(place, Kind.NULL, "");
    }

    /** Sets a member; a key that is already there, in whatever case, is replaced. */
    public ConfigNode put(String key, ConfigNode member) {
        require(Kind.OBJECT);
        members.put(fold(key), member);
        return this;
    }

    /** Appends an element. */
    public ConfigNode add(ConfigNode element) {
        require(Kind.ARRAY);
        elements.add(element);
        return this;
    }

    public Kind kind() {
        return kind;
    }

    public Place place() {
        return place;
    }

    public String path() {
        return place.path();
    }

    /** Missing in the file, or null there. */
    public boolean isAbsent() {
        return kind == Kind.ABSENT || kind == Kind.NULL;
    }

    /** Whether a member of that name is there and not null. Does not count as use. */
    public boolean has(String key) {
        ConfigNode member = members.get(fold(key));
        return member != null && !member.isAbsent();
    }

    /** The member of that name, or a node of kind {@link Kind#ABSENT} that knows its path. */
    public ConfigNode member(String key) {
        ConfigNode member = members.get(fold(key));
        if (member == null) {
            return new ConfigNode(place.at(pathOfMember.apply(key)), Kind.ABSENT, "");
        }
        member.used = true;
        return member;
    }

    /** As {@link #member}, but does not count as use. */
    ConfigNode peek(String key) {
        ConfigNode member = members.get(fold(key));
        return member == null ? member(key) : member;
    }

    /** The same, as if nobody had asked for anything yet. */
    ConfigNode copy() {
        ConfigNode copy = new ConfigNode(place, kind, value, pathOfMember);
        members.forEach((key, member) -> copy.members.put(key, member.copy()));
        elements.forEach(element -> copy.elements.add(element.copy()));
        return copy;
    }

    /** All members by lower-case name, in file order; all count as used. */
    public Map<String, ConfigNode> members() {
        members.values().forEach(member -> member.used = true);
        return new LinkedHashMap<>(members);
    }

    /** All members by the names that the file gives them, in file order; none counts as used. */
    public Map<String, ConfigNode> membersAsWritten() {
        Map<String, ConfigNode> written = new LinkedHashMap<>();
        members.forEach((key, member) -> written.put(member.nameAsWritten(key), member));
        return written;
    }

    /** A path ends in the key as the file has it. */
    private String nameAsWritten(String key) {
        int start = path().length() - key.length();
        return path().regionMatches(true, start, key, 0, key.length())
                ? path().substring(start)
                : key;
    }

    /** All elements in order; all count as used. Empty unless this is an array. */
    public List<ConfigNode> elements() {
        elements.forEach(element -> element.used = true);
        return new ArrayList<>(elements);
    }

    /** Marks this node and everything below as known: somebody else looks after it. */
    public void accept() {
        used = true;
        members.values().forEach(ConfigNode::accept);
        elements.forEach(ConfigNode::accept);
    }

    /** The text, or null where it is absent or (reported) something else. */
    public @Nullable String string(Problems problems) {
        return is(Kind.STRING, "text", problems) ? (String) value : null;
    }

    /** The text, or {@code fallback} where it is absent or (reported) something else. */
    public String string(Problems problems, String fallback) {
        String text = string(problems);
        return text == null ? fallback : text;
    }

    /** The number, or {@code fallback} where it is absent or (reported) wrong or out of range. */
    public long integer(Problems problems, long min, long max, long fallback) {
        String wanted = "a whole number from " + min + " to " + max;
        if (!is(Kind.INTEGER, wanted, problems)) {
            return fallback;
        }
        long number = (Long) value;
        if (number < min || number > max) {
            problems.error(this, "must be " + wanted + ", not " + number);
            return fallback;
        }
        return number;
    }

    /** The number with decimals, or {@code fallback} where it is absent or something else. */
    public double decimal(Problems problems, double fallback) {
        return is(Kind.DECIMAL, "a number with decimals", problems) ? (Double) value : fallback;
    }

    /** The truth value, or {@code fallback} where it is absent or (reported) something else. */
    public boolean bool(Problems problems, boolean fallback) {
        return is(Kind.BOOLEAN, "true or false", problems) ? (Boolean) value : fallback;
    }

    /** This node if it is an object; otherwise (reported unless absent) an empty one. */
    public ConfigNode object(Problems problems) {
        return is(Kind.OBJECT, "an object", problems) ? this : object(place, pathOfMember);
    }

    /** The elements; empty where the list is absent or (reported) something else. */
    public List<ConfigNode> array(Problems problems) {
        return is(Kind.ARRAY, "a list", problems) ? elements() : List.of();
    }

    /** The elements, each an object; anything else among them, null included, is reported. */
    public List<ConfigNode> objects(Problems problems) {
        List<ConfigNode> objects = new ArrayList<>();
        for (ConfigNode element : array(problems)) {
            if (element.kind == Kind.OBJECT) {
                objects.add(element);
            } else {
                problems.error(element, "must be an object, not " + element.kind.words);
            }
        }
        return objects;
    }

    /** The elements of a list of texts; anything else among them, null included, is reported. */
    public List<ConfigNode> texts(Problems problems) {
        List<ConfigNode> texts = new ArrayList<>();
        for (ConfigNode element : array(problems)) {
            if (element.kind == Kind.STRING) {
                texts.add(element);
            } else {
                problems.error(element, "must be text, not " + element.kind.words);
            }
        }
        return texts;
    }

    /** As {@link #texts}, but one text with commas stands for a list as well. */
    public List<ConfigNode> textsOrCommas(Problems problems) {
        if (kind != Kind.STRING) {
            return texts(problems);
        }
        List<ConfigNode> texts = new ArrayList<>();
        for (String part : ((String) value).split(",", -1)) {
            if (!part.isBlank()) {
                texts.add(string(place, part.strip()));
            }
        }
        return texts;
    }

    /** Says that this key is needed, if it is absent. Returns whether it is there. */
    public boolean isPresent(Problems problems, String whatItIs) {
        if (isAbsent()) {
            problems.error(this, "is missing: give " + whatItIs);
            return false;
        }
        return true;
    }

    /** Warns once for each topmost node below this one that nobody asked for. */
    public void reportUnused(Problems problems) {
        for (ConfigNode child : kind == Kind.ARRAY ? elements : members.values()) {
            if (child.isAbsent()) {
                continue;
            }
            if (child.used) {
                child.reportUnused(problems);
            } else {
                problems.warning(child, "not known to Culvert yet: ignored");
            }
        }
    }

    /**
     * Adds what is said here and below to a digest, but for these members of this object. Where it
     * stands, in which order and case an object has its keys, and an explicit null make no
     * difference. Does not count as use.
     */
    void addTo(MessageDigest digest, Set<String> but) {
        addTo(digest, kind.words);
        addTo(digest, value.toString());
        for (String key : new TreeMap<>(members).keySet()) {
            ConfigNode member = members.get(key);
            if (member != null && !member.isAbsent() && !but.contains(key)) {
                addTo(digest, "." + key);
                member.addTo(digest, Set.of());
            }
        }
        elements.forEach(element -> element.addTo(digest, Set.of()));
        addTo(digest, "");
    }

    /** With its length, so that no two sequences of texts are the same bytes. */
    private static void addTo(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    /** What this is, in words; never its content, which may be a secret. */
    @Override
    public String toString() {
        return place + " (" + kind.words + ")";
    }

    private boolean is(Kind wanted, String words, Problems problems) {
        if (kind == wanted) {
            return true;
        }
        if (!isAbsent()) {
            problems.error(this, "must be " + words + ", not " + kind.words);
        }
        return false;
    }

    private void require(Kind wanted) {
        if (kind != wanted) {
            throw new IllegalStateException(place + " is " + kind.words);
        }
    }

    private static String fold(String key) {
        return key.toLowerCase(Locale.ROOT);
    }
}
