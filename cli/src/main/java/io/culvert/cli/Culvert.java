package io.culvert.cli;

import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.security.Security;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        })
public final class Culvert implements Runnable {
    /** In the order in which help names them. */
    private static final Map<String, Class<?>> COMMANDS = commands();

    @Spec private CommandSpec spec = CommandSpec.create();

    private Culvert() {}

    private static Map<String, Class<?>> commands() {
        Map<String, Class<?>> commands = new LinkedHashMap<>();
        commands.put("run", RunCommand.class);
        commands.put("reload", ReloadCommand.class);
        commands.put("api", ApiCommand.class);
        commands.put("check", CheckCommand.class);
        commands.put("up", UpCommand.class);
        commands.put("down", DownCommand.class);
        commands.put("demo", DemoCommand.class);
        commands.put("genkey", GenkeyCommand.class);
        commands.put("pubkey", PubkeyCommand.class);
        commands.put("genpsk", GenpskCommand.class);
        commands.put("wg", WgCommand.class);
        commands.put("x25519", X25519Command.class);
        commands.put("uuid", UuidCommand.class);
        commands.put("version", VersionCommand.class);
        return commands;
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        prepare(args);
        PrintWriter out = writer(System.out, System.out.charset());
        PrintWriter err = writer(System.err, System.err.charset());
        System.exit(execute(out, err, args));
    }

    /**
     * Runs one command.
     *
     * @return the exit code
     */
    static int execute(PrintWriter out, PrintWriter err, String... args) {
        Path file = PlainRun.file(args);
        if (file == null) {
            return commandLine(out, err, args).execute(args);
        }
        try {
            return RunCommand.plain(file, out, err);
        } catch (RuntimeException e) {
            return failed(e, err);
        }
    }

    /** What has to be so before anything of a command is touched. */
    static void prepare(String... args) {
        // By name, and here: the JDK reads it as soon as any class of logging is touched.
        System.setProperty("java.util.logging.manager", "io.culvert.cli.StandingLogManager");
        spareFlightRecorder();
        Preloading.beginFor(args);
        rememberNamesBriefly();
    }

    /**
     * Netty makes events for the JDK's Flight Recorder, which then is initialized with the first
     * buffer, for a tenth of a second, whether anybody records or not.
     */
    private static void spareFlightRecorder() {
        if (System.getProperty("io.netty.jfr.enabled") == null) {
            System.setProperty("io.netty.jfr.enabled", "false");
        }
    }

    /** A tunnel that asks where its server is now must not be told where it was (seconds). */
    private static void rememberNamesBriefly() {
        if (Security.getProperty("networkaddress.cache.ttl") == null) {
            Security.setProperty("networkaddress.cache.ttl", "5");
        }
        Security.setProperty("networkaddress.cache.negative.ttl", "1");
    }

    /**
     * The commands, speaking to these two, which are flushed at the end of each line.
     *
     * @param args if they name a command, no other is made: looking at all of them takes a tenth of
     *     a start
     */
    static CommandLine commandLine(PrintWriter out, PrintWriter err, String... args) {
        CommandLine all = new CommandLine(new Culvert());
        Class<?> named = args.length == 0 ? null : COMMANDS.get(args[0]);
        for (Class<?> command : named == null ? COMMANDS.values() : List.of(named)) {
            all.addSubcommand(command);
        }
        return all.setOut(out)
                .setErr(err)
                .registerConverter(LogLevel.class, Culvert::logLevel)
                .registerConverter(ConfigFormat.class, Culvert::configFormat)
                .setUnmatchedOptionsAllowedAsOptionParameters(false)
                .setParameterExceptionHandler((e, line) -> wrongUsage(e))
                .setExecutionExceptionHandler((e, command, result) -> failed(e, command.getErr()));
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
    private static int failed(Exception e, PrintWriter err) {
        err.println("culvert: unexpected failure, please report it:");
        e.printStackTrace(err);
        return ExitCode.FAILURE;
    }

    static PrintWriter writer(OutputStream stream, Charset charset) {
        return new PrintWriter(new OutputStreamWriter(stream, charset), true);
    }
}
