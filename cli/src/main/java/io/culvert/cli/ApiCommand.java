package io.culvert.cli;

import io.culvert.proxy.ApiClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

@Command(
        name = "api",
        description = "Asks the API of a running Culvert or Xray, and changes it.",
        synopsisSubcommandLabel = "COMMAND")
final class ApiCommand implements Runnable {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-s", "--server", "-server"},
            paramLabel = "HOST:PORT",
            scope = ScopeType.INHERIT,
            description = "Where the API listens. Default: 127.0.0.1:8080.")
    private String server = "127.0.0.1:8080";

    @Option(
            names = {"-t", "--timeout", "-timeout"},
            paramLabel = "SECONDS",
            scope = ScopeType.INHERIT,
            description = "How long to wait for an answer. Default: 3.")
    private int timeout = 3;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }

    private interface Call {
        void make(ApiClient client, PrintWriter out) throws IOException;
    }

    private int call(Call call) {
        PrintWriter err = spec.commandLine().getErr();
        int colon = server.lastIndexOf(':');
        String port = server.substring(colon + 1);
        if (colon <= 0 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65535) {
            err.println("--server must be HOST:PORT, not " + server);
            return ExitCode.BAD_INPUT;
        }
        InetSocketAddress address =
                new InetSocketAddress(server.substring(0, colon), Integer.parseInt(port));
        try (ApiClient client = new ApiClient(address, Math.max(1, timeout))) {
            call.make(client, spec.commandLine().getOut());
            return ExitCode.OK;
        } catch (IOException e) {
            err.println(LogLine.oneLine(e.getMessage()));
            return ExitCode.FAILURE;
        }
    }

    @Command(name = "statsquery", description = "Prints counters and their values.")
    int statsQuery(
            @Option(names = "-pattern", description = "Only names that contain this.")
                    String pattern,
            @Option(names = "-reset", description = "They begin again at 0.") boolean reset,
            @Parameters(arity = "0..1", paramLabel = "PATTERN") List<String> words) {
        String part = pattern != null ? pattern : words == null ? "" : String.join("", words);
        return call((client, out) -> print(client.queryStats(part, reset), out));
    }

    @Command(name = "stats", description = "Prints one counter.")
    int stats(
            @Option(names = "-name", required = true, paramLabel = "NAME") String name,
            @Option(names = "-reset", description = "It begins again at 0.") boolean reset) {
        return call((client, out) -> out.println(client.stats(name, reset)));
    }

    @Command(name = "statssys", description = "Prints what the program itself takes.")
    int statsSystem() {
        return call((client, out) -> print(client.systemStats(), out));
    }

    @Command(name = "rmi", description = "Removes inbounds.")
    int removeInbounds(@Parameters(arity = "1..*", paramLabel = "TAG") List<String> tags) {
        return call((client, out) -> {
            for (String tag : tags) {
                client.removeInbound(tag);
            }
        });
    }

    @Command(name = "rmo", description = "Removes outbounds that nothing uses.")
    int removeOutbounds(@Parameters(arity = "1..*", paramLabel = "TAG") List<String> tags) {
        return call((client, out) -> {
            for (String tag : tags) {
                client.removeOutbound(tag);
            }
        });
    }

    @Command(name = "rmu", description = "Removes users from an inbound.")
    int removeUsers(
            @Option(names = "-tag", required = true, paramLabel = "TAG") String tag,
            @Parameters(arity = "1..*", paramLabel = "NAME") List<String> names) {
        return call((client, out) -> {
            for (String name : names) {
                client.removeUser(tag, name);
            }
        });
    }

    private static void print(Map<String, Long> values, PrintWriter out) {
        values.forEach((name, value) -> out.println(name + " " + value));
    }
}
