package io.culvert.crypto;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * HMAC (RFC 2104) over BLAKE2s: 64-byte blocks, 32-byte output. {@link #init} starts a message;
 * {@link #doFinal} ends it and wipes all state but a key that was kept on purpose.
 *
 * <p>Not thread-safe. Nothing is allocated after construction.
 */
public final class HmacBlake2s {

    /** Length of the output in bytes. */
    public static final int LENGTH = 32;

    private static final byte INNER_PAD = 0x36;
    private static final byte OUTER_PAD = 0x5c;

    private final Blake2s inner = new Blake2s(LENGTH);
    private final Blake2s outer = new Blake2s(LENGTH);

    /** Both hashes after the block of the key, for more messages under it. */
    private final Blake2s keyedInner = new Blake2s(LENGTH);

    private final Blake2s keyedOuter = new Blake2s(LENGTH);
    private final byte[] block = new byte[Blake2s.BLOCK_LENGTH];

    /** Makes an instance that waits for {@link #init}. */
    public HmacBlake2s() {
        wipe();
    }

    /**
     * Starts a message under a key of any length; one longer than a block is hashed first (RFC
     * 2104, section 2).
     */
    public HmacBlake2s init(byte[] key, int off, int len) {
        Objects.checkFromIndexSize(off, len, key.length);
        if (len > block.length) {
            inner.reset().update(key, off, len).digest(block, 0);
        } else {
            System.arraycopy(key, off, block, 0, len);
        }
        xorBlock(INNER_PAD);
        inner.reset().update(block, 0, block.length);
        xorBlock((byte) (INNER_PAD ^ OUTER_PAD));
        outer.reset().update(block, 0, block.length);
        Arrays.fill(block, (byte) 0);
        return this;
    }

    /**
     * Keeps the key of the message just started for {@link #again}, until {@link #wipe}. No message
     * under a key that is kept may be empty.
     */
    HmacBlake2s keep() {
        keyedInner.copyOf(inner);
        keyedOuter.copyOf(outer);
        return this;
    }

    /** Starts another message under the key that was kept: two compressions less than a new key. */
    HmacBlake2s again() {
        inner.copyOf(keyedInner);
        outer.copyOf(keyedOuter);
        return this;
    }

    /** Absorbs {@code len} bytes. */
    public HmacBlake2s update(byte[] data, int off, int len) {
        inner.update(data, off, len);
        return this;
    }

    /** Absorbs {@code len} bytes of a segment. */
    public HmacBlake2s update(MemorySegment data, long off, int len) {
        inner.update(data, off, len);
        return this;
    }

    /** Writes the 32-byte code to {@code out} and wipes the state. */
    public void doFinal(byte[] out, int off) {
        Objects.checkFromIndexSize(off, LENGTH, out.length);
        inner.digest(block, 0);
        outer.update(block, 0, LENGTH).digest(out, off);
        Arrays.fill(block, (byte) 0);
    }

    /** Forgets key and message. */
    public void wipe() {
        inner.wipe();
        outer.wipe();
        keyedInner.wipe();
        keyedOuter.wipe();
        Arrays.fill(block, (byte) 0);
    }

    /** Tells whether nothing of key or message is left, for the test of that. */
    boolean holdsNothing() {
        return inner.holdsNothing()
                && outer.holdsNothing()
                && keyedInner.holdsNothing()
                && keyedOuter.holdsNothing()
                && ConstantTime.isZero(block, 0, block.length);
    }

    private void xorBlock(byte pad) {
        for (int i = 0; i < block.length; i++) {
            block[i] ^= pad;
        }
    }
}
