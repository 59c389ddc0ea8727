package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a file's {@code sockopt} sets on sockets that listen. */
@Timeout(60)
class ListeningSocketTest {
    private static final String OUT = "],'outbounds':[{'protocol':'freedom','tag':'out'}]}";

    @BeforeEach
    void onLinux() {
        assumeTrue(Epoll.isAvailable());
    }

    private static String inbound(String listen, String network, int port, String sockopt) {
        return "{'inbounds':[{'tag':'fwd','protocol':'dokodemo-door','listen':'"
                + listen
                + "','port':0,'settings':{'address':'127.0.0.1','port':"
                + port
                + ",'network':'"
                + network
                + "'},'streamSettings':{'sockopt':{"
                + sockopt
                + "}}}"
                + OUT;
    }

    @Test
    void acceptedConnectionsHaveWhatTheListenerWasGiven() throws Exception {
        String sockopt = "'tcpKeepAliveIdle':77,'tcpUserTimeout':12345,'interface':'lo'";
        try (EchoServer server = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(inbound("127.0.0.1", "tcp", server.port(), sockopt));
                Socket socket = rig.connect("fwd")) {
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
            Channel accepted =
                    rig.proxy().openChannels().stream()
                            .filter(channel ->
                                    channel instanceof EpollSocketChannel tcp
                                            && tcp.remoteAddress().getPort()
                                                    == socket.getLocalPort())
                            .findFirst()
                            .orElseThrow();
            assertThat(accepted.config().getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(77);
            assertThat(accepted.config().getOption(EpollChannelOption.TCP_USER_TIMEOUT))
                    .isEqualTo(12345);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp", "udp"})
    void doesNotListenOnAnInterfaceThatThisMachineDoesNotHave(String network) {
        assertThatThrownBy(() ->
                        ProxyRig.start(inbound("127.0.0.1", network, 9, "'interface':'nosuch0'")))
                .isInstanceOf(StartException.class)
                .hasMessage(
                        "test.json: inbounds[0].port: cannot listen on "
                                + network
                                + ":127.0.0.1:0: cannot set SO_BINDTODEVICE: No such device");
    }

    @Test
    void listensOnIpv6AloneIfAskedFor() throws Exception {
        try (EchoServer server = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig =
                        ProxyRig.start(inbound("::", "tcp", server.port(), "'v6only':true"));
                Socket six = new Socket();
                Socket four = new Socket()) {
            int port = rig.address("fwd").getPort();
            six.connect(new InetSocketAddress(InetAddress.ofLiteral("::1"), port));
            assertThatThrownBy(() ->
                            four.connect(
                                    new InetSocketAddress(
                                            InetAddress.ofLiteral("127.0.0.1"), port)))
                    .isInstanceOf(java.net.ConnectException.class);
        }
    }
}
