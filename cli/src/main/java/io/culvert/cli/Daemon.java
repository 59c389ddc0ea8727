package io.culvert.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts this very command once more, in the background, and waits until its interface is up. */
final class Daemon {
    private static final long POLL_MILLIS = 20;

    private Daemon() {}

    static int start(String interfaceName, PrintWriter out, PrintWriter err) {
        try {
            Path log = InterfaceState.beside(interfaceName, ".log");
            Process process =
                    new ProcessBuilder(command())
                            .redirectInput(new File("/dev/null"))
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            return await(process, interfaceName, log, out, err);
        } catch (IOException e) {
            err.println("culvert: " + LogLine.oneLine(String.valueOf(e.getMessage())));
            return ExitCode.BAD_INPUT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.FAILURE;
        }
    }

    /** As the kernel knows it: the JDK cuts long ones. The launcher's pipe is not for the child. */
    private static List<String> command() throws IOException {
        String line = Files.readString(Path.of("/proc/self/cmdline"));
        List<String> command = new ArrayList<>(Arrays.asList(line.split("\0", -1)));
        command.removeLast(); // behind the last zero
        command.add("--foreground");
        command.add("--detached");
        return command;
    }

    private static int await(
            Process process, String name, Path log, PrintWriter out, PrintWriter err)
            throws IOException, InterruptedException {
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            InterfaceState state = InterfaceState.find(name);
            if (state != null && state.isReady() && state.livePid() == process.pid()) {
                show(log, err);
                out.println(name + " is up.");
                return ExitCode.OK;
            }
        }
        show(log, err);
        Files.deleteIfExists(log);
        return process.exitValue() == ExitCode.OK ? ExitCode.FAILURE : process.exitValue();
    }

    private static void show(Path log, PrintWriter err) throws IOException {
        for (String line : Files.readAllLines(log)) {
            if (!line.endsWith(" is up.")) {
                err.println(line);
            }
        }
    }
}
