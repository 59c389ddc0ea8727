package io.culvert.proxy;

import java.util.Arrays;
import java.util.Collection;

/**
 * Finds whether any of many words stands somewhere in a text, in one pass over it: the automaton of
 * Aho and Corasick (Efficient string matching, CACM 18(6), 1975) with every transition written out.
 * Immutable.
 */
final class Keywords {
    private static final int ASCII = 128;
    private static final int ROOT = 0;

    /** From a character to its column; column 0 is for what no word has. */
    private final byte[] columns;

    private final int width;

    /** Row by row, the state that follows; negative where a word ends. */
    private final int[] next;

    private Keywords(byte[] columns, int width, int[] next) {
        this.columns = columns;
        this.width = width;
        this.next = next;
    }

    /**
     * Prepares the search.
     *
     * @param words none is empty, and all of their characters are ASCII
     */
    static Keywords of(Collection<String> words) {
        byte[] columns = new byte[ASCII];
        int width = 1;
        int letters = 0;
        for (String word : words) {
            letters += word.length();
            for (int i = 0; i < word.length(); i++) {
                if (columns[word.charAt(i)] == 0) {
                    columns[word.charAt(i)] = (byte) width++;
                }
            }
        }
        int[] next = new int[(letters + 1) * width];
        boolean[] ends = new boolean[letters + 1];
        int states = 1;
        for (String word : words) {
            int state = ROOT;
            for (int i = 0; i < word.length(); i++) {
                int at = state * width + (columns[word.charAt(i)] & 0xff);
                if (next[at] == 0) {
                    next[at] = states++;
                }
                state = next[at];
            }
            ends[state] = true;
        }
        link(next, ends, width, states);
        int[] rows = Arrays.copyOf(next, states * width);
        for (int i = 0; i < rows.length; i++) {
            rows[i] = ends[rows[i]] ? -1 : rows[i];
        }
        return new Keywords(columns, width, rows);
    }

    /** Fills in where a mismatch leads, breadth first: a state's shorter suffix is done before. */
    private static void link(int[] next, boolean[] ends, int width, int states) {
        int[] queue = new int[states];
        int[] suffix = new int[states];
        int tail = 1;
        for (int head = 0; head < tail; head++) {
            int state = queue[head];
            ends[state] |= ends[suffix[state]];
            for (int column = 0; column < width; column++) {
                int at = state * width + column;
                int beside = state == ROOT ? ROOT : next[suffix[state] * width + column];
                if (next[at] == 0) {
                    next[at] = beside;
                } else {
                    suffix[next[at]] = beside;
                    queue[tail++] = next[at];
                }
            }
        }
    }

    /** Whether one of the words stands in the text. */
    boolean foundIn(String text) {
        int state = ROOT;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            state = next[state * width + (c < ASCII ? columns[c] & 0xff : 0)];
            if (state < 0) {
                return true;
            }
        }
        return false;
    }
}
