package io.culvert.cli;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * {@code /etc/resolv.conf} ({@code resolv.conf(5)}): the name servers of an interface take its
 * place, whole or not at all, and what was there comes back. What somebody else wrote meanwhile
 * stays.
 */
final class ResolverFile {
    private static final String LINK = "link ";
    private static final String TEXT = "text\n";
    private static final String NOTHING = "nothing";

    private final Path file;
    private final Path kept;
    private final String firstLine;

    /**
     * The file as an interface's.
     *
     * @param kept where what was there is kept meanwhile, ends with {@code .resolv}; those of other
     *     interfaces are beside it
     */
    ResolverFile(Path file, Path kept, String interfaceName) {
        this.file = file;
        this.kept = kept;
        firstLine = "# Of the tunnel " + interfaceName + ", until culvert down " + interfaceName;
    }

    /** Writes the interface's. */
    void set(List<String> nameServers, List<String> searchDomains) throws IOException {
        StringBuilder text = new StringBuilder(firstLine).append('\n');
        nameServers.forEach(server -> text.append("nameserver ").append(server).append('\n'));
        if (!searchDomains.isEmpty()) {
            text.append("search ").append(String.join(" ", searchDomains)).append('\n');
        }
        Files.writeString(kept, present());
        replace(TEXT + text);
    }

    /** Brings back what was there; nothing to do is fine. */
    void restore() throws IOException {
        if (!Files.exists(kept)) {
            return;
        }
        String before = Files.readString(kept);
        if (isOurs(present())) {
            replace(before);
        } else {
            handOn(before);
        }
        Files.delete(kept);
    }

    /** Another tunnel came later and keeps ours: it gets what was before us. */
    private void handOn(String before) throws IOException {
        try (DirectoryStream<Path> others =
                Files.newDirectoryStream(kept.toAbsolutePath().getParent(), "*.resolv")) {
            for (Path other : others) {
                if (isOurs(Files.readString(other))) {
                    Files.writeString(other, before);
                }
            }
        }
    }

    private boolean isOurs(String form) {
        return form.startsWith(TEXT + firstLine + "\n");
    }

    private String present() throws IOException {
        if (Files.isSymbolicLink(file)) {
            return LINK + Files.readSymbolicLink(file);
        }
        return Files.exists(file) ? TEXT + Files.readString(file) : NOTHING;
    }

    private void replace(String form) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".culvert");
        Files.deleteIfExists(fresh);
        if (form.equals(NOTHING)) {
            Files.deleteIfExists(file);
        } else if (form.startsWith(LINK)) {
            Files.createSymbolicLink(fresh, Path.of(form.substring(LINK.length())));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } else {
            replaceText(fresh, form.substring(TEXT.length()));
        }
    }

    private void replaceText(Path fresh, String text) throws IOException {
        boolean plain = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
        try {
            Files.writeString(fresh, text);
            Files.setPosixFilePermissions(
                    fresh,
                    plain
                            ? Files.getPosixFilePermissions(file)
                            : PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (FileSystemException e) {
            Files.deleteIfExists(fresh);
            if (!plain) {
                throw e;
            }
            // Mounted, as in a container: it can be written, but not replaced.
            Files.writeString(file, text);
        }
    }
}
