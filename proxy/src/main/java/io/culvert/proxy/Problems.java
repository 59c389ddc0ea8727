package io.culvert.proxy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What is wrong with a configuration, collected so that the user sees everything at once. Not
 * thread-safe.
 */
public final class Problems {

    /**
     * One complaint.
     *
     * @param sentence one sentence that says what would be right; never contains a secret
     */
    public record Problem(Place place, String sentence) {
        /** {@code FILE: PATH: sentence}. */
        @Override
        public String toString() {
            return place + ": " + sentence;
        }
    }

    private final Set<Problem> errors = new LinkedHashSet<>();
    private final Set<Problem> warnings = new LinkedHashSet<>();

    /** With nothing to complain about yet. */
    public Problems() {}

    /** Nothing may start while this stands. */
    public void error(ConfigNode at, String sentence) {
        error(at.place(), sentence);
    }

    /** Nothing may start while this stands. */
    public void error(Place at, String sentence) {
        errors.add(new Problem(at, sentence));
    }

    /** The user should know; the program runs as asked all the same. */
    public void warning(ConfigNode at, String sentence) {
        warning(at.place(), sentence);
    }

    /** The user should know; the program runs as asked all the same. */
    public void warning(Place at, String sentence) {
        warnings.add(new Problem(at, sentence));
    }

    /** In the order they were found, each once. */
    public List<Problem> errors() {
        return new ArrayList<>(errors);
    }

    /** In the order they were found, each once. */
    public List<Problem> warnings() {
        return new ArrayList<>(warnings);
    }

    public boolean hasErrors() {
        return !errors.isEmpty();
    }
}
