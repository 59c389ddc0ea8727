package io.culvert.proxy;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression of a configuration file, searched for in what clients send. Go's syntax
 * (RE2), which Xray's files are written in, is taken as far as it differs from Java's. Java's
 * engine goes back where RE2 does not, so the work for one text has a limit; beyond it nothing
 * matches.
 */
final class TextPattern {

    /** Looks at a character; a name has at most 253, so that a thousand for each are granted. */
    private static final int MAX_LOOKS = 250_000;

    private final Pattern pattern;
    private final AtomicBoolean complained = new AtomicBoolean();

    private TextPattern(Pattern pattern) {
        this.pattern = pattern;
    }

    /** Reads the expression; null if it is (reported) wrong. */
    static @Nullable TextPattern read(ConfigNode at, String expression, Problems problems) {
        try {
            return new TextPattern(Pattern.compile(inJava(expression)));
        } catch (PatternSyntaxException e) {
            problems.error(
                    at,
                    "\""
                            + expression
                            + "\" is not a regular expression: "
                            + e.getDescription().toLowerCase(java.util.Locale.ROOT));
            return null;
        }
    }

    /** Named groups and POSIX classes are spelled otherwise in Java. */
    private static String inJava(String expression) {
        return expression
                .replace("(?P<", "(?<")
                .replace("[:alpha:]", "\\p{Alpha}")
                .replace("[:digit:]", "\\p{Digit}")
                .replace("[:alnum:]", "\\p{Alnum}")
                .replace("[:lower:]", "\\p{Lower}")
                .replace("[:upper:]", "\\p{Upper}")
                .replace("[:space:]", "\\s")
                .replace("[:word:]", "\\w")
                .replace("[:xdigit:]", "\\p{XDigit}")
                .replace("[:punct:]", "\\p{Punct}");
    }

    /** Whether the expression matches somewhere in the text. */
    boolean isIn(String text) {
        try {
            return pattern.matcher(new Counted(text, new Budget(), 0, text.length())).find();
        } catch (TooMuchWork | StackOverflowError e) {
            if (complained.compareAndSet(false, true)) {
                Log.warning(
                        "the regular expression "
                                + pattern
                                + " takes too long for some texts, which it now does not match");
            }
            return false;
        }
    }

    /** No stack trace: it never leaves this class. */
    private static final class TooMuchWork extends RuntimeException {
        private static final long serialVersionUID = 1;

        private TooMuchWork() {
            super(null, null, false, false);
        }
    }

    /** What may still be spent on one text. */
    private static final class Budget {
        private int looks = MAX_LOOKS;
    }

    /** A text that counts how often it is looked at. */
    private record Counted(String text, Budget budget, int from, int to) implements CharSequence {
        @Override
        public int length() {
            return to - from;
        }

        @Override
        public char charAt(int index) {
            if (--budget.looks < 0) {
                throw new TooMuchWork();
            }
            return text.charAt(from + index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Counted(text, budget, from + start, from + end);
        }

        @Override
        public String toString() {
            return text.substring(from, to);
        }
    }
}
