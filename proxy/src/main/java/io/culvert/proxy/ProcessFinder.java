package io.culvert.proxy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Finds who has a socket, in Linux's {@code /proc}. Everything blocks. Not thread-safe. */
final class ProcessFinder {

    /** Processes that were found lately, with which a search begins. */
    private static final int RECENT = 16;

    private static final String DELETED = " (deleted)";

    private final Path proc;
    private final SocketTable sockets;
    private final Deque<String> recent = new ArrayDeque<>();

    /**
     * Looks there.
     *
     * @param proc where the file system of that name is
     * @param order as {@link SocketTable} has it
     */
    ProcessFinder(Path proc, ByteOrder order) {
        this.proc = proc;
        this.sockets = new SocketTable(proc.resolve("net"), order);
    }

    /**
     * The process whose socket something came from.
     *
     * @param source an address of this machine
     * @param targets where the socket may be connected to
     * @return {@link LocalProcess#UNKNOWN} if it is nobody's who can be seen
     * @throws IOException where it couldn't be looked for, as without free descriptors
     */
    LocalProcess find(Network network, InetSocketAddress source, List<InetSocketAddress> targets)
            throws IOException {
        long inode = sockets.inode(network, source, targets);
        return inode == 0 ? LocalProcess.UNKNOWN : owner("socket:[" + inode + "]");
    }

    private LocalProcess owner(String socket) throws IOException {
        for (String pid : recent) {
            if (has(pid, socket)) {
                return found(pid);
            }
        }
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                String pid = process.getFileName().toString();
                if (has(pid, socket)) {
                    return found(pid);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return LocalProcess.UNKNOWN;
    }

    private boolean has(String pid, String socket) throws IOException {
        Path files = proc.resolve(pid).resolve("fd");
        try {
            return isAmong(files, socket);
        } catch (NoSuchFileException | AccessDeniedException e) {
            return false; // it is gone, or not ours to look at
        } catch (IOException e) {
            if (Files.isReadable(files)) {
                throw e;
            }
            return false; // hidden from us (proc(5), hidepid)
        }
    }

    private static boolean isAmong(Path files, String socket) throws IOException {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(files)) {
            for (Path file : open) {
                if (isLink(file, socket)) {
                    return true;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return false;
    }

    private static boolean isLink(Path file, String target) throws IOException {
        try {
            return Files.readSymbolicLink(file).toString().equals(target);
        } catch (NoSuchFileException | AccessDeniedException | NotLinkException e) {
            return false; // closed meanwhile, or not ours to look at
        }
    }

    private LocalProcess found(String pid) throws IOException {
        recent.remove(pid);
        recent.addFirst(pid);
        if (recent.size() > RECENT) {
            recent.removeLast();
        }
        String path;
        try {
            path = Files.readSymbolicLink(proc.resolve(pid).resolve("exe")).toString();
        } catch (NoSuchFileException | AccessDeniedException e) {
            path = "";
        }
        // A program that was replaced while it runs.
        String now =
                path.endsWith(DELETED) ? path.substring(0, path.length() - DELETED.length()) : path;
        return new LocalProcess(Long.parseLong(pid), now);
    }
}
