package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(value = OS.LINUX, disabledReason = "needs Unix sockets")
class ControlFileTest {
    private static final long PID = ProcessHandle.current().pid();

    @TempDir private Path directory;

    private ServerSocketChannel listen(long pid) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(ControlFile.of(directory, pid)));
        return server;
    }

    /** A process was killed, and another one has its number, here this one. */
    @Test
    void aSocketThatNobodyListensToIsRemovedWhoeverHasItsNumber() throws IOException {
        listen(PID).close();
        Files.createFile(ControlFile.of(directory, 1));

        assertThat(ControlFile.running(directory)).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aProgramThatListensIsFound() throws IOException {
        try (ServerSocketChannel _ = listen(PID)) {
            Files.createFile(directory.resolve("other.txt"));

            assertThat(ControlFile.running(directory)).containsExactly(PID);
            assertThat(ControlFile.of(directory, PID)).exists();
        }
    }
}
