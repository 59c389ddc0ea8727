package io.culvert.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The socket on which a running program is asked to read its configuration again. A client sends
 * the line {@code reload}; the answer is {@code done} or {@code failed}, and behind it a line for
 * each thing that there is to say.
 */
final class ControlSocket implements AutoCloseable {
    static final String RELOAD = "reload";
    static final String DONE = "done";
    static final String FAILED = "failed";

    private static final Logger LOG = Logger.getLogger(ControlSocket.class.getName());

    private final ServerSocketChannel server;
    private final Path file;
    private final Supplier<Reloading.Outcome> reload;

    private ControlSocket(
            ServerSocketChannel server, Path file, Supplier<Reloading.Outcome> reload) {
        this.server = server;
        this.file = file;
        this.reload = reload;
    }

    /**
     * Listens. A program that can't be reached this way does its work all the same.
     *
     * @param directory null = nowhere
     * @return null if it doesn't
     */
    static @Nullable ControlSocket open(
            @Nullable Path directory, Supplier<Reloading.Outcome> reload) {
        if (directory == null) {
            return null;
        }
        try {
            Path file = ControlFile.make(directory, ProcessHandle.current().pid());
            // Left by an earlier process of the same number.
            Files.deleteIfExists(file);
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(file));
            ControlSocket socket = new ControlSocket(server, file, reload);
            Thread.ofPlatform().daemon().name("control").start(socket::serve);
            return socket;
        } catch (IOException | UnsupportedOperationException e) {
            LOG.fine("culvert reload cannot reach this program: " + e);
            return null;
        }
    }

    private void serve() {
        while (true) {
            try (SocketChannel client = server.accept()) {
                answer(client);
            } catch (ClosedChannelException e) {
                if (!server.isOpen()) {
                    return;
                }
            } catch (IOException e) {
                LOG.fine("control: " + e);
                if (!server.isOpen()) {
                    return;
                }
            }
        }
    }

    private void answer(SocketChannel client) throws IOException {
        BufferedReader in = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
        PrintWriter out = new PrintWriter(Channels.newWriter(client, StandardCharsets.UTF_8));
        if (RELOAD.equals(in.readLine())) {
            Reloading.Outcome outcome = reload.get();
            out.println(outcome.done() ? DONE : FAILED);
            outcome.lines().forEach(out::println);
            out.flush();
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.fine("control: " + e);
        }
    }
}
