package io.culvert.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "down",
        description = {
            "Takes away what culvert up made, and ends its process; needs root.",
            "Also what is left of one that was killed."
        })
final class DownCommand implements Callable<Integer> {
    private static final long PATIENCE_SECONDS = 20;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(
            index = "0",
            paramLabel = "FILE|IF",
            description = "The file that was given to culvert up, or the interface's name.")
    private String argument = "";

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        String named = QuickFile.interfaceName(Path.of(argument));
        String name = named == null ? argument : named;
        if (QuickFile.interfaceName(Path.of(name + ".conf")) == null) {
            err.println("culvert: \"" + argument + "\" is no interface's name");
            return ExitCode.BAD_INPUT;
        }
        try {
            InterfaceState state = InterfaceState.find(name);
            if (state == null) {
                err.println("culvert: " + name + " is not up");
                return ExitCode.BAD_INPUT;
            }
            long pid = state.livePid();
            if (pid != 0) {
                end(pid, err);
            }
            return undoRest(name, err);
        } catch (IOException e) {
            err.println("culvert: " + LogLine.oneLine(String.valueOf(e.getMessage())));
            return ExitCode.FAILURE;
        }
    }

    /** It undoes everything itself, if it lives to. */
    private static void end(long pid, PrintWriter err) throws InterruptedException {
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            err.println("culvert: process " + pid + " does not end and is killed");
            process.destroyForcibly();
            process.onExit().join();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int undoRest(String name, PrintWriter err) throws IOException {
        try (var _ = InterfaceState.lock()) {
            InterfaceState rest = InterfaceState.find(name);
            if (rest != null && rest.livePid() == 0) {
                err.println("culvert: undoing what a killed process left of " + name);
                MachineInterface.undoDead(rest, err);
                MachineInterface.deleteLog(name, err);
            }
        }
        return ExitCode.OK;
    }
}
