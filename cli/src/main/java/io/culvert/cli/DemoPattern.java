package io.culvert.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * A byte stream that both ends know, so that every byte that arrives can be compared. It is made of
 * blocks of one random content, each with its number in front: a block that is lost, doubled or
 * swapped shows as well.
 */
final class DemoPattern {
    static final int BLOCK = 64 * 1024;
    private static final long SEED = 0x43554c56455254L;

    private final byte[] content = new byte[BLOCK];
    private final ByteBuffer numbered = ByteBuffer.wrap(content);

    DemoPattern() {
        new Random(SEED).nextBytes(content);
    }

    void write(OutputStream out, long length, Counted counted) throws IOException {
        for (long sent = 0; sent < length; sent += BLOCK) {
            int part = (int) Math.min(BLOCK, length - sent);
            numbered.putLong(0, sent / BLOCK);
            out.write(content, 0, part);
            counted.add(part);
        }
    }

    /**
     * Reads {@code length} bytes and says at which of them the stream first differs; -1 = nowhere.
     */
    long firstDifference(InputStream in, long length, Counted counted) throws IOException {
        byte[] block = new byte[BLOCK];
        for (long got = 0; got < length; got += BLOCK) {
            int part = (int) Math.min(BLOCK, length - got);
            int read = in.readNBytes(block, 0, part);
            numbered.putLong(0, got / BLOCK);
            int at = Arrays.mismatch(block, 0, read, content, 0, part);
            if (at >= 0) {
                return got + at;
            }
            counted.add(part);
        }
        return -1;
    }

    /** Told of bytes as they move. */
    interface Counted {
        void add(int bytes);
    }
}
