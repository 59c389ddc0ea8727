package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import io.culvert.proxy.Proxy;
import io.culvert.proxy.StartException;
import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of the commands that read a configuration, and the reading. */
final class ConfigOptions {
    @Option(
            names = {"-c", "--config", "-config"},
            arity = "1..*",
            paramLabel = "FILE",
            description =
                    "Xray's JSON, TOML or YAML, or wg-quick's .conf with wireproxy's sections; several are"
                            + " merged as Xray does it. stdin: is standard input. Default: config.json,"
                            + " .jsonc, .toml, .yaml or .yml here, then config.json in XRAY_LOCATION_CONFIG,"
                            + " then standard input.")
    private List<Path> files = new ArrayList<>();

    @Option(
            names = {"--confdir", "-confdir"},
            paramLabel = "DIR",
            description =
                    "Reads Xray's files of this directory as well, by name. Default:"
                            + " XRAY_LOCATION_CONFDIR.")
    private @Nullable Path directory;

    @Option(
            names = {"--format", "-format"},
            paramLabel = "FORMAT",
            description =
                    "What the files are: " + ConfigFormat.CHOICE + ". Default: auto, by name.")
    private ConfigFormat format = ConfigFormat.AUTO;

    @Mixin private UapiOptions uapi = new UapiOptions();

    private LogSettings logs = LogSettings.DEFAULT;

    @Option(
            names = "--log",
            paramLabel = "LEVEL",
            description =
                    "What to log: "
                            + LogLevel.CHOICE
                            + ". Default: the file's loglevel, else info.")
    private @Nullable LogLevel level;

    /** Whether an argument is the option that names files. */
    static boolean isFileOption(String argument) {
        return argument.equals("-c") || argument.equals("--config") || argument.equals("-config");
    }

    /** As if this were the only option. */
    void only(Path file) {
        files = List.of(file);
    }

    /**
     * Logs from now on as the files say.
     *
     * @throws LogFileException if a file can't be opened
     */
    void openLogs(PrintWriter out, PrintWriter err) throws LogFileException {
        Logging.open(logs, out, err);
    }

    /** All files as one tree, as JSON; null when (shown) they can't be read. */
    @Nullable String dump(PrintWriter err) {
        Problems problems = new Problems();
        ConfigNode root = read(problems);
        ConfigReport.print(problems, err);
        return problems.hasErrors() ? null : ConfigDump.json(root);
    }

    /** All files as one tree; what is wrong with their form is reported. */
    private ConfigNode read(Problems problems) {
        List<Path> found =
                new ConfigSearch(Path.of("").toAbsolutePath(), System::getenv)
                        .find(files, directory, format, problems);
        Place place = new Place("configuration", 0, 0, "");
        if (problems.hasErrors()) {
            return ConfigNode.object(place);
        }
        if (files.isEmpty()
                && found.getFirst().equals(ConfigSource.STANDARD_INPUT)
                && hasTerminal()) {
            problems.error(place, "none found: name a file with --config");
            return ConfigNode.object(place);
        }
        return ConfigFiles.read(found, format, System::getenv, problems);
    }

    /** Nobody types a configuration. */
    @SuppressWarnings("SystemConsoleNull") // without a terminal, JDK 25 gives null again
    private static boolean hasTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /**
     * Reads and validates the files, without side effect, and shows what is wrong with them.
     *
     * @return the proxy that they describe, not started; null when there were errors
     */
    @Nullable Proxy proxy(PrintWriter err) {
        Logging.to(err, level == null ? LogLevel.INFO : level);
        Problems problems = new Problems();
        ConfigNode root = read(problems);
        Proxy proxy = null;
        if (!problems.hasErrors()) {
            logs = LogSettings.read(root.member("log"), problems);
            uapi.apply(root, problems);
            proxy = Proxy.create(root, problems);
            if (level != null) {
                logs = logs.withLevel(level);
            }
            Logging.to(err, logs.level());
        }
        ConfigReport.print(problems, err);
        return problems.hasErrors() ? null : proxy;
    }

    /**
     * Reads the files again and puts them into effect. Log files are opened anew.
     *
     * @param problems takes what is wrong with them; then nothing changes
     * @return whether they are in effect
     * @throws StartException if something can't be had; then nothing has changed
     * @throws LogFileException if a log file can't be opened; then the rest is in effect
     */
    boolean reload(Proxy proxy, Problems problems, PrintWriter out, PrintWriter err)
            throws StartException, LogFileException {
        ConfigNode root = read(problems);
        if (problems.hasErrors()) {
            return false;
        }
        LogSettings asked = LogSettings.read(root.member("log"), problems);
        uapi.apply(root, problems);
        if (problems.hasErrors() || !proxy.reload(root, problems)) {
            return false;
        }
        logs = level == null ? asked : asked.withLevel(level);
        openLogs(out, err);
        return true;
    }
}
