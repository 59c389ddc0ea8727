package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/** What one party's unfinished datagrams take of {@link Reassembly}. */
final class FragmentSource {
    long hi;
    long lo;

    /** Datagrams, discarded ones that are remembered counted. */
    int datagrams;

    /** Blocks of {@link FragmentMemory}. */
    int blocks;

    /** The next one of the same hash, or the next spare one. */
    @Nullable FragmentSource next;
}
