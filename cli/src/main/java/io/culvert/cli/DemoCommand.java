package io.culvert.cli;

import io.culvert.proxy.StartException;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "demo",
        description =
                "Makes keys, connects a WireGuard server and a client in this process over loopback UDP, sends"
                        + " traffic through every entrance, and shows what came of it.")
final class DemoCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--keep", description = "Leave it running afterwards, until Ctrl-C.")
    private boolean keep;

    @Option(
            names = "--log",
            paramLabel = "LEVEL",
            description = "What to log: " + LogLevel.CHOICE + ". Default: warning.")
    private LogLevel level = LogLevel.WARNING;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Logging.to(err, level);
        try (DemoSite site = new DemoSite(InetAddress.getLoopbackAddress());
                DemoNetwork network = new DemoNetwork(site.address())) {
            show(network, DemoNetwork.TARGET, out);
            if (!keep) {
                return ExitCode.OK;
            }
            return UntilStopped.wait(
                    () -> out.println("Running until Ctrl-C."), network::close, err);
        } catch (DemoException | StartException e) {
            out.println();
            out.flush();
            err.println("The demo fell short: " + LogLine.oneLine(e.getMessage()));
            return ExitCode.FAILURE;
        }
    }

    @SuppressWarnings(
            "SystemConsoleNull") // JDK 25 returns null again unless both ends are terminals
    private void show(DemoNetwork network, InetSocketAddress site, PrintWriter out)
            throws DemoException {
        out.println(
                "WireGuard over 127.0.0.1:"
                        + network.tunnelPort()
                        + "/udp, both ends in this process.");
        Console console = System.console();
        DemoProgress progress = new DemoProgress(out, console != null && console.isTerminal());
        List<DemoSteps.Row> rows;
        try (DemoWork work = new DemoWork(progress)) {
            rows = new DemoSteps(network, site, progress, work).all();
        }
        out.println();
        int width = rows.stream().mapToInt(row -> row.what().length()).max().orElse(0);
        for (DemoSteps.Row row : rows) {
            out.println(
                    "  " + row.what() + " ".repeat(width - row.what().length() + 3) + row.result());
        }
        out.println();
        out.println(keep ? "To see for yourself:" : "To see for yourself, with --keep:");
        DemoNetwork.Entrances in = network.entrances();
        String url = "http://" + DemoPath.authority(site) + "/";
        out.println("  curl -x socks5h://" + DemoPath.authority(in.socks()) + " " + url);
        out.println("  curl -x http://" + DemoPath.authority(in.http()) + " " + url);
        out.println("  curl http://" + DemoPath.authority(in.forward()) + "/");
        out.println(
                "  or give a browser one of the first two as its proxy: all that it loads goes through the"
                        + " tunnel.");
    }
}
