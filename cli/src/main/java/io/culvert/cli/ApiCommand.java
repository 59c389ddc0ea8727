package io.culvert.cli;

import io.culvert.proxy.ApiClient;
import io.culvert.proxy.ApiElement;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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
    private static final String FILE = "FILE";

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
        return forEach(tags, ApiClient::removeInbound);
    }

    @Command(name = "rmo", description = "Removes outbounds that nothing uses.")
    int removeOutbounds(@Parameters(arity = "1..*", paramLabel = "TAG") List<String> tags) {
        return forEach(tags, ApiClient::removeOutbound);
    }

    @Command(name = "rmu", description = "Removes users from an inbound.")
    int removeUsers(
            @Option(names = "-tag", required = true, paramLabel = "TAG") String tag,
            @Parameters(arity = "1..*", paramLabel = "NAME") List<String> names) {
        return forEach(names, (client, name) -> client.removeUser(tag, name));
    }

    private interface Change {
        void make(ApiClient client, String name) throws IOException;
    }

    private int forEach(List<String> names, Change change) {
        return call((client, out) -> {
            for (String name : names) {
                change.make(client, name);
            }
        });
    }

    @Command(name = "adi", description = "Adds the inbounds of files.")
    int addInbounds(@Parameters(arity = "0..*", paramLabel = FILE) List<Path> files) {
        return add(files, ApiElement::inbounds, ApiClient::addInbound);
    }

    @Command(name = "ado", description = "Adds the outbounds of files.")
    int addOutbounds(@Parameters(arity = "0..*", paramLabel = FILE) List<Path> files) {
        return add(files, ApiElement::outbounds, ApiClient::addOutbound);
    }

    @Command(
            name = "adu",
            description = "Adds the users in the inbounds of files to the inbounds of that tag.")
    int addUsers(@Parameters(arity = "0..*", paramLabel = FILE) List<Path> files) {
        return add(files, ApiElement::users, ApiClient::addUser);
    }

    private interface Parts {
        List<ApiElement> of(ConfigNode file, Problems problems);
    }

    private interface Adding {
        void make(ApiClient client, ApiElement element) throws IOException;
    }

    /** Says nothing to anybody unless all files are right. */
    private int add(@Nullable List<Path> files, Parts parts, Adding adding) {
        Problems problems = new Problems();
        List<ApiElement> elements = new ArrayList<>();
        for (Path file : files == null ? List.of(ConfigSource.STANDARD_INPUT) : files) {
            Problems found = new Problems();
            ConfigNode root =
                    ConfigFiles.parts(List.of(file), ConfigFormat.AUTO, System::getenv, found);
            if (!found.hasErrors()) {
                elements.addAll(parts.of(root, found));
            }
            found.errors().forEach(problem -> problems.error(problem.place(), problem.sentence()));
        }
        if (problems.hasErrors()) {
            ConfigReport.print(problems, spec.commandLine().getErr());
            return ExitCode.BAD_INPUT;
        }
        return call((client, out) -> {
            for (ApiElement element : elements) {
                adding.make(client, element);
                String user = element.name().isEmpty() ? "" : " " + element.name();
                out.println("added: " + element.tag() + user);
            }
        });
    }

    @Command(name = "lsi", description = "Prints the tags of inbounds.")
    int listInbounds() {
        return call((client, out) -> client.inbounds().forEach(out::println));
    }

    @Command(name = "lso", description = "Prints the tags of outbounds.")
    int listOutbounds() {
        return call((client, out) -> client.outbounds().forEach(out::println));
    }

    @Command(name = "inbounduser", description = "Prints the names of an inbound's users.")
    int inboundUsers(
            @Option(names = "-tag", required = true, paramLabel = "TAG") String tag,
            @Option(names = "-email", paramLabel = "NAME", description = "Only this one's.")
                    String name) {
        return call(
                (client, out) -> client.users(tag, name == null ? "" : name).forEach(out::println));
    }

    @Command(name = "inboundusercount", description = "Prints how many users an inbound has.")
    int inboundUserCount(@Option(names = "-tag", required = true, paramLabel = "TAG") String tag) {
        return call((client, out) -> out.println(client.userCount(tag)));
    }

    @Command(name = "statsonline", description = "Prints how many addresses a user comes from.")
    int online(@Option(names = "-email", required = true, paramLabel = "NAME") String name) {
        return call((client, out) -> out.println(client.online(name)));
    }

    @Command(
            name = "statsonlineiplist",
            description = "Prints from which addresses a user comes, and since when.")
    int onlineAddresses(
            @Option(names = "-email", required = true, paramLabel = "NAME") String name) {
        return call((client, out) -> print(client.onlineAddresses(name), out));
    }

    @Command(name = "statsgetallonlineusers", description = "Prints who has connections.")
    int onlineUsers() {
        return call((client, out) -> client.onlineUsers().forEach(out::println));
    }

    @Command(name = "lsrules", description = "Prints where rules lead, and their tags.")
    int listRules() {
        return call((client, out) ->
                client.rules()
                        .forEach(rule ->
                                out.println((rule.getKey() + " " + rule.getValue()).strip())));
    }

    @Command(name = "rmrules", description = "Removes rules.")
    int removeRules(@Parameters(arity = "1..*", paramLabel = "RULETAG") List<String> tags) {
        return forEach(tags, ApiClient::removeRule);
    }

    @Command(name = "bi", description = "Prints among which outbounds balancers choose.")
    int balancers(@Parameters(arity = "1..*", paramLabel = "TAG") List<String> tags) {
        return call((client, out) -> {
            for (String tag : tags) {
                client.balancerTargets(tag).forEach(target -> out.println(tag + " " + target));
            }
        });
    }

    @Command(name = "bo", description = "Has a balancer choose one outbound.")
    int overrideBalancer(
            @Option(
                            names = {"-b", "-balancer"},
                            required = true,
                            paramLabel = "TAG")
                    String balancer,
            @Option(
                            names = {"-r", "-remove"},
                            description = "It chooses as before again.")
                    boolean remove,
            @Parameters(arity = "0..1", paramLabel = "OUTBOUND") List<String> targets) {
        boolean given = targets != null && !targets.isEmpty();
        if (given == remove) {
            throw new ParameterException(
                    spec.commandLine(), "Give an outbound, or -r, but not both.");
        }
        return call((client, out) ->
                client.overrideBalancer(balancer, remove ? "" : targets.getFirst()));
    }

    @Command(name = "restartlogger", description = "Has log files opened anew.")
    int restartLogger() {
        return call((client, out) -> client.restartLogger());
    }

    private static void print(Map<String, Long> values, PrintWriter out) {
        values.forEach((name, value) -> out.println(name + " " + value));
    }
}
