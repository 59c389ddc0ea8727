package io.culvert.wireguard;

import static java.util.Objects.requireNonNull;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks for secrets in a dump of all live objects of this JVM: as bytes, as int words, as base64
 * and as hexadecimal digits, each half for itself. The secrets are kept masked until the dump is
 * made, so that the search doesn't find itself.
 */
final class HeapSearch {
    private static final byte MASK = 0x5a;
    private static final int HALF = 16;

    /** What is looked for, and what it was found as. */
    private static final class Pattern {
        final String name;
        final byte[] bytes;

        Pattern(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
        }
    }

    private final Map<String, byte[]> masked = new LinkedHashMap<>();

    /** Takes a copy, masked. */
    void lookFor(String name, byte[] secret) {
        byte[] copy = secret.clone();
        mask(copy);
        masked.put(name, copy);
    }

    /** Unmasked; the caller has to wipe it. */
    byte[] secret(String name) {
        byte[] copy = requireNonNull(masked.get(name)).clone();
        mask(copy);
        return copy;
    }

    /** How often each form of each secret is in the heap; what isn't found isn't named. */
    Map<String, Integer> dump(Path directory) throws IOException {
        Path file = directory.resolve("heap.hprof");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpHeap(file.toString(), true);
        try (FileChannel channel = FileChannel.open(file);
                Arena arena = Arena.ofConfined()) {
            return count(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
        }
    }

    private Map<String, Integer> count(MemorySegment heap) {
        List<Pattern> patterns = patterns();
        BitSet beginnings = new BitSet();
        patterns.forEach(pattern -> beginnings.set(beginning(pattern.bytes[0], pattern.bytes[1])));
        Map<String, Integer> found = new LinkedHashMap<>();
        byte previous = heap.get(Wire.BYTE, 0);
        for (long at = 1; at < heap.byteSize(); at++) {
            byte here = heap.get(Wire.BYTE, at);
            if (beginnings.get(beginning(previous, here))) {
                for (Pattern pattern : patterns) {
                    if (isAt(heap, at - 1, pattern.bytes)) {
                        found.merge(pattern.name, 1, Integer::sum);
                    }
                }
            }
            previous = here;
        }
        return found;
    }

    private List<Pattern> patterns() {
        List<Pattern> patterns = new ArrayList<>();
        for (String name : masked.keySet()) {
            byte[] secret = secret(name);
            String base64 = Base64.getEncoder().encodeToString(secret);
            patterns.add(text(name + " as base64", base64.substring(0, 20)));
            patterns.add(text(name + " as base64", base64.substring(20, 40)));
            for (int half = 0; half < 2; half++) {
                byte[] part = Arrays.copyOfRange(secret, half * HALF, (half + 1) * HALF);
                String hex = HexFormat.of().formatHex(part);
                patterns.add(text(name + " as hex", hex));
                patterns.add(new Pattern(name + " half " + half, part));
                patterns.add(new Pattern(name + " words " + half, words(part)));
            }
        }
        return patterns;
    }

    private static Pattern text(String name, String text) {
        return new Pattern(name, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A dump shows ints big-endian, whatever they are in memory. */
    private static byte[] words(byte[] part) {
        byte[] words = new byte[part.length];
        for (int i = 0; i < part.length; i += Integer.BYTES) {
            Wire.intBe(words, i, Wire.intLe(part, i));
        }
        return words;
    }

    private static boolean isAt(MemorySegment heap, long at, byte[] bytes) {
        return at + bytes.length <= heap.byteSize()
                && MemorySegment.mismatch(
                                heap,
                                at,
                                at + bytes.length,
                                MemorySegment.ofArray(bytes),
                                0,
                                bytes.length)
                        < 0;
    }

    private static int beginning(byte first, byte second) {
        return (first & 0xff) << Byte.SIZE | (second & 0xff);
    }

    private static void mask(byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] ^= MASK;
        }
    }
}
