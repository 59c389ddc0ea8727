package io.culvert.cli;

import io.culvert.proxy.MachineTunnel;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import io.culvert.proxy.StartException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "up",
        description = {
            "Makes a network interface that the whole machine uses, as wg-quick up does; needs"
                    + " root.",
            "Returns when it is up; the tunnel then lives in the background until culvert down."
        })
final class UpCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "wg-quick's NAME.conf, or NAME for /etc/wireguard/NAME.conf.")
    private String argument = "";

    @Option(
            names = "--name",
            paramLabel = "IF",
            description = "The interface's name. Default: the file's.")
    private @Nullable String name;

    @Option(
            names = "--foreground",
            description = "Stays until SIGTERM or Ctrl-C, and takes everything away then.")
    private boolean foreground;

    @Option(names = "--detached", hidden = true, description = "Leaves the terminal.")
    private boolean detached;

    @Option(
            names = "--log",
            paramLabel = "LEVEL",
            description = "What to log: " + LogLevel.CHOICE + ". Default: warning.")
    private LogLevel level = LogLevel.WARNING;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        Logging.to(err, level);
        Problems problems = new Problems();
        Path path = QuickFile.path(argument);
        QuickFile file = QuickFile.read(path, problems);
        MachineTunnel tunnel =
                file == null || problems.hasErrors()
                        ? null
                        : MachineTunnel.create(file.settings(), file.routing(), problems);
        String chosen = name != null ? name : QuickFile.interfaceName(path);
        if (chosen == null || QuickFile.interfaceName(Path.of(chosen + ".conf")) == null) {
            problems.error(
                    new Place(chosen == null ? path.toString() : "--name " + chosen, 0, 0, ""),
                    "an interface's name has 1 to 15 letters, digits and _=+.-; choose one with"
                            + " --name");
        }
        if (!detached) {
            ConfigReport.print(problems, err);
        }
        if (problems.hasErrors() || file == null || tunnel == null || chosen == null) {
            return ExitCode.BAD_INPUT;
        }
        if (!foreground) {
            return Daemon.start(chosen, spec.commandLine().getOut(), err);
        }
        if (detached) {
            MachineTunnel.leaveTerminal();
        }
        return run(new MachineInterface(chosen, file, tunnel, err), chosen, tunnel, err);
    }

    private int run(MachineInterface made, String chosen, MachineTunnel tunnel, PrintWriter err) {
        try {
            made.up();
        } catch (IOException | StartException e) {
            err.println("culvert: " + LogLine.oneLine(String.valueOf(e.getMessage())));
            return ExitCode.BAD_INPUT;
        }
        var _ =
                tunnel.ended()
                        .thenAccept(cause -> {
                            if (cause != null) {
                                err.println("culvert: " + cause.getMessage());
                                UntilStopped.fail();
                            }
                        });
        PrintWriter out = spec.commandLine().getOut();
        return UntilStopped.wait(() -> out.println(chosen + " is up."), made::down, err);
    }
}
