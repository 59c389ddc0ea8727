package io.culvert.proxy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Domains as routing rules name them: whole, with all below, by a word or by a regular expression.
 * The time for a name hardly depends on how many there are, regular expressions aside. Immutable.
 */
final class DomainSet {
    private final @Nullable NameIndex names;
    private final @Nullable Keywords keywords;
    private final Set<String> dotless;
    private final List<TextPattern> patterns;

    private DomainSet(
            @Nullable NameIndex names,
            @Nullable Keywords keywords,
            Set<String> dotless,
            List<TextPattern> patterns) {
        this.names = names;
        this.keywords = keywords;
        this.dotless = dotless;
        this.patterns = patterns;
    }

    /** A name as this class compares it: lower case, without the dot of the root. */
    static String canonical(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /**
     * Whether one of the domains matches.
     *
     * @param name as {@link #canonical} has it
     */
    boolean contains(String name) {
        return (names != null && names.contains(name))
                || (keywords != null && keywords.foundIn(name))
                || (!dotless.isEmpty() && isDotless(name))
                || matchesPattern(name);
    }

    private boolean isDotless(String name) {
        if (name.indexOf('.') >= 0) {
            return false;
        }
        for (String part : dotless) {
            if (name.contains(part)) {
                return true;
            }
        }
        return false;
    }

    private boolean matchesPattern(String name) {
        for (int i = 0; i < patterns.size(); i++) {
            if (patterns.get(i).isIn(name)) {
                return true;
            }
        }
        return false;
    }

    /** Collects domains; each is taken in lower case. */
    static final class Builder {
        private final NameIndex.Builder names = new NameIndex.Builder();
        private final Set<String> keywords = new LinkedHashSet<>();
        private final Set<String> dotless = new LinkedHashSet<>();
        private final List<TextPattern> patterns = new ArrayList<>();

        void addFull(String domain) {
            names.addExact(canonical(domain));
        }

        void addDomain(String domain) {
            names.addBelow(canonical(domain));
        }

        /** Names that have this in them; not being ASCII, it is in no name and left out. */
        void addKeyword(String word) {
            if (word.chars().allMatch(c -> c < 128)) {
                keywords.add(word.toLowerCase(Locale.ROOT));
            }
        }

        /** Names of one label that have this in them. */
        void addDotless(String part) {
            dotless.add(part.toLowerCase(Locale.ROOT));
        }

        void addPattern(TextPattern pattern) {
            patterns.add(pattern);
        }

        DomainSet build() {
            return new DomainSet(
                    names.isEmpty() ? null : names.build(),
                    keywords.isEmpty() ? null : Keywords.of(keywords),
                    Set.copyOf(dotless),
                    List.copyOf(patterns));
        }
    }
}
