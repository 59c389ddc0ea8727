package io.culvert.cli;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs commands as wg-quick does: by bash where there is one, each told first. */
final class HookRunner {
    private static final Path BASH = Path.of("/bin/bash");

    private final PrintWriter err;

    HookRunner(PrintWriter err) {
        this.err = err;
    }

    /**
     * Runs commands one after the other.
     *
     * @param interfaceName stands for {@code %i}
     * @throws IOException with one sentence, when one fails; those behind it don't run
     */
    void run(List<String> commands, String interfaceName) throws IOException {
        for (String command : commands) {
            String shell = Files.isExecutable(BASH) ? BASH.toString() : "/bin/sh";
            run(List.of(shell, "-c", command.replace("%i", interfaceName)), "", command);
        }
    }

    /** Runs all of them, whatever becomes of each. */
    void runAll(List<String> commands, String interfaceName) {
        for (String command : commands) {
            try {
                run(List.of(command), interfaceName);
            } catch (IOException e) {
                err.println("culvert: " + e.getMessage());
            }
        }
    }

    /**
     * Runs a program.
     *
     * @param input what it reads
     * @param shown what to call it
     * @throws IOException if it can't be started or says that it failed
     */
    void run(List<String> program, String input, String shown) throws IOException {
        err.println("[#] " + shown);
        Process process =
                new ProcessBuilder(program)
                        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException _) {
            // It may not care for its input.
        }
        try {
            int exit = process.waitFor();
            if (exit != 0) {
                throw new IOException("\"" + shown + "\" failed with exit code " + exit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while \"" + shown + "\" ran", e);
        }
    }

    /** Whether there is a program of that name. */
    static boolean exists(String program) {
        for (String directory :
                System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }
}
