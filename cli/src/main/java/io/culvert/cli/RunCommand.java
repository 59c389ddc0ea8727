package io.culvert.cli;

import io.culvert.proxy.Proxy;
import io.culvert.proxy.ProxySnapshot;
import io.culvert.proxy.StartException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        description =
                "Starts what the configuration describes and runs until SIGTERM or Ctrl-C. SIGHUP reads it again.")
final class RunCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;
    @Mixin private ConfigOptions config = new ConfigOptions();

    @Option(
            names = {"--test", "-test"},
            description = "Only check, as the command check does.")
    private boolean test;

    @Option(
            names = {"--dump", "-dump"},
            description = "Only print all files as one in JSON, with the keys in it.")
    private boolean dump;

    @Override
    public Integer call() {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        return run(line.getOut(), line.getErr());
    }

    private int run(PrintWriter out, PrintWriter err) {
        if (dump) {
            String merged = config.dump(err);
            if (merged == null) {
                return ExitCode.BAD_INPUT;
            }
            out.println(merged);
            return ExitCode.OK;
        }
        Proxy proxy = config.proxy(err);
        if (proxy == null) {
            return ExitCode.BAD_INPUT;
        }
        if (test) {
            out.println("Configuration OK.");
            return ExitCode.OK;
        }
        if (!started(proxy, out, err)) {
            return ExitCode.BAD_INPUT;
        }
        for (ProxySnapshot.Inbound inbound : proxy.snapshot().inbounds()) {
            for (InetSocketAddress address : inbound.addresses()) {
                out.println(listening(inbound, address));
            }
        }
        Reloading reloading = new Reloading(config, proxy, out, err);
        HangUp.handle(reloading::run);
        ControlSocket control =
                ControlSocket.open(ControlFile.directory(System::getenv), reloading::run);
        Runnable close =
                () -> {
                    if (control != null) {
                        control.close();
                    }
                    proxy.close();
                    Logging.closeAccess();
                };
        return UntilStopped.wait(() -> out.println("Culvert is ready."), close, err);
    }

    /** As if {@code -c FILE} were the only option. */
    static int plain(Path file, PrintWriter out, PrintWriter err) {
        RunCommand command = new RunCommand();
        command.config.only(file);
        return command.run(out, err);
    }

    private boolean started(Proxy proxy, PrintWriter out, PrintWriter err) {
        try {
            config.openLogs(out, err);
        } catch (LogFileException e) {
            err.println(LogLine.oneLine(e.getMessage()));
            return false;
        }
        try (Logging.Pause pause = new Logging.Pause()) {
            try {
                proxy.start();
                return true;
            } catch (StartException e) {
                pause.forget();
                err.println(LogLine.oneLine(e.getMessage()));
                return false;
            }
        }
    }

    private static String listening(ProxySnapshot.Inbound inbound, InetSocketAddress address) {
        String tag = inbound.tag().isEmpty() ? "" : " (" + inbound.tag() + ")";
        if (inbound.protocol().equals(ProxySections.LISTEN_INSIDE)) {
            return "Listening inside the tunnel on port " + address.getPort() + tag;
        }
        String host = address.getAddress().getHostAddress();
        String shown = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return "Listening on " + shown + ":" + address.getPort() + ", " + inbound.protocol() + tag;
    }
}
