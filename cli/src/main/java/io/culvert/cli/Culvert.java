package io.culvert.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.security.Security;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program: picks the command. */
@Command(
        name = "culvert",
        description =
                "Carries TCP and UDP through WireGuard, without root and without a kernel module.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false,
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:failed while running",
            "2:wrong usage or configuration, or a port or socket cannot be had; nothing was"
                    + " started",
            "3:no JDK 25 or newer found"
        },
        subcommands = {
            RunCommand.class,
            ReloadCommand.class,
            CheckCommand.class,
            UpCommand.class,
            DownCommand.class,
            DemoCommand.class,
            GenkeyCommand.class,
            PubkeyCommand.class,
            GenpskCommand.class,
            WgCommand.class,
            X25519Command.class,
            UuidCommand.class,
            VersionCommand.class
        })
public final class Culvert implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    private Culvert() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        // By name, and here: the JDK reads it as soon as any class of logging is touched.
        System.setProperty("java.util.logging.manager", "io.culvert.cli.StandingLogManager");
        StandardError.takeBack();
        rememberNamesBriefly();
        int exitCode = commandLine(writer(System.out), writer(System.err)).execute(args);
        System.exit(exitCode);
    }

    /** A tunnel that asks where its server is now must not be told where it was (seconds). */
    private static void rememberNamesBriefly() {
        if (Security.getProperty("networkaddress.cache.ttl") == null) {
            Security.setProperty("networkaddress.cache.ttl", "5");
        }
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
    }

    /** The commands, speaking to these two; both are flushed at the end of each line. */
    static CommandLine commandLine(PrintWriter out, PrintWriter err) {
        return new CommandLine(new Culvert())
                .setOut(out)
                .setErr(err)
                .registerConverter(LogLevel.class, Culvert::logLevel)
                .registerConverter(ConfigFormat.class, Culvert::configFormat)
                .setUnmatchedOptionsAllowedAsOptionParameters(false)
                .setParameterExceptionHandler((e, args) -> wrongUsage(e))
                .setExecutionExceptionHandler((e, command, result) -> failed(e, command));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    private static LogLevel logLevel(String name) {
        LogLevel level = LogLevel.named(name);
        if (level == null) {
            throw new TypeConversionException("must be " + LogLevel.CHOICE + ", not " + name);
        }
        return level;
    }

    private static ConfigFormat configFormat(String name) {
        ConfigFormat format = ConfigFormat.named(name);
        if (format == null) {
            throw new TypeConversionException("must be " + ConfigFormat.CHOICE + ", not " + name);
        }
        return format;
    }

    private static int wrongUsage(ParameterException e) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(LogLine.oneLine(e.getMessage()));
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> similar = unmatched.getSuggestions();
            if (!similar.isEmpty()) {
                err.println("Did you mean " + String.join(" or ", similar) + "?");
            }
        }
        err.println("See " + command.getCommandSpec().qualifiedName() + " --help.");
        return ExitCode.BAD_INPUT;
    }

    /** Not foreseen, so a defect: the trace is what whoever mends it needs. */
    private static int failed(Exception e, CommandLine command) {
        command.getErr().println("culvert: unexpected failure, please report it:");
        e.printStackTrace(command.getErr());
        return ExitCode.FAILURE;
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, stream.charset()), true);
    }
}
