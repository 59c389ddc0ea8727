package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Each limit of a level, of one second, ends what another level bears: a client that says nothing,
 * a connection on which nothing moves, one whose server has ended its half, and one whose client
 * has.
 */
@Timeout(60)
class PolicyFieldTest {
    private static final int LIKE_ALWAYS = 4;
    private static final long A_SECOND_OR_SO = 900_000_000L;

    private final CountDownLatch over = new CountDownLatch(1);
    private final List<Socket> sockets = new ArrayList<>();

    /** Echoes a byte and stays; {@code e} has it end its own half. */
    private void serve(Socket socket) throws IOException {
        int what = socket.getInputStream().read();
        socket.getOutputStream().write(what);
        if (what == 'e') {
            socket.shutdownOutput();
        }
        try {
            over.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String file() {
        List<String> limits = List.of("handshake", "connIdle", "uplinkOnly", "downlinkOnly", "");
        List<String> levels = new ArrayList<>();
        List<String> inbounds = new ArrayList<>();
        for (int level = 0; level < limits.size(); level++) {
            String limit = limits.get(level).isEmpty() ? "" : "'" + limits.get(level) + "':1";
            levels.add("'" + level + "':{" + limit + "}");
            inbounds.add(
                    "{'tag':'in"
                            + level
                            + "','protocol':'socks','listen':'127.0.0.1','port':0,'settings':"
                            + "{'userLevel':"
                            + level
                            + "}}");
        }
        return "{'policy':{'levels':{"
                + String.join(",", levels)
                + "}},'inbounds':["
                + String.join(",", inbounds)
                + "],'outbounds':[{'protocol':'freedom'}]}";
    }

    private Socket silent(ProxyRig rig, int level) throws IOException {
        Socket socket = rig.connect("in" + level);
        sockets.add(socket);
        return socket;
    }

    private void open(ProxyRig rig, int level, EchoServer server, char what) throws IOException {
        Socket socket = silent(rig, level);
        assertThat(SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", server.port()))
                .isZero();
        socket.getOutputStream().write(what);
        assertThat(socket.getInputStream().read()).isEqualTo(what);
        if (what == 'h') {
            socket.shutdownOutput();
        }
    }

    private static long active(ProxyRig rig, int level) {
        return rig.snapshot("in" + level).totals().active();
    }

    @Test
    void eachLimitEndsWhatItIsFor() throws Exception {
        try (EchoServer server = EchoServer.start(this::serve);
                ProxyRig rig = ProxyRig.start(file())) {
            long begun = System.nanoTime();
            Socket ended = silent(rig, 0);
            open(rig, 1, server, 'i');
            open(rig, 2, server, 'e');
            open(rig, 3, server, 'h');
            Socket patient = silent(rig, LIKE_ALWAYS);
            for (char what : new char[] {'i', 'e', 'h'}) {
                open(rig, LIKE_ALWAYS, server, what);
            }

            assertThat(ended.getInputStream().read()).isEqualTo(-1);
            for (int level = 1; level < LIKE_ALWAYS; level++) {
                int of = level;
                Await.until(() -> active(rig, of) == 0);
                assertThat(System.nanoTime() - begun).isGreaterThan(A_SECOND_OR_SO);
            }
            assertThat(active(rig, LIKE_ALWAYS)).isEqualTo(3);
            patient.setSoTimeout(1);
            assertThatThrownBy(() -> patient.getInputStream().read())
                    .isInstanceOf(SocketTimeoutException.class);
        } finally {
            over.countDown();
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
