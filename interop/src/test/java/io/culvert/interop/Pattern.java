package io.culvert.interop;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;

/** The bytes that transfers carry: a fixed block that differs from itself at every offset. */
final class Pattern {
    private static final byte[] BLOCK = new byte[1 << 20];

    static {
        new Random(77).nextBytes(BLOCK);
    }

    private Pattern() {}

    /** LENGTH: writes that many bytes to standard output. */
    public static void main(String[] arguments) throws IOException {
        OutputStream out = new BufferedOutputStream(System.out, BLOCK.length);
        write(out, Long.parseLong(arguments[0]));
        out.flush();
    }

    static void write(OutputStream out, long length) throws IOException {
        for (long done = 0; done < length; done += BLOCK.length) {
            // The first bytes carry the block's number, so that a repeated block shows.
            byte[] block = BLOCK.clone();
            for (int i = 0; i < Long.BYTES; i++) {
                block[i] = (byte) (done >>> (8 * i));
            }
            out.write(block, 0, (int) Math.min(block.length, length - done));
        }
    }

    static String sha256(long length) throws IOException {
        MessageDigest digest = digest();
        write(
                new OutputStream() {
                    @Override
                    public void write(int b) {
                        digest.update((byte) b);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int count) {
                        digest.update(bytes, offset, count);
                    }
                },
                length);
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
