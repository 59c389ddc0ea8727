package io.culvert.cli;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * What a process that has an interface up writes down for {@code culvert down}, and for whoever
 * finds what it left when it was killed. One file for each interface and network namespace, for
 * root alone, in memory like the interface itself.
 */
final class InterfaceState {
    private static final Path DIRECTORY = Path.of("/run/culvert");

    private final Path file;
    private final Properties values;

    private InterfaceState(Path file, Properties values) {
        this.file = file;
        this.values = values;
    }

    /** Of an interface that this process makes. */
    static InterfaceState begin(String name) throws IOException {
        InterfaceState state = new InterfaceState(beside(name, ".state"), new Properties());
        long pid = ProcessHandle.current().pid();
        state.values.setProperty("name", name);
        state.values.setProperty("pid", Long.toString(pid));
        state.values.setProperty("started", String.valueOf(startOf(pid)));
        state.save();
        return state;
    }

    /** What is written of an interface, or null. */
    static @Nullable InterfaceState find(String name) throws IOException {
        Path file = beside(name, ".state");
        Properties values = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            values.load(in);
            return new InterfaceState(file, values);
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    /** A file of that interface in this network namespace. */
    static Path beside(String name, String extension) throws IOException {
        if (!Files.isDirectory(DIRECTORY)) {
            Files.createDirectories(
                    DIRECTORY,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        }
        String namespace = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
        return DIRECTORY.resolve(name + "-" + namespace.replaceAll("[^0-9]", "") + extension);
    }

    /** Held while interfaces are made or undone, one at a time. */
    static FileChannel lock() throws IOException {
        Path file = beside("all", ".lock");
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.lock(); // ends with the channel
        return channel;
    }

    /** Of the process that has it up; 0 if that is no more. */
    long livePid() {
        long pid = Long.parseLong(values.getProperty("pid", "0"));
        String started = startOf(pid);
        return started != null && started.equals(values.getProperty("started")) ? pid : 0;
    }

    /** When a process began, as the kernel counts: a number may be another's by now. */
    private static @Nullable String startOf(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
        } catch (IOException | IndexOutOfBoundsException _) {
            return null;
        }
    }

    String name() {
        return values.getProperty("name", "");
    }

    boolean isReady() {
        return values.containsKey("ready");
    }

    void ready() throws IOException {
        values.setProperty("ready", "1");
        save();
    }

    /** {@code file} or {@code resolvconf}, or empty where name servers were left alone. */
    String nameServers() {
        return values.getProperty("dns", "");
    }

    void nameServers(String how) throws IOException {
        values.setProperty("dns", how);
        save();
    }

    List<String> list(String key) {
        List<String> list = new ArrayList<>();
        for (int i = 0; values.containsKey(key + i); i++) {
            list.add(values.getProperty(key + i));
        }
        return list;
    }

    void list(String key, List<String> list) throws IOException {
        for (int i = 0; i < list.size(); i++) {
            values.setProperty(key + i, list.get(i));
        }
        save();
    }

    private void save() throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(
                fresh,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (Writer out = Files.newBufferedWriter(fresh)) {
            values.store(out, null);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    void delete() throws IOException {
        Files.deleteIfExists(file);
    }
}
