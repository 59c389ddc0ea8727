package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Over files as a little-endian kernel writes them. */
class ProcessFinderTest {
    private static final String HEAD =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
                    + "  timeout inode\n";

    @TempDir private Path proc;

    private static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }

    private static String line(String local, String remote, long inode) {
        return "   0: "
                + local
                + " "
                + remote
                + " 01 00000000:00000000 00:00000000 00000000  1000        0 "
                + inode
                + " 1 0000000000000000 20 4 30 10 -1\n";
    }

    private LocalProcess find(Network network, InetSocketAddress from, InetSocketAddress... to)
            throws IOException {
        return new ProcessFinder(proc, ByteOrder.LITTLE_ENDIAN).find(network, from, List.of(to));
    }

    private void table(String name, String... lines) throws IOException {
        Files.writeString(proc.resolve("net").resolve(name), HEAD + String.join("", lines));
    }

    private void process(long pid, String program, long... inodes) throws IOException {
        Path files = Files.createDirectories(proc.resolve(pid + "/fd"));
        Files.createSymbolicLink(files.resolve("0"), Path.of("/no/such/file"));
        for (int i = 0; i < inodes.length; i++) {
            Files.createSymbolicLink(
                    files.resolve(String.valueOf(3 + i)), Path.of("socket:[" + inodes[i] + "]"));
        }
        Files.createSymbolicLink(proc.resolve(pid + "/exe"), Path.of(program));
    }

    @BeforeEach
    void someProcesses() throws IOException {
        Files.createDirectory(proc.resolve("net"));
        process(20, "/no/such/curl", 101, 102);
        process(30, "/opt/chat/chat (deleted)", 103);
    }

    @ParameterizedTest(name = "{0} from {4} port {5} to port {6}")
    @CsvSource({
        // A connection, which has the other end's socket beside it; IPv6; IPv4 of a socket for
        // both.
        "TCP,tcp,0100007F:9C40,0100007F:0438,127.0.0.1,40000,1080,20",
        "TCP,tcp6,B80D0120000000000000000001000000:9C40,B80D0120000000000000000001000000:0438,2001:db8::1,40000,1080,20",
        "TCP,tcp6,0000000000000000FFFF00000100007F:9C40,0000000000000000FFFF00000100007F:0438,127.0.0.1,40000,1080,20",
        "TCP,tcp,0100007F:9C40,0100007F:0439,127.0.0.1,40000,1080,20", // redirected
        "TCP,tcp,0100007F:9C41,0100007F:0438,127.0.0.1,40000,1080,0",
        "TCP,tcp,0200007F:9C40,0100007F:0438,127.0.0.1,40000,1080,0",
        "TCP,udp,0100007F:9C40,0100007F:0438,127.0.0.1,40000,1080,0",
        "TCP,tcp,00000000:9C40,00000000:0000,127.0.0.1,40000,1080,0", // listens
        // A datagram's socket may be bound to no address.
        "UDP,udp,0100007F:9C40,00000000:0000,127.0.0.1,40000,1080,20",
        "UDP,udp,00000000:9C40,00000000:0000,127.0.0.1,40000,1080,20",
        "UDP,udp6,00000000000000000000000000000000:9C40,00000000000000000000000000000000:0000,127.0.0.1,40000,1080,20",
        "UDP,udp6,00000000000000000000000000000000:9C40,00000000000000000000000000000000:0000,::1,40000,1080,20",
    })
    void knowsWhoseSocketItIs(
            Network network,
            String table,
            String local,
            String remote,
            String source,
            int port,
            int target,
            long pid)
            throws IOException {
        table(table, line("0100007F:0438", "0100007F:9C40", 7), line(local, remote, 102));
        assertThat(find(network, at(source, port), at(source, target)).pid()).isEqualTo(pid);
    }

    @Test
    void whatIsConnectedToUsGoesBeforeWhatIsConnectedElsewhere() throws IOException {
        table(
                "tcp",
                line("0100007F:9C40", "0100007F:0050", 102),
                line("0100007F:9C40", "0100007F:0438", 103));

        LocalProcess found = find(Network.TCP, at("127.0.0.1", 40000), at("127.0.0.1", 1080));

        assertThat(found).isEqualTo(new LocalProcess(30, "/opt/chat/chat"));
        assertThat(found.name()).isEqualTo("chat");
    }

    @Test
    void aSocketThatIsNobodysAnyMoreIsOfNobody() throws IOException {
        table(
                "tcp",
                line("0100007F:9C40", "0100007F:0438", 0),
                line("0100007F:9C41", "0100007F:0438", 999));

        assertThat(find(Network.TCP, at("127.0.0.1", 40000), at("127.0.0.1", 1080)))
                .isEqualTo(LocalProcess.UNKNOWN);
        assertThat(find(Network.TCP, at("127.0.0.1", 40001), at("127.0.0.1", 1080)))
                .isEqualTo(LocalProcess.UNKNOWN);
    }

    @Test
    void aProcessThatWasFoundAndIsGoneIsNotFoundAgain() throws IOException {
        ProcessFinder finder = new ProcessFinder(proc, ByteOrder.LITTLE_ENDIAN);
        table("tcp", line("0100007F:9C40", "0100007F:0438", 101));
        assertThat(finder.find(Network.TCP, at("127.0.0.1", 40000), List.of()).pid()).isEqualTo(20);

        Files.delete(proc.resolve("20/fd/3"));

        assertThat(finder.find(Network.TCP, at("127.0.0.1", 40000), List.of()))
                .isEqualTo(LocalProcess.UNKNOWN);
    }

    /** As without free descriptors, when no process can be looked at. */
    @Test
    void whoCannotBeLookedAtIsNotTakenForSomebodyElse() throws IOException {
        Files.createDirectory(proc.resolve("40"));
        Files.createFile(proc.resolve("40/fd"));
        table("tcp", line("0100007F:9C40", "0100007F:0438", 999));

        assertThatThrownBy(() -> find(Network.TCP, at("127.0.0.1", 40000)))
                .isInstanceOf(NotDirectoryException.class);
    }

    @Test
    void aBigEndianKernelWritesAddressesAsTheyAre() throws IOException {
        table("tcp", line("7F000001:9C40", "7F000001:0438", 103));

        LocalProcess found =
                new ProcessFinder(proc, ByteOrder.BIG_ENDIAN)
                        .find(Network.TCP, at("127.0.0.1", 40000), List.of());

        assertThat(found.pid()).isEqualTo(30);
    }
}
