package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each field of {@code sockopt} that sets something on sockets, as the system then has it. */
@Timeout(60)
class SocketFieldTest {
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_CONGESTION = 13;
    private static final int SO_BINDTODEVICE = 25;

    @BeforeEach
    void onLinux() {
        assumeTrue(Epoll.isAvailable());
    }

    /** Marks are the administrator's; nothing goes where they can't be set. */
    private static void assumeMayMark(String sockopt) {
        assumeTrue(!sockopt.contains("mark") || System.getProperty("user.name").equals("root"));
    }

    private static String file(String inbound, String outbound, String network, int port) {
        return "{'inbounds':[{'tag':'in','protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                + "'settings':{'address':'127.0.0.1','port':"
                + port
                + ",'network':'"
                + network
                + "'},'streamSettings':{'sockopt':{"
                + inbound
                + "}}}],'outbounds':[{'protocol':'freedom','tag':'out','streamSettings':"
                + "{'sockopt':{"
                + outbound
                + "}}}]}";
    }

    /** Level, number, value: of SOL_SOCKET and IPPROTO_TCP. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'mark':77                                                   | 1 | 36 | 77
                    'tcpKeepAliveIdle':77                                       | 6 | 4  | 77
                    'tcpKeepAliveInterval':7                                    | 6 | 5  | 7
                    'tcpKeepAliveIdle':-1                                       | 1 | 9  | 0
                    'tcpKeepAliveInterval':-1                                   | 1 | 9  | 0
                    'tcpFastOpen':true                                          | 6 | 30 | 1
                    'tcpFastOpen':false                                         | 6 | 30 | 0
                    'tcpUserTimeout':12345                                      | 6 | 18 | 12345
                    'tcpWindowClamp':30000                                      | 6 | 10 | 30000
                    'tcpCongestion':'reno'                                      | 6 | 13 | reno
                    'tcpcongestion':'reno'                                      | 6 | 13 | reno
                    'interface':'lo'                                            | 1 | 25 | lo
                    'customSockopt':[{'level':'6','opt':'6','value':'3'}]       | 6 | 6  | 3
                    'customSockopt':[{'opt':'6','value':'4','type':'int'}]      | 6 | 6  | 4
                    'customSockopt':[{'opt':'13','value':'reno','type':'str'}]  | 6 | 13 | reno
                    'customSockopt':[{'system':'windows','opt':'6','value':'3'}] | 6 | 6 | 9
                    'customSockopt':[{'network':'udp','level':'0','opt':'1','value':'16'}] | 0 | 1 | 0
                    'customSockopt':[{'network':'tcp','level':'0','opt':'1','value':'16'}] | 0 | 1 | 16
                    """)
    void fieldIsSetOnAConnection(String sockopt, int level, int option, String value)
            throws Exception {
        assumeMayMark(sockopt);
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file("", sockopt, "tcp", echo.port()));
                Socket socket = rig.connect("in")) {
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
            assertThat(read(channelTo(rig, echo.port()), level, option)).isEqualTo(value);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'mark':77                                                              | 1 | 36 | 77
                    'interface':'lo'                                                       | 1 | 25 | lo
                    'customSockopt':[{'network':'udp','level':'0','opt':'1','value':'16'}] | 0 | 1  | 16
                    'customSockopt':[{'network':'tcp','level':'0','opt':'1','value':'16'}] | 0 | 1  | 0
                    'customSockopt':[{'level':'0','opt':'1','value':'0x20'}]               | 0 | 1  | 32
                    """)
    void fieldIsSetOnADatagramSocket(String sockopt, int level, int option, String value)
            throws Exception {
        assumeMayMark(sockopt);
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(file("", sockopt, "udp", echo.port()));
                DatagramSocket client = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            client.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            client.send(new DatagramPacket(new byte[] {1}, 1, rig.address("in")));
            client.receive(new DatagramPacket(new byte[10], 10));
            int listening = rig.address("in").getPort();
            Channel remote =
                    rig.proxy().openChannels().stream()
                            .filter(channel ->
                                    channel instanceof EpollDatagramChannel udp
                                            && udp.localAddress().getPort() != listening)
                            .findFirst()
                            .orElseThrow();
            assertThat(read(remote, level, option)).isEqualTo(value);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'interface':'lo'                                            | 1 | 25 | lo
                    'tcpKeepAliveIdle':77                                       | 6 | 4  | 77
                    'customSockopt':[{'level':'6','opt':'6','value':'3'}]       | 6 | 6  | 3
                    """)
    void fieldIsSetOnAListenerAndWhatItAccepts(String sockopt, int level, int option, String value)
            throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(sockopt, "", "tcp", echo.port()));
                Socket socket = rig.connect("in")) {
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
            assertThat(read(channelTo(rig, socket.getLocalPort()), level, option)).isEqualTo(value);
        }
    }

    private static Channel channelTo(ProxyRig rig, int port) {
        return rig.proxy().openChannels().stream()
                .filter(channel ->
                        channel instanceof EpollSocketChannel tcp
                                && tcp.remoteAddress().getPort() == port)
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true"})
    void v6onlyKeepsIpv4OutOfAListener(boolean v6only, boolean isReached) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig =
                        ProxyRig.start(
                                file("'v6only':" + v6only, "", "tcp", echo.port())
                                        .replace("'listen':'127.0.0.1'", "'listen':'::'"))) {
            int port = rig.address("in").getPort();
            assertThat(isReached("::1", port)).isTrue();
            assertThat(isReached("127.0.0.1", port)).isEqualTo(isReached);
        }
    }

    private static boolean isReached(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), ProxyRig.PATIENCE_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** As text where the system has it as text. */
    private static String read(Channel channel, int level, int option) {
        boolean isText =
                level == IPPROTO_TCP ? option == TCP_CONGESTION : option == SO_BINDTODEVICE;
        ByteBuffer value =
                channel.config()
                        .getOption(
                                new RawUnixChannelOption("read", level, option, isText ? 16 : 4));
        if (!isText) {
            return Integer.toString(value.order(ByteOrder.nativeOrder()).getInt(0));
        }
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        String text = new String(bytes, StandardCharsets.US_ASCII);
        return text.substring(0, text.indexOf('\0'));
    }
}
