package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import io.culvert.proxy.Proxy;
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
            names = {"-c", "--config"},
            required = true,
            arity = "1..*",
            paramLabel = "FILE",
            description =
                    "Xray's JSON or wg-quick's .conf with wireproxy's sections; several are merged as Xray"
                            + " does it.")
    private List<Path> files = new ArrayList<>();

    @Mixin private UapiOptions uapi = new UapiOptions();

    @Option(
            names = "--log",
            paramLabel = "LEVEL",
            description =
                    "What to log: "
                            + LogLevel.CHOICE
                            + ". Default: the file's loglevel, else info.")
    private @Nullable LogLevel level;

    /**
     * Reads and validates the files, without side effect, and shows what is wrong with them.
     *
     * @return the proxy that they describe, not started; null when there were errors
     */
    @Nullable Proxy proxy(PrintWriter err) {
        Logging.to(err, level == null ? LogLevel.INFO : level);
        Problems problems = new Problems();
        ConfigNode root = ConfigFiles.read(files, System::getenv, problems);
        Proxy proxy = null;
        if (!problems.hasErrors()) {
            LogLevel asked = LogSettings.level(root.member("log"), problems);
            uapi.apply(root, problems);
            proxy = Proxy.create(root, problems);
            Logging.to(err, level == null ? asked : level);
        }
        ConfigReport.print(problems, err);
        return problems.hasErrors() ? null : proxy;
    }
}
