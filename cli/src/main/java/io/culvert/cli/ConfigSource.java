package io.culvert.cli;

import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file's text.
 *
 * @param name the file as the user named it, for messages
 * @param text without byte order mark
 */
record ConfigSource(String name, Path path, String text) {
    /** No sane configuration is larger; a wrong file, say a disk image, is. */
    private static final int MAX_BYTES = 16 << 20;

    /** What stands for standard input among files, as in Xray. */
    static final Path STANDARD_INPUT = Path.of("stdin:");

    /** The file, or null when it can't be read (reported at {@code mention}). */
    static @Nullable ConfigSource load(String name, Path path, Place mention, Problems problems) {
        try {
            if (path.equals(STANDARD_INPUT)) {
                byte[] bytes = System.in.readNBytes(MAX_BYTES);
                if (bytes.length == 0) {
                    problems.error(
                            mention,
                            "is empty: give a configuration there, or a file with --config");
                    return null;
                }
                return of(name, path, bytes);
            }
            if (Files.isDirectory(path)) {
                problems.error(mention, "is a directory, not a file");
                return null;
            }
            if (Files.isRegularFile(path) && Files.size(path) > MAX_BYTES) {
                problems.error(mention, "is larger than 16 MiB: not a configuration file");
                return null;
            }
            return of(name, path, Files.readAllBytes(path));
        } catch (CharacterCodingException e) {
            problems.error(mention, "is not UTF-8 text");
        } catch (IOException e) {
            problems.error(mention, reason(e, "no such file"));
        }
        return null;
    }

    private static ConfigSource of(String name, Path path, byte[] bytes)
            throws CharacterCodingException {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        return new ConfigSource(name, path, text.startsWith("\uFEFF") ? text.substring(1) : text);
    }

    /** The whole file as a place. */
    Place place() {
        return new Place(name, 0, 0, "");
    }

    /**
     * Why it can't be read.
     *
     * @param missing what to say when it isn't there
     */
    static String reason(IOException e, String missing) {
        return switch (e) {
            case NoSuchFileException gone -> missing;
            case AccessDeniedException denied -> "cannot be read: permission denied";
            default -> "cannot be read: " + e;
        };
    }
}
