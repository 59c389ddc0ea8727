package io.culvert.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "reload",
        description =
                "Has a running Culvert of this user read its files again; connections go on. A file that is"
                        + " wrong changes nothing. SIGHUP does the same.")
final class ReloadCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "Which one. Default: the only one that runs.")
    private @Nullable Long pid;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        Path directory = ControlFile.directory(System::getenv);
        if (directory == null) {
            err.println(
                    "There is no XDG_RUNTIME_DIR in which to find a running Culvert: send it SIGHUP.");
            return ExitCode.BAD_INPUT;
        }
        try {
            List<Long> running = pid == null ? ControlFile.running(directory) : List.of(pid);
            if (running.size() != 1) {
                err.println(
                        running.isEmpty()
                                ? "No Culvert of this user runs."
                                : "Several run: say which with --pid, of " + running + ".");
                return ExitCode.BAD_INPUT;
            }
            return ask(ControlFile.of(directory, running.getFirst()), err);
        } catch (IOException e) {
            err.println("The running Culvert cannot be reached: " + e.getMessage());
            return ExitCode.FAILURE;
        }
    }

    private int ask(Path file, PrintWriter err) throws IOException {
        try (SocketChannel server = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
            server.write(
                    ByteBuffer.wrap(
                            (ControlSocket.RELOAD + "\n").getBytes(StandardCharsets.UTF_8)));
            List<String> answer =
                    new BufferedReader(Channels.newReader(server, StandardCharsets.UTF_8))
                            .readAllLines();
            boolean done = !answer.isEmpty() && answer.getFirst().equals(ControlSocket.DONE);
            answer.stream().skip(1).forEach(line -> err.println(done ? "warning: " + line : line));
            spec.commandLine()
                    .getOut()
                    .println(done ? "Configuration read again." : "Nothing has changed.");
            return done ? ExitCode.OK : ExitCode.BAD_INPUT;
        }
    }
}
