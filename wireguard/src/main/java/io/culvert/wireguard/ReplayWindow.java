package io.culvert.wireguard;

import org.jspecify.annotations.Nullable;

/**
 * Remembers which counters of a session were received (RFC 6479): a ring of words, of which whole
 * words are forgotten as the highest counter moves on. One word is always partly in use, so the
 * window is one word smaller than the ring. Counters are unsigned.
 */
final class ReplayWindow {
    private static final int BITS = 8192;
    private static final int WORDS = BITS / Long.SIZE;
    private static final int WORD_SHIFT = 6;

    /** How far behind the highest counter a new one may lie. */
    static final int SIZE = BITS - Long.SIZE;

    /** Made with the first counter: a session may never be used to receive. */
    private long @Nullable [] ring;

    private long highest;

    /**
     * Takes the counter of an authenticated packet.
     *
     * @return false if it was taken before, lies behind the window or is beyond the limit
     */
    boolean accept(long counter) {
        if (Long.compareUnsigned(counter, Constants.REJECT_AFTER_MESSAGES) >= 0) {
            return false;
        }
        if (ring == null) {
            ring = new long[WORDS];
        }
        long[] words = ring;
        long word = counter >>> WORD_SHIFT;
        if (Long.compareUnsigned(counter, highest) > 0) {
            advance(words, highest >>> WORD_SHIFT, word);
            highest = counter;
        } else if (Long.compareUnsigned(highest - counter, SIZE) > 0) {
            return false;
        }
        int slot = (int) word & (WORDS - 1);
        long bit = 1L << counter;
        if ((words[slot] & bit) != 0) {
            return false;
        }
        words[slot] |= bit;
        return true;
    }

    private static void advance(long[] words, long from, long to) {
        long steps = Math.min(to - from, WORDS);
        for (long i = 1; i <= steps; i++) {
            words[(int) (from + i) & (WORDS - 1)] = 0;
        }
    }
}
