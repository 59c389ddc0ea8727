package io.culvert.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where running programs of this user can be reached: {@code PID.sock} in {@code /run/culvert} for
 * root, else in {@code culvert} in the user's {@code XDG_RUNTIME_DIR}; nowhere without one.
 */
final class ControlFile {
    private static final String END = ".sock";
    private static final Path SYSTEM = Path.of("/run");

    private ControlFile() {}

    /** The directory, or null if there can be none. */
    static @Nullable Path directory(UnaryOperator<@Nullable String> environment) {
        if (Files.isWritable(SYSTEM)) {
            return SYSTEM.resolve("culvert");
        }
        String own = environment.apply("XDG_RUNTIME_DIR");
        return own == null || own.isEmpty() ? null : Path.of(own, "culvert");
    }

    /** The file of a program, in a directory that is made if need be and is this user's alone. */
    static Path make(Path directory, long pid) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        return of(directory, pid);
    }

    static Path of(Path directory, long pid) {
        return directory.resolve(pid + END);
    }

    /**
     * The programs that can be reached. What one left that is gone is removed, even if another
     * process has its number now.
     */
    static List<Long> running(Path directory) throws IOException {
        List<Long> pids = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return pids;
        }
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.matches("\\d{1,9}\\.sock")) {
                    continue;
                }
                long pid = Long.parseLong(name.substring(0, name.length() - END.length()));
                if (isHeard(file)) {
                    pids.add(pid);
                } else {
                    Files.deleteIfExists(file);
                }
            }
        }
        return pids;
    }

    /** Whether somebody listens there, or could for all that can be told. */
    private static boolean isHeard(Path file) {
        try (SocketChannel asked = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            return asked.isConnected();
        } catch (ConnectException e) {
            return false;
        } catch (IOException e) {
            return Files.exists(file);
        }
    }
}
