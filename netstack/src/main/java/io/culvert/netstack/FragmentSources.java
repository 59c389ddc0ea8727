package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/** Finds a party's {@link FragmentSource}; there are never more than there are datagrams. */
final class FragmentSources {
    private static final int PLACES = 256;

    private final SipHash hash;
    private final @Nullable FragmentSource[] table = new @Nullable FragmentSource[PLACES];
    private @Nullable FragmentSource spare;

    FragmentSources(SipHash hash) {
        this.hash = hash;
    }

    private int place(long hi, long lo) {
        return (int) hash.table(hi, lo, 1) & (PLACES - 1);
    }

    /** The party's entry, made if need be. */
    FragmentSource of(long hi, long lo) {
        int place = place(hi, lo);
        for (FragmentSource s = table[place]; s != null; s = s.next) {
            if (s.lo == lo && s.hi == hi) {
                return s;
            }
        }
        FragmentSource fresh = spare;
        if (fresh == null) {
            fresh = new FragmentSource();
        } else {
            spare = fresh.next;
        }
        fresh.hi = hi;
        fresh.lo = lo;
        fresh.next = table[place];
        table[place] = fresh;
        return fresh;
    }

    /** Forgets a party without datagrams. */
    @SuppressWarnings("ReferenceEquality")
    void releaseIfUnused(FragmentSource source) {
        if (source.datagrams > 0) {
            return;
        }
        int place = place(source.hi, source.lo);
        FragmentSource at = table[place];
        if (at == source) {
            table[place] = source.next;
        } else {
            while (at != null && at.next != source) {
                at = at.next;
            }
            if (at == null) {
                return;
            }
            at.next = source.next;
        }
        source.next = spare;
        spare = source;
    }
}
