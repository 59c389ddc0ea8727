package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.each;
import static io.culvert.tunnel.Handlers.halfClosing;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blocking sockets through the tunnel. */
class TunnelSocketTest {
    private static final int PORT = 7;
    private TunnelPair tunnels;
    private SocketFactory sockets;

    @BeforeEach
    void open() throws Exception {
        tunnels = TunnelPair.open();
        sockets = tunnels.client.socketFactory();
    }

    @AfterEach
    void close() {
        tunnels.close();
    }

    @Test
    void readsAndWrites() throws Exception {
        opened(tunnels.server.listen(PORT, Handlers.echo()));
        try (Socket socket = sockets.createSocket(SERVER_V4, PORT)) {
            socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().readNBytes(5))
                    .isEqualTo("hello".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getRemoteSocketAddress()).isEqualTo(address(SERVER_V4, PORT));
            assertThat(socket.getPort()).isEqualTo(PORT);
            assertThat(socket.getLocalPort()).isPositive();
            assertThat(socket.isConnected()).isTrue();
        }
    }

    @Test
    void largeStreamsAreCompleteBothWays() throws Exception {
        StreamSource source = new StreamSource(32 << 20, 1);
        StreamSink sink = new StreamSink();
        opened(tunnels.server.listen(PORT, halfClosing(source, sink)));
        try (Socket socket = sockets.createSocket(SERVER_V4, PORT)) {
            CompletableFuture<byte[]> received =
                    CompletableFuture.supplyAsync(() -> digestOf(socket));
            MessageDigest sent = StreamSource.sha256();
            OutputStream out = socket.getOutputStream();
            byte[] block = new byte[200_000];
            for (int i = 0; i < 100; i++) {
                block[i] = (byte) i;
                sent.update(block);
                out.write(block);
            }
            socket.shutdownOutput();

            assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(sent.digest());
            assertThat(received.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(source.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    private static byte[] digestOf(Socket socket) {
        try {
            MessageDigest sha = StreamSource.sha256();
            InputStream in = socket.getInputStream();
            byte[] block = new byte[50_000];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                sha.update(block, 0, n);
            }
            return sha.digest();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void closeLetsWhatWasWrittenArrive() throws Exception {
        StreamSink sink = new StreamSink();
        opened(tunnels.server.listen(PORT, halfClosing(sink)));
        byte[] block = new byte[4 << 20];
        try (Socket socket = sockets.createSocket(SERVER_V4, PORT)) {
            socket.getOutputStream().write(block);
        }
        assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isEqualTo(StreamSource.sha256().digest(block));
    }

    @Test
    void silenceIsReadTimeout() throws Exception {
        opened(tunnels.server.listen(PORT, each(_ -> {})));
        try (Socket socket = sockets.createSocket()) {
            socket.setSoTimeout(50);
            socket.connect(address(SERVER_V4, PORT), 30_000);
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void noAnswerIsConnectTimeout() throws Exception {
        tunnels.server.forward(new Handlers.Parking());
        try (Socket socket = sockets.createSocket()) {
            assertThatThrownBy(() -> socket.connect(address("10.9.9.9", 1), 100))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void refusedIsConnectException() {
        assertThatThrownBy(() -> sockets.createSocket(SERVER_V4, PORT))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void closeWakesABlockedReader() throws Exception {
        opened(tunnels.server.listen(PORT, each(_ -> {})));
        Socket socket = sockets.createSocket(SERVER_V4, PORT);
        InputStream in = socket.getInputStream();
        CompletableFuture<Integer> read =
                CompletableFuture.supplyAsync(() -> {
                    try {
                        return in.read();
                    } catch (SocketException e) {
                        return -2;
                    } catch (java.io.IOException e) {
                        return -3;
                    }
                });
        socket.close();
        assertThat(read.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(-2);
        assertThat(socket.isClosed()).isTrue();
    }

    @Test
    void namesAreNotLookedUpOutsideTheTunnel() {
        assertThatThrownBy(() -> sockets.createSocket("localhost", PORT))
                .isInstanceOf(UnknownHostException.class);
    }

    @Test
    void namesAreResolvedByWhomeverTheApplicationSays() throws Exception {
        opened(tunnels.server.listen(PORT, Handlers.echo()));
        SocketFactory resolving =
                tunnels.client.socketFactory(host -> InetAddress.ofLiteral(SERVER_V4));
        try (Socket socket = resolving.createSocket("server.example", PORT)) {
            assertThat(socket.getInetAddress()).isEqualTo(InetAddress.ofLiteral(SERVER_V4));
        }
    }

    @Test
    void eventLoopMustNotBlock() throws Exception {
        boolean refused =
                TunnelPair.onLoop(
                        tunnels.client.loop(),
                        () -> {
                            try {
                                sockets.createSocket(SERVER_V4, PORT);
                                return false;
                            } catch (SocketException e) {
                                return true;
                            }
                        });
        assertThat(refused).isTrue();
    }
}
