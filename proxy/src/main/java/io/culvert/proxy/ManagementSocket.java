package io.culvert.proxy;

import io.culvert.tunnel.Tunnel;
import io.culvert.tunnel.TunnelException;
import io.culvert.tunnel.UapiServer;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The socket {@code DIRECTORY/NAME.sock} on which {@code wg} manages a tunnel, as a file or command
 * line wants it.
 *
 * @param place where it says so, for complaints at start
 */
record ManagementSocket(Path directory, String name, Place place) {
    private static final String WHAT_TO_DO =
            "; run as root, or choose a directory of yours with --uapi-dir (but wg looks in "
                    + UapiServer.DEFAULT_DIRECTORY
                    + " only)";

    /** Reads {@code uapi} and {@code uapiDir}; null if there is to be none. */
    static @Nullable ManagementSocket read(ConfigNode settings, Problems problems) {
        ConfigNode nameNode = settings.member("uapi");
        ConfigNode directoryNode = settings.member("uapiDir");
        String name = nameNode.string(problems, "");
        String directory = directoryNode.string(problems, "");
        if (nameNode.isAbsent()) {
            return null;
        }
        if (!UapiServer.isName(name)) {
            problems.error(
                    nameNode,
                    "must be a name of 1 to 15 letters, digits and _=+.- as wg takes it, not \""
                            + name
                            + "\"");
            return null;
        }
        try {
            return new ManagementSocket(
                    directory.isEmpty() ? UapiServer.DEFAULT_DIRECTORY : Path.of(directory),
                    name,
                    nameNode.place());
        } catch (InvalidPathException e) {
            problems.error(directoryNode, "is not the path of a directory: " + e.getReason());
            return null;
        }
    }

    /**
     * Makes it. Any thread.
     *
     * @throws StartException if it can't be had; the tunnel is closed then
     */
    void open(Tunnel tunnel) throws StartException {
        try {
            UapiServer.open(tunnel, directory, name);
        } catch (TunnelException e) {
            var _ = tunnel.close();
            boolean denied = e.getCause() instanceof AccessDeniedException;
            throw new StartException(place + ": " + e.getMessage() + (denied ? WHAT_TO_DO : ""), e);
        }
    }

    /** Whether another one would be the same file. */
    boolean isSameAs(ManagementSocket other) {
        return name.equals(other.name)
                && directory
                        .toAbsolutePath()
                        .normalize()
                        .equals(other.directory.toAbsolutePath().normalize());
    }
}
