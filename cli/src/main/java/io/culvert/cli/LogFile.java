package io.culvert.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file that lines are appended to. Whoever takes it away, as logrotate does, finds a new one in
 * its place with the next line that is a second younger. Thread-safe.
 */
final class LogFile implements AutoCloseable {
    private static final long LOOK_NANOS = 1_000_000_000L;

    private final Path path;
    private OutputStream out;
    private @Nullable Object key;
    private long looked = System.nanoTime();
    private boolean closed;

    private LogFile(Path path) throws IOException {
        this.path = path;
        this.out = open(path);
        this.key = key(path);
    }

    /** Opens or makes it, readable for its owner alone where it is made. */
    static LogFile open(String name) throws IOException {
        return new LogFile(Path.of(name));
    }

    /** Appends whole lines; what can't be written is lost. */
    synchronized void append(String lines) {
        if (closed) {
            return;
        }
        try {
            long now = System.nanoTime();
            if (now - looked >= LOOK_NANOS) {
                looked = now;
                reopenIfGone();
            }
            out.write(lines.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // A full disk must not stop the traffic, and there is no other place to complain.
            looked = System.nanoTime();
        }
    }

    /** As logrotate's scripts ask for: whatever is at the path now, or a new file. */
    synchronized void reopen() throws IOException {
        OutputStream next = open(path);
        out.close();
        out = next;
        key = key(path);
    }

    private void reopenIfGone() throws IOException {
        if (!Files.exists(path) || !Objects.equals(key, key(path))) {
            reopen();
        }
    }

    private static OutputStream open(Path path) throws IOException {
        if (!Files.exists(path)
                && path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(
                    path,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
        }
        return Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static @Nullable Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    @Override
    public synchronized void close() {
        closed = true;
        try {
            out.close();
        } catch (IOException e) {
            looked = System.nanoTime();
        }
    }
}
