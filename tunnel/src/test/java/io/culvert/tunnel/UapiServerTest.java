package io.culvert.tunnel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("B1")
@Timeout(60)
class UapiServerTest {
    private static final String KEY = "ab".repeat(32);
    private static final String OK = "errno=0\n\n";
    private static final Pattern EMPTY_LINE = Pattern.compile("\n\n");

    @TempDir private Path scratch;
    private final List<EventLoopGroup> groups = new ArrayList<>();
    private final List<Tunnel> tunnels = new ArrayList<>();

    private Tunnel tunnel(IoHandlerFactory io) throws TunnelException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, io);
        groups.add(group);
        Tunnel tunnel =
                Tunnel.open(
                        TunnelConfig.builder()
                                .privateKey(TunnelPair.newKey())
                                .addresses(List.of(InetAddress.ofLiteral("10.7.0.1")))
                                .build(),
                        group.next());
        tunnels.add(tunnel);
        return tunnel;
    }

    private Tunnel tunnel() throws TunnelException {
        return tunnel(
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    @AfterEach
    void closeAll() throws InterruptedException {
        for (Tunnel tunnel : tunnels) {
            TunnelPair.await(tunnel.close());
        }
        for (EventLoopGroup group : groups) {
            TunnelPair.await(group.shutdownGracefully(0, 5, TimeUnit.SECONDS));
        }
    }

    private static SocketChannel connect(Path path) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    private static void say(SocketChannel client, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(US_ASCII));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    /** One answer, up to its empty line. */
    private static String hear(SocketChannel client) throws IOException {
        StringBuilder answer = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (!answer.toString().endsWith("\n\n") && client.read(one.clear()) > 0) {
            answer.append((char) one.get(0));
        }
        return answer.toString();
    }

    /** The answers to as many operations as there are empty lines. */
    private static String ask(Path path, String request) throws IOException {
        long operations = empties(request);
        StringBuilder answer = new StringBuilder();
        ByteBuffer piece = ByteBuffer.allocate(1 << 16);
        try (SocketChannel client = connect(path)) {
            say(client, request);
            while (!endsOperation(answer) || empties(answer) < operations) {
                if (client.read(piece.clear()) < 0) {
                    break;
                }
                answer.append(US_ASCII.decode(piece.flip()));
            }
        }
        return answer.toString();
    }

    private static boolean endsOperation(StringBuilder answer) {
        int length = answer.length();
        return length > 1 && answer.charAt(length - 1) == '\n' && answer.charAt(length - 2) == '\n';
    }

    private static long empties(CharSequence text) {
        return EMPTY_LINE.matcher(text).results().count();
    }

    private void answersOver(IoHandlerFactory io) throws Exception {
        Tunnel tunnel = tunnel(io);
        UapiServer server = UapiServer.open(tunnel, scratch, "wg0");

        try (SocketChannel client = connect(server.path())) {
            say(client, "set=1\npublic_key=" + KEY + "\nallowed_ip=10.0.0.0/8\n\nget=1\n\n");
            assertThat(hear(client)).isEqualTo(OK);
            assertThat(hear(client))
                    .contains(
                            "listen_port=" + tunnel.local().getPort() + "\n",
                            "public_key=" + KEY,
                            OK);
            say(client, "get=1\n");
            say(client, "\n");
            assertThat(hear(client)).endsWith(OK);
            say(client, "nonsense\n");
            assertThat(hear(client)).as("closed").isEmpty();
        }
    }

    @Test
    void clientsAreAnsweredOnANioLoop() throws Exception {
        answersOver(NioIoHandler.newFactory());
    }

    @Test
    void clientsAreAnsweredOnAnEpollLoop() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(Epoll.isAvailable());
        answersOver(EpollIoHandler.newFactory());
    }

    @Test
    @Tag("B2")
    void aClientThatOnlySendsNoMoreGetsItsAnswer() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(Epoll.isAvailable());
        UapiServer server = UapiServer.open(tunnel(), scratch, "wg0");
        try (SocketChannel client = connect(server.path())) {
            say(client, "get=1\n\nset=1\npublic_key=" + KEY + "\n");
            client.shutdownOutput();
            assertThat(new String(Channels.newInputStream(client).readAllBytes(), US_ASCII))
                    .startsWith("private_key=")
                    .endsWith(OK + OK);
        }
        assertThat(ask(server.path(), "get=1\n\n")).contains(KEY);
    }

    @Test
    @Tag("B2")
    void theEndOfTheStreamEndsASetOnANioLoopToo() throws Exception {
        Tunnel tunnel = tunnel(NioIoHandler.newFactory());
        UapiServer server = UapiServer.open(tunnel, scratch, "wg0");
        try (SocketChannel client = connect(server.path())) {
            say(client, "set=1\npublic_key=" + KEY + "\n");
            client.shutdownOutput();
            assertThat(client.read(ByteBuffer.allocate(1))).as("closed").isEqualTo(-1);
        }
        assertThat(ask(server.path(), "get=1\n\n")).contains(KEY);
    }

    @Test
    void theSocketIsForItsOwnerAloneInADirectoryThatIsMade() throws Exception {
        Path directory = scratch.resolve("a/b");
        UapiServer server = UapiServer.open(tunnel(), directory, "wg0");

        assertThat(server.path()).isEqualTo(directory.resolve("wg0.sock"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.path())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwxr-xr-x");
        assertThat(directory.toFile().list()).containsExactly("wg0.sock");
    }

    @Test
    void theFileGoesWithTheTunnelAndSoDoItsClients() throws Exception {
        Tunnel tunnel = tunnel();
        UapiServer server = UapiServer.open(tunnel, scratch, "wg0");
        try (SocketChannel client = connect(server.path())) {
            say(client, "set=1\n\n");
            assertThat(hear(client)).isEqualTo(OK);

            TunnelPair.await(tunnel.close());

            assertThat(scratch).isEmptyDirectory();
            assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    void aSocketThatIsInUseIsLeftToItsOwner() throws Exception {
        UapiServer first = UapiServer.open(tunnel(), scratch, "wg0");
        Tunnel second = tunnel();

        assertThatThrownBy(() -> UapiServer.open(second, scratch, "wg0"))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("wg0.sock")
                .hasMessageContaining("in use");
        assertThat(ask(first.path(), "get=1\n\n")).endsWith(OK);
        assertThat(UapiServer.open(second, scratch, "wg1").path()).exists();
    }

    @Test
    void aSocketThatNobodyAnswersAtIsReplaced() throws Exception {
        Path path = scratch.resolve("wg0.sock");
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();

        UapiServer server = UapiServer.open(tunnel(), scratch, "wg0");

        assertThat(ask(server.path(), "get=1\n\n")).endsWith(OK);
    }

    @Test
    void aFileThatIsNoSocketIsNotTouched() throws Exception {
        Path path = Files.writeString(scratch.resolve("wg0.sock"), "precious");
        Tunnel tunnel = tunnel();

        assertThatThrownBy(() -> UapiServer.open(tunnel, scratch, "wg0"))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("not a socket");
        assertThatThrownBy(() -> UapiServer.open(tunnel, path, "wg0"))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("cannot make the socket");
        assertThat(path).hasContent("precious");
        assertThat(scratch.toFile().list()).hasSize(1);
    }

    @Test
    void anotherSocketInItsPlaceIsNotRemoved() throws Exception {
        Tunnel tunnel = tunnel();
        UapiServer server = UapiServer.open(tunnel, scratch, "wg0");
        Files.delete(server.path());
        UapiServer.open(tunnel(), scratch, "wg0");

        TunnelPair.await(tunnel.close());

        assertThat(ask(server.path(), "get=1\n\n")).endsWith(OK);
    }

    @Test
    void aPathThatIsTooLongIsRefusedWithASentence() throws Exception {
        Tunnel tunnel = tunnel();
        Path deep = scratch.resolve("d".repeat(100));
        assertThatThrownBy(() -> UapiServer.open(tunnel, deep, "wg0"))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("too long");
        assertThat(deep).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "0123456789abcdef", "wg 0", "wg\n", "ü"})
    void aNameThatIsNoInterfaceIsRefused(String name) throws Exception {
        Tunnel tunnel = tunnel();
        assertThat(UapiServer.isName(name)).isFalse();
        assertThatThrownBy(() -> UapiServer.open(tunnel, scratch, name))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Tag("B2")
    void clientsThatStallHoldNobodyUp() throws Exception {
        UapiServer server = UapiServer.open(tunnel(), scratch, "wg0");
        try (SocketChannel halfASet = connect(server.path());
                SocketChannel neverReads = connect(server.path())) {
            say(halfASet, "set=1\npublic_key=" + KEY + "\nallowed_ip=::/0\nallowed_");
            neverReads.configureBlocking(false);
            ByteBuffer gets = ByteBuffer.wrap("get=1\n\n".repeat(100_000).getBytes(US_ASCII));
            int refusals = 0;
            while (gets.hasRemaining() && refusals < 1000) {
                refusals += neverReads.write(gets) == 0 ? 1 : 0;
                Thread.onSpinWait();
            }

            assertThat(ask(server.path(), "get=1\n\n")).contains(KEY).endsWith(OK);
            assertThat(ask(server.path(), "set=1\nfwmark=0\n\n")).isEqualTo(OK);

            say(halfASet, "ip=10.0.0.0/8\n\n");
            assertThat(hear(halfASet)).isEqualTo(OK);
        }
    }

    @Test
    @Tag("B2")
    void aConnectionThatIdlesIsClosed() throws Exception {
        UapiServer server =
                UapiServer.open(tunnel(), scratch, "wg0", TimeUnit.MILLISECONDS.toNanos(50));
        try (SocketChannel client = connect(server.path())) {
            say(client, "set=1\n");
            assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
    }

    @Test
    @Tag("B2")
    void manyClientsAreAnsweredAtTheSameTimeButNotTooMany() throws Exception {
        UapiServer server = UapiServer.open(tunnel(), scratch, "wg0");
        List<SocketChannel> idle = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> clients = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                String peer = "public_key=%064x\n".formatted(i + 1);
                clients.add(() -> ask(server.path(), "set=1\n" + peer + "\nget=1\n\n"));
            }
            for (Future<String> answer : threads.invokeAll(clients)) {
                assertThat(answer.get()).startsWith(OK).endsWith(OK);
            }
        }
        assertThat(ask(server.path(), "get=1\n\n").lines())
                .filteredOn(line -> line.startsWith("public_key="))
                .hasSize(30);
        try {
            for (int i = 0; i < 64; i++) {
                SocketChannel client = connect(server.path());
                idle.add(client);
                say(client, "set=1\n\n");
                assertThat(hear(client)).isEqualTo(OK);
            }
            try (SocketChannel oneMore = connect(server.path())) {
                assertThat(oneMore.read(ByteBuffer.allocate(1))).isEqualTo(-1);
            }
        } finally {
            for (SocketChannel client : idle) {
                client.close();
            }
        }
    }

    @Test
    @Tag("A12.2")
    @Tag("B4")
    void theListenPortMovesAtOnceOrStaysWhereItIs() throws Exception {
        Tunnel tunnel = tunnel();
        UapiServer server = UapiServer.open(tunnel, scratch, "wg0");
        int before = tunnel.local().getPort();
        try (DatagramChannel other = DatagramChannel.open(StandardProtocolFamily.INET)) {
            other.bind(TunnelPair.address("0.0.0.0", 0));
            int taken = other.socket().getLocalPort();
            assertThat(ask(server.path(), "set=1\nlisten_port=" + taken + "\n\n"))
                    .isEqualTo("errno=-" + UapiErrno.EADDRINUSE.number() + "\n\n");
            assertThat(tunnel.local().getPort()).isEqualTo(before);
        }
        assertThat(ask(server.path(), "set=1\nlisten_port=0\n\nget=1\n\n"))
                .contains("listen_port=" + tunnel.local().getPort() + "\n");
        assertThat(tunnel.local().getPort()).isNotEqualTo(before);
    }

    @Test
    void aClosedTunnelOpensNone() throws Exception {
        Tunnel tunnel = tunnel();
        TunnelPair.await(tunnel.close());
        assertThatThrownBy(() -> UapiServer.open(tunnel, scratch, "wg0"))
                .isInstanceOf(TunnelException.class);
        assertThat(Files.exists(scratch.resolve("wg0.sock"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    }
}
