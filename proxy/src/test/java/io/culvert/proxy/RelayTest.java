package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A port forward to a server on this machine: what one side does, the other must see. */
@Timeout(120)
class RelayTest {

    private static ProxyRig forwardTo(int port) throws StartException {
        return ProxyRig.start(
                "{'inbounds':[{'tag':'in','protocol':'dokodemo-door','listen':'127.0.0.1',"
                        + "'port':0,'settings':{'address':'127.0.0.1','port':"
                        + port
                        + "}}],'outbounds':[{'protocol':'freedom','tag':'out'}]}");
    }

    /** Writes all and ends its half, beside the test. */
    private static Thread upload(Socket client, byte[] bytes, CompletableFuture<?> failing) {
        return Thread.ofVirtual()
                .start(() -> {
                    try {
                        client.getOutputStream().write(bytes);
                        client.shutdownOutput();
                    } catch (IOException e) {
                        failing.completeExceptionally(e);
                    }
                });
    }

    /** A port that nobody listens on. */
    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    @Test
    void clientsEndReachesTheServerAndTheAnswerStillComes() throws Exception {
        EchoServer.Service count =
                socket -> {
                    long total = EchoServer.drain(socket.getInputStream());
                    new DataOutputStream(socket.getOutputStream()).writeLong(total);
                };
        try (EchoServer server = EchoServer.start(count);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            client.getOutputStream().write(new byte[100_000]);
            client.shutdownOutput();
            byte[] answer = client.getInputStream().readAllBytes();
            assertThat(answer).containsExactly(0, 0, 0, 0, 0, 1, 0x86, 0xa0);
        }
    }

    @Test
    void largeAnswerReachesAClientThatHasEndedItsHalfLongBefore() throws Exception {
        int size = 32 << 20;
        EchoServer.Service answer =
                socket -> {
                    EchoServer.drain(socket.getInputStream());
                    socket.getOutputStream().write(new byte[size]);
                };
        try (EchoServer server = EchoServer.start(answer);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isZero();
            assertThat(EchoServer.drain(client.getInputStream())).isEqualTo(size - 1);
        }
    }

    @Test
    void nothingIsLostOfAServerThatEndsWhileItsReaderPauses() throws Exception {
        int size = 24 << 20;
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        EchoServer.Service answer =
                socket -> {
                    socket.setSendBufferSize(32 << 20);
                    socket.getOutputStream().write(new byte[size]);
                    socket.shutdownOutput();
                    ended.complete(true);
                    EchoServer.drain(socket.getInputStream());
                };
        try (EchoServer server = EchoServer.start(answer);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            long early = 0;
            while (!ended.isDone()) {
                early += client.getInputStream().readNBytes(1 << 16).length;
            }
            assertThat(early + EchoServer.drain(client.getInputStream())).isEqualTo(size);
        }
    }

    @Test
    void noMoreIsReadThanTheOtherSideTakes() throws Exception {
        int size = 24 << 20;
        CompletableFuture<Boolean> go = new CompletableFuture<>();
        CompletableFuture<Long> received = new CompletableFuture<>();
        EchoServer.Service late =
                socket -> {
                    go.join();
                    received.complete(EchoServer.drain(socket.getInputStream()));
                };
        long before = WaitingBytes.SHARED.now();
        try (EchoServer server = EchoServer.start(late);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            Thread writer = upload(client, new byte[size], received);
            Await.until(() -> WaitingBytes.SHARED.now() > before);
            assertThat(WaitingBytes.SHARED.now() - before).isLessThan(256 << 10);
            go.complete(true);
            assertThat(received.join()).isEqualTo(size);
            writer.join();
        }
        Await.until(() -> WaitingBytes.SHARED.now() == before);
    }

    @Test
    void serversEndReachesTheClientAndTheUploadGoesOn() throws Exception {
        CompletableFuture<Long> received = new CompletableFuture<>();
        EchoServer.Service endFirst =
                socket -> {
                    socket.getOutputStream().write(1);
                    socket.shutdownOutput();
                    received.complete(EchoServer.drain(socket.getInputStream()));
                };
        try (EchoServer server = EchoServer.start(endFirst);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            assertThat(client.getInputStream().readAllBytes()).containsExactly(1);
            client.getOutputStream().write(new byte[300_000]);
            client.shutdownOutput();
            assertThat(received.join()).isEqualTo(300_000);
        }
    }

    @Test
    void everythingIsGoneOnceBothSidesHaveEnded() throws Exception {
        try (EchoServer server = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            client.getOutputStream().write(7);
            client.shutdownOutput();
            assertThat(client.getInputStream().readAllBytes()).containsExactly(7);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            assertThat(rig.snapshot("in").totals())
                    .isEqualTo(new ProxySnapshot.Totals(1, 0, 0, 1, 1));
            assertThat(rig.outbound("out").totals())
                    .isEqualTo(new ProxySnapshot.Totals(1, 0, 0, 1, 1));
        }
    }

    @Test
    void serversResetReachesTheClient() throws Exception {
        EchoServer.Service reset =
                socket -> {
                    socket.getInputStream().read();
                    socket.setSoLinger(true, 0);
                };
        try (EchoServer server = EchoServer.start(reset);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            client.getOutputStream().write(1);
            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
    }

    @Test
    void clientsResetReachesTheServer() throws Exception {
        CompletableFuture<IOException> seen = new CompletableFuture<>();
        EchoServer.Service watch =
                socket -> {
                    socket.getOutputStream().write(1);
                    try {
                        EchoServer.drain(socket.getInputStream());
                        seen.complete(new IOException("an orderly end"));
                    } catch (IOException e) {
                        seen.complete(e);
                    }
                };
        try (EchoServer server = EchoServer.start(watch);
                ProxyRig rig = forwardTo(server.port())) {
            Socket client = rig.connect("in");
            assertThat(client.getInputStream().read()).isEqualTo(1);
            client.setSoLinger(true, 0);
            client.close();
            assertThat(seen.join()).hasMessageContaining("reset");
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void refusedDestinationLooksLikeAResetToTheClient() throws Exception {
        try (ProxyRig rig = forwardTo(freePort())) {
            assertThatThrownBy(
                            () -> {
                                try (Socket client = rig.connect("in")) {
                                    client.getInputStream().read();
                                }
                            })
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
            assertThat(rig.outbound("out").totals().failures()).isEqualTo(1);
        }
    }

    @Test
    void readerThatStopsStopsTheWriter() throws Exception {
        long size = 192L << 20;
        AtomicLong written = new AtomicLong();
        EchoServer.Service flood =
                socket -> {
                    OutputStream out = socket.getOutputStream();
                    byte[] block = new byte[1 << 16];
                    while (written.get() < size) {
                        out.write(block);
                        written.addAndGet(block.length);
                    }
                };
        try (EchoServer server = EchoServer.start(flood);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            long[] last = {-1};
            int[] still = {0};
            Await.until(() -> {
                long now = written.get();
                still[0] = now == last[0] && now > 0 ? still[0] + 1 : 0;
                last[0] = now;
                return still[0] == 150;
            });
            // Four kernel buffers and one water mark; Linux lets a buffer grow to 6 MiB.
            assertThat(written.get()).isLessThan(64L << 20);
            assertThat(EchoServer.drain(client.getInputStream())).isEqualTo(size);
        }
    }

    @Test
    void everyByteArrivesOnceAndInOrderBothWaysAtOnce() throws Exception {
        byte[] up = new byte[8 << 20];
        byte[] down = new byte[8 << 20];
        new Random(1).nextBytes(up);
        new Random(2).nextBytes(down);
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        EchoServer.Service exchange =
                socket -> {
                    InputStream in = socket.getInputStream();
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    received.complete(in.readAllBytes());
                                } catch (IOException e) {
                                    received.completeExceptionally(e);
                                }
                            });
                    socket.getOutputStream().write(down);
                    socket.shutdownOutput();
                    received.join();
                };
        try (EchoServer server = EchoServer.start(exchange);
                ProxyRig rig = forwardTo(server.port());
                Socket client = rig.connect("in")) {
            Thread sender = upload(client, up, received);
            assertThat(Arrays.equals(client.getInputStream().readAllBytes(), down)).isTrue();
            assertThat(Arrays.equals(received.join(), up)).isTrue();
            sender.join();
            assertThat(rig.snapshot("in").totals().bytesUp()).isEqualTo(up.length);
            assertThat(rig.snapshot("in").totals().bytesDown()).isEqualTo(down.length);
        }
    }

    @Test
    void relaysManyConnectionsAtOnce() throws Exception {
        int count = 400;
        List<Socket> clients = new ArrayList<>();
        try (EchoServer server = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = forwardTo(server.port())) {
            for (int i = 0; i < count; i++) {
                clients.add(rig.connect("in"));
            }
            for (int i = 0; i < count; i++) {
                clients.get(i).getOutputStream().write(i);
            }
            for (int i = 0; i < count; i++) {
                assertThat(clients.get(i).getInputStream().read()).isEqualTo(i & 0xff);
            }
            assertThat(rig.snapshot("in").totals().active()).isEqualTo(count);
            for (Socket client : clients) {
                client.close();
            }
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void closingTheProxyEndsWhatIsOpen() throws Exception {
        try (EchoServer server = EchoServer.start(EchoServer.ECHO)) {
            ProxyRig rig = forwardTo(server.port());
            Socket client = rig.connect("in");
            client.getOutputStream().write(1);
            assertThat(client.getInputStream().read()).isEqualTo(1);
            int port = rig.address("in").getPort();

            rig.close();

            assertThat(client.getInputStream().read()).isEqualTo(-1);
            new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
            client.close();
        }
    }
}
