package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * Where received bytes lie. Reusable: a read fills it. The reference to the chunk belongs to the
 * reader, who releases it.
 */
public final class Received {
    /** An empty one, to be filled by a read. */
    public Received() {}

    /** Chunk that holds the bytes; null before the first successful read. */
    public @Nullable Chunk chunk;

    /** Where the bytes start in the chunk. */
    public int offset;

    /** How many bytes there are. */
    public int length;
}
