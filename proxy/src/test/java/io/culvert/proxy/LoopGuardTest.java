package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Traffic that comes back to where it went from: once round, and no further. */
@Timeout(60)
class LoopGuardTest {
    private static String forward(String tag, int port, int to) {
        return "{'tag':'"
                + tag
                + "','protocol':'dokodemo-door','listen':'127.0.0.1','port':"
                + port
                + ",'settings':{'address':'localhost','port':"
                + to
                + ",'network':'tcp,udp'}}";
    }

    private static ProxyRig rig(String... inbounds) throws StartException {
        return ProxyRig.start(
                "{'inbounds':["
                        + String.join(",", inbounds)
                        + "],'outbounds':[{'tag':'out','protocol':'freedom','settings':"
                        + "{'domainStrategy':'UseIPv4'}}]}");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** The end may be there before {@code connect} has returned, which is then what fails. */
    private static void ends(ProxyRig rig, String inbound) throws IOException {
        try (Socket socket = rig.connect(inbound)) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    @Test
    void aForwardToItselfEndsAfterOneRound() throws Exception {
        int port = freePort();
        try (ProxyRig rig = rig(forward("self", port, port))) {
            ends(rig, "self");
            assertThat(rig.outbound("out").totals().connections()).isEqualTo(1);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void forwardsToEachOtherEndAfterOneRound() throws Exception {
        int one = freePort();
        int two = freePort();
        try (ProxyRig rig = rig(forward("one", one, two), forward("two", two, one))) {
            ends(rig, "one");
            assertThat(rig.outbound("out").totals().connections()).isEqualTo(2);
        }
    }

    @Test
    void anInboundMayBeReachedThroughAnother() throws Exception {
        int socks = freePort();
        String inner = "{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':" + socks + "}";
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = rig(inner, forward("door", freePort(), socks));
                Socket socket = rig.connect("door")) {
            assertThat(WireGuardTest.open(socket, "127.0.0.1", echo.port())).isZero();
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
        }
    }

    @Test
    void datagramsThatComeBackAreDropped() throws Exception {
        int port = freePort();
        try (ProxyRig rig = rig(forward("self", port, port));
                DatagramSocket client = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            for (int i = 0; i < 3; i++) {
                client.send(new DatagramPacket(new byte[] {1}, 1, to));
            }
            Await.until(() -> rig.snapshot("self").totals().bytesUp() >= 6);
            assertThat(rig.outbound("out").totals().connections()).isEqualTo(1);
            assertThat(rig.snapshot("self").totals().active()).isEqualTo(2);
        }
    }
}
