package io.culvert.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A network namespace of our own; removed with everything in it by {@link Lab}. */
final class Namespace {
    private final String name;
    private final Path directory;
    private final List<Spawned> programs = new ArrayList<>();
    private int files;

    Namespace(String name, Path directory) {
        this.name = name;
        this.directory = directory;
        Namespace.command(directory, "ip", "netns", "add", name);
        ip("link", "set", "lo", "up");
    }

    String name() {
        return name;
    }

    /**
     * The WireGuard interface of this host. Control sockets are in one directory for the whole
     * machine, so no two may be called the same.
     */
    String device() {
        return "wg" + name.substring(2);
    }

    /** {@code wg set DEVICE ...} */
    void wg(String... arguments) {
        exec(join(List.of("wg", "set", device()), arguments));
    }

    /** {@code wg show DEVICE WHAT} of a device with one peer: what stands behind the peer's key. */
    String wgShow(String what) {
        String line = exec("wg", "show", device(), what).strip();
        return line.substring(line.indexOf('\t') + 1);
    }

    /** {@code ip -n NAME ...} */
    String ip(String... arguments) {
        return command(directory, join(List.of("ip", "-n", name), arguments));
    }

    /** Runs a command in the namespace to its end; a non-zero exit fails the test. */
    String exec(String... arguments) {
        return command(directory, inside(arguments));
    }

    /** Runs a command in the namespace to its end, whatever its exit code. */
    Result attempt(Duration limit, String... arguments) {
        return run(directory, limit, inside(arguments));
    }

    Spawned spawn(Map<String, String> environment, String... arguments) {
        Path output = directory.resolve(name + "-" + files++ + ".log");
        ProcessBuilder builder = new ProcessBuilder(inside(arguments));
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        try {
            Spawned spawned = new Spawned(arguments[0], builder.start(), output);
            programs.add(spawned);
            return spawned;
        } catch (IOException e) {
            throw new IllegalStateException("cannot start " + arguments[0], e);
        }
    }

    /** Starts one of our own test programs: a class with a main method beside this one. */
    Spawned spawnJava(Class<?> program, String... arguments) {
        return spawn(Map.of(), java(program, arguments));
    }

    Result attemptJava(Duration limit, Class<?> program, String... arguments) {
        return attempt(limit, java(program, arguments));
    }

    void close() {
        programs.reversed().forEach(Spawned::close);
        run(directory, Duration.ofSeconds(20), "ip", "netns", "del", name);
    }

    private String[] inside(String... arguments) {
        return join(List.of("ip", "netns", "exec", name), arguments);
    }

    static String[] java(Class<?> program, String... arguments) {
        return join(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("culvert.root") + "/interop/target/test-classes",
                        program.getName()),
                arguments);
    }

    private static String[] join(List<String> head, String... tail) {
        List<String> all = new ArrayList<>(head);
        all.addAll(Arrays.asList(tail));
        return all.toArray(String[]::new);
    }

    static String command(Path directory, String... arguments) {
        Result result = run(directory, Duration.ofMinutes(5), arguments);
        if (result.exit() != 0) {
            throw new AssertionError(
                    String.join(" ", arguments) + " -> " + result.exit() + "\n" + result.text());
        }
        return result.text();
    }

    /** How a command ended and what it printed. */
    record Result(int exit, String text) {}

    private static Result run(Path directory, Duration limit, String... arguments) {
        try {
            Path output = Files.createTempFile(directory, "command", ".out");
            Process process =
                    new ProcessBuilder(arguments)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .redirectInput(
                                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                            .start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(
                        String.join(" ", arguments)
                                + " still ran after "
                                + limit
                                + "\n"
                                + Files.readString(output));
            }
            return new Result(process.exitValue(), Files.readString(output));
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + arguments[0], e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
