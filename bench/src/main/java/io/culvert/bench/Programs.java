package io.culvert.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The programs that a run starts, in its own network namespace or in others; closing ends them. */
final class Programs implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 300;

    /** Linux accounts processes in ticks of USER_HZ, which is 100 everywhere. */
    private static final long TICK_NANOS = 10_000_000;

    private final Path directory;
    private final List<Process> processes = new ArrayList<>();

    /**
     * @param directory for the output of commands
     */
    Programs(Path directory) {
        this.directory = directory;
    }

    static String[] inNamespace(String namespace, String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(List.of(command));
        return all.toArray(String[]::new);
    }

    /** A class of ours in a JVM of its own. */
    static String[] java(Class<?> main, String... arguments) {
        List<String> all = new ArrayList<>();
        all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        all.addAll(List.of("-XX:+UseSerialGC", "-Xmx64m", "--enable-native-access=ALL-UNNAMED"));
        all.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    Process start(Path log, String... command) throws IOException {
        return start(builder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
    }

    /** Starts a program whose standard input and output are ours. */
    Process startPiped(Path errors, String... command) throws IOException {
        return start(builder(command).redirectError(errors.toFile()));
    }

    private static ProcessBuilder builder(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("WG_PROCESS_FOREGROUND", "1");
        return builder;
    }

    private Process start(ProcessBuilder builder) throws IOException {
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    String run(String... command) throws IOException {
        Path out = Files.createTempFile(directory, "command", ".out");
        Process process = start(out, command);
        if (exit(process, PATIENCE_SECONDS) != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + Files.readString(out));
        }
        processes.remove(process);
        String text = Files.readString(out);
        Files.delete(out);
        return text;
    }

    static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException _) {
            return false;
        }
    }

    static void await(String name, Process process, Path log, BooleanSupplier condition)
            throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (exit(process, 0) >= 0 || System.nanoTime() > end) {
                throw new IOException(name + " did not start: " + Files.readString(log));
            }
        }
    }

    /**
     * Until a wireguard-go listens at its control socket. Not asked by {@code wg}, which removes
     * the file of a socket that is bound but doesn't listen yet.
     */
    static void awaitUapi(String device, Process process, Path log) throws IOException {
        var address = UnixDomainSocketAddress.of("/var/run/wireguard/" + device + ".sock");
        await("wireguard-go", process, log, () -> answers(address));
    }

    private static boolean answers(UnixDomainSocketAddress address) {
        try (SocketChannel probe = SocketChannel.open(address)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** The exit code, or -1 if it still runs after that time, or 50 ms. */
    static int exit(Process process, long seconds) {
        try {
            long millis = Math.max(50, seconds * 1000);
            return process.waitFor(millis, TimeUnit.MILLISECONDS) ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** CPU time of all its threads, user and system, in nanoseconds to the tick. */
    static long cpuNanos(Process process) {
        Path file = Path.of("/proc/" + process.pid() + "/stat");
        try {
            String stat = Files.readString(file);
            // The second field is a name in parentheses, which may hold spaces.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_NANOS;
        } catch (IOException e) {
            throw new UncheckedIOException(file + " is gone", e);
        }
    }

    /** Resident memory in MiB: now ({@code VmRSS}), or the most so far ({@code VmHWM}). */
    static double residentMebibytes(Process process, String field) {
        Path file = Path.of("/proc/" + process.pid() + "/status");
        try {
            String line =
                    Files.readAllLines(file).stream()
                            .filter(each -> each.startsWith(field + ":"))
                            .findFirst()
                            .orElseThrow();
            return Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
        } catch (IOException e) {
            throw new UncheckedIOException(file + " is gone", e);
        }
    }

    /** CPU time that nobody used since the machine started, of all its cores together. */
    static long idleNanos() {
        try {
            // cpu user nice system idle iowait ...
            String[] fields = Files.readString(Path.of("/proc/stat")).split("\\s+", 7);
            return (Long.parseLong(fields[4]) + Long.parseLong(fields[5])) * TICK_NANOS;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends a program, gently first. */
    static void end(Process process) {
        process.destroy();
        if (exit(process, 5) < 0) {
            process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        processes.reversed().forEach(Programs::end);
    }
}
