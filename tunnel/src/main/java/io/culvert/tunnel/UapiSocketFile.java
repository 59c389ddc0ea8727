package io.culvert.tunnel;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.Charset;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The file of a management socket: there only while it can be connected to, and at no time open to
 * anyone but its owner, for which it is bound in a directory of its own and then linked to its
 * place.
 */
final class UapiSocketFile {
    /** What {@code sun_path} of Linux holds, less the terminating zero; others hold less. */
    private static final int LONGEST_PATH = 107;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final Path path;
    private final @Nullable Object identity;

    private UapiSocketFile(Path path, @Nullable Object identity) {
        this.path = path;
        this.identity = identity;
    }

    /** Binds a listening socket to a path. */
    interface Bind {
        void to(Path path) throws IOException;
    }

    /**
     * Has a socket bound and puts it in its place; a file there that nobody answers at any more is
     * replaced.
     *
     * @throws IOException with one sentence, if somebody does, or it can't be made
     */
    static UapiSocketFile create(Path path, Bind bind) throws IOException {
        Path directory = Objects.requireNonNull(path.toAbsolutePath().getParent(), "directory");
        try {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwxr-xr-x")));
            removeStale(path);
            return bound(path, directory, bind);
        } catch (AccessDeniedException e) {
            throw new AccessDeniedException(e.getFile(), null, "permission denied");
        } catch (FileAlreadyExistsException e) {
            throw new IOException(
                    directory.equals(Path.of(String.valueOf(e.getFile())))
                            ? directory + " is not a directory"
                            : path + " is in use by another process",
                    e);
        } catch (UnsupportedOperationException e) {
            throw new IOException("the file system of " + directory + " has no permissions", e);
        }
    }

    private static void removeStale(Path path) throws IOException {
        BasicFileAttributes there;
        try {
            there =
                    Files.readAttributes(
                            path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException nothing) {
            return;
        }
        if (!there.isOther()) {
            throw new IOException(path + " is there and is not a socket");
        }
        if (answers(path)) {
            throw new IOException(path + " is in use by another process");
        }
        Files.deleteIfExists(path);
    }

    private static boolean answers(Path path) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false); // a full queue is an answer, too
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException refused) {
            return false;
        }
    }

    private static UapiSocketFile bound(Path path, Path directory, Bind bind) throws IOException {
        Path nest = Files.createTempDirectory(directory, ".uapi"); // 0700
        Path egg = nest.resolve("s");
        try {
            int length = egg.toString().getBytes(Charset.defaultCharset()).length;
            if (length > LONGEST_PATH) {
                throw new IOException(
                        "the path of "
                                + directory
                                + " is too long for a socket by "
                                + (length - LONGEST_PATH)
                                + " bytes");
            }
            bind.to(egg);
            Files.setPosixFilePermissions(egg, PosixFilePermissions.fromString("rw-------"));
            Files.createLink(path, egg);
        } finally {
            Files.deleteIfExists(egg);
            Files.delete(nest);
        }
        return new UapiSocketFile(path, identity(path));
    }

    private static @Nullable Object identity(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    Path path() {
        return path;
    }

    /** Removes the file, unless it has become another's. */
    void remove() {
        try {
            if (Objects.equals(identity, identity(path))) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException gone) {
            LOG.log(Level.DEBUG, "{0} was removed before", path);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot remove {0}: {1}", path, e.getMessage());
        }
    }
}
