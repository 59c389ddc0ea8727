package io.culvert.proxy;

import java.util.Arrays;

/**
 * Domains that match as a whole or with everything below them, found by the hashes of a name's
 * suffixes: one probe for each label, no allocation. The domains lie in one text, so that a hundred
 * thousand of them cost little more than their letters. Immutable.
 */
final class NameIndex {
    private static final int HASH_FACTOR = 31;

    /** Spreads the low bits, which alone choose the slot (Knuth's multiplicative hashing). */
    private static final int SPREAD = 0x9E3779B9;

    private static final int EXACT = 1;
    private static final int BELOW = 2;

    private final String text;
    private final int[] starts;
    private final byte[] kinds;
    private final int[] slots;

    private NameIndex(String text, int[] starts, byte[] kinds, int[] slots) {
        this.text = text;
        this.starts = starts;
        this.kinds = kinds;
        this.slots = slots;
    }

    /**
     * Whether the name is one of the domains, or below one that counts with what is below it.
     *
     * @param name in lower case, without a dot at its end
     */
    boolean contains(String name) {
        int hash = 0;
        for (int i = name.length() - 1; i >= 0; i--) {
            hash = hash * HASH_FACTOR + name.charAt(i);
            if (i == 0) {
                return kind(name, 0, hash) != 0;
            }
            if (name.charAt(i - 1) == '.' && (kind(name, i, hash) & BELOW) != 0) {
                return true;
            }
        }
        return false;
    }

    private int kind(String name, int from, int hash) {
        int mask = slots.length - 1;
        int length = name.length() - from;
        for (int slot = hash * SPREAD & mask; slots[slot] != 0; slot = slot + 1 & mask) {
            int domain = slots[slot] - 1;
            if (starts[domain + 1] - starts[domain] == length
                    && text.regionMatches(starts[domain], name, from, length)) {
                return kinds[domain];
            }
        }
        return 0;
    }

    /** Collects domains. */
    static final class Builder {
        private final StringBuilder text = new StringBuilder();
        private int[] starts = new int[17];
        private byte[] kinds = new byte[16];
        private int[] slots = new int[32];
        private int size;

        /** Adds a domain in lower case that matches alone. */
        void addExact(String domain) {
            add(domain, EXACT);
        }

        /** Adds a domain in lower case that matches with everything below it. */
        void addBelow(String domain) {
            add(domain, EXACT | BELOW);
        }

        boolean isEmpty() {
            return size == 0;
        }

        NameIndex build() {
            return new NameIndex(
                    text.toString(),
                    Arrays.copyOf(starts, size + 1),
                    Arrays.copyOf(kinds, size),
                    slots.clone());
        }

        private void add(String domain, int kind) {
            int slot = slot(domain, hash(domain, 0, domain.length()));
            if (slots[slot] != 0) {
                kinds[slots[slot] - 1] |= (byte) kind;
                return;
            }
            if (size == kinds.length) {
                grow();
                slot = slot(domain, hash(domain, 0, domain.length()));
            }
            text.append(domain);
            kinds[size] = (byte) kind;
            size++;
            starts[size] = text.length();
            slots[slot] = size;
        }

        /** Where the domain is, or the free slot where it belongs. */
        private int slot(String domain, int hash) {
            int mask = slots.length - 1;
            int slot = hash * SPREAD & mask;
            while (slots[slot] != 0 && !isAt(slots[slot] - 1, domain)) {
                slot = slot + 1 & mask;
            }
            return slot;
        }

        private boolean isAt(int index, String domain) {
            int start = starts[index];
            if (starts[index + 1] - start != domain.length()) {
                return false;
            }
            for (int i = 0; i < domain.length(); i++) {
                if (text.charAt(start + i) != domain.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        /** At most half of the slots are taken. */
        private void grow() {
            kinds = Arrays.copyOf(kinds, 2 * kinds.length);
            starts = Arrays.copyOf(starts, kinds.length + 1);
            slots = new int[2 * kinds.length];
            int mask = slots.length - 1;
            for (int i = 0; i < size; i++) {
                int slot = hash(text, starts[i], starts[i + 1]) * SPREAD & mask;
                while (slots[slot] != 0) {
                    slot = slot + 1 & mask;
                }
                slots[slot] = i + 1;
            }
        }

        private static int hash(CharSequence of, int from, int to) {
            int hash = 0;
            for (int i = to - 1; i >= from; i--) {
                hash = hash * HASH_FACTOR + of.charAt(i);
            }
            return hash;
        }
    }
}
