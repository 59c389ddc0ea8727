package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another configuration while connections go on. */
@Timeout(60)
class ReloadTest {
    private static final String FREEDOM =
            "{'tag':'out','protocol':'freedom','settings':{'finalRules':[{'action':'allow'}]}}";
    private static final String BLACKHOLE = "{'tag':'none','protocol':'blackhole'}";

    private static String socks(String tag, int port, String settings) {
        return "{'tag':'"
                + tag
                + "','protocol':'socks','listen':'127.0.0.1','port':"
                + port
                + ",'settings':{"
                + settings
                + "}}";
    }

    private static String file(String inbounds, String outbounds, String rest) {
        return "{'inbounds':[" + inbounds + "],'outbounds':[" + outbounds + "]" + rest + "}";
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    /** Null if it went on as if nothing had happened, else what is wrong. */
    private static List<Problems.Problem> reload(ProxyRig rig, String json) throws StartException {
        Problems problems = new Problems();
        boolean done = rig.proxy().reload(Json.parse(json.replace('\'', '"')), problems);
        assertThat(done).isEqualTo(problems.errors().isEmpty());
        return problems.errors();
    }

    private static void echoes(Socket socket) throws IOException {
        socket.getOutputStream().write(42);
        assertThat(socket.getInputStream().read()).isEqualTo(42);
    }

    private static int dial(Socket socket, int port) throws IOException {
        return SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", port);
    }

    private static boolean isLoggedIn(Socket socket, String user, String pass) throws IOException {
        SocksClient.greet(socket, 2);
        assertThat(SocksClient.method(socket)).isEqualTo(2);
        SocksClient.login(socket, user, pass);
        return socket.getInputStream().readNBytes(2)[1] == 0;
    }

    @Test
    void leavesWhatIsTheSameAlone() throws Exception {
        String in = socks("in", 0, "");
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(in, FREEDOM, ""));
                Socket socket = rig.connect("in")) {
            assertThat(dial(socket, echo.port())).isZero();
            InetSocketAddress before = rig.address("in");
            assertThat(reload(rig, file(in + "," + socks("more", 0, ""), FREEDOM, ""))).isEmpty();
            echoes(socket);
            assertThat(rig.address("in")).isEqualTo(before);
            assertThat(rig.outbound("out").totals().connections()).isEqualTo(1);
            try (Socket other = rig.connect("more")) {
                assertThat(dial(other, echo.port())).isZero();
                echoes(other);
            }
        }
    }

    @Test
    void newConnectionsGoByTheNewRulesAndOldOnesGoOn() throws Exception {
        String in = socks("in", 0, "");
        String out = FREEDOM + "," + BLACKHOLE;
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(in, out, ""));
                Socket before = rig.connect("in")) {
            assertThat(dial(before, echo.port())).isZero();
            String rules = ",'routing':{'rules':[{'inboundTag':'in','outboundTag':'none'}]}";
            assertThat(reload(rig, file(in, out, rules))).isEmpty();
            echoes(before);
            try (Socket after = rig.connect("in")) {
                assertThat(dial(after, echo.port())).isNotZero();
            }
        }
    }

    @Test
    void aFileThatIsWrongChangesNothing() throws Exception {
        String in = socks("in", 0, "");
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(in, FREEDOM, ""))) {
            assertThat(reload(rig, file(socks("other", 0, "'ip':'x'"), FREEDOM, "")))
                    .extracting(problem -> problem.place().path())
                    .containsExactly("inbounds[0].settings.ip");
            try (Socket socket = rig.connect("in")) {
                assertThat(dial(socket, echo.port())).isZero();
                echoes(socket);
            }
        }
    }

    @Test
    void whatCannotStartUndoesAll() throws Exception {
        String in = socks("in", 0, "");
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ProxyRig rig = ProxyRig.start(file(in, FREEDOM, ""))) {
            int port = rig.address("in").getPort();
            String changed = socks("in", port, "'udp':true");
            String impossible = socks("busy", taken.getLocalPort(), "");
            assertThatThrownBy(() -> reload(rig, file(changed + "," + impossible, BLACKHOLE, "")))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("inbounds[1].port: cannot listen on tcp:127.0.0.1:");
            assertThat(rig.proxy().snapshot().inbounds()).hasSize(1);
            try (Socket socket = rig.connect("in")) {
                assertThat(dial(socket, echo.port())).isZero();
                echoes(socket);
            }
        }
    }

    @Test
    void anInboundThatIsReplacedOnItsPortKeepsItsConnections() throws Exception {
        int port = freePort();
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(socks("in", port, ""), FREEDOM, ""));
                Socket before = rig.connect("in")) {
            assertThat(dial(before, echo.port())).isZero();
            assertThat(reload(rig, file(socks("in", port, "'udp':true"), FREEDOM, ""))).isEmpty();
            echoes(before);
            try (Socket after = rig.connect("in")) {
                assertThat(dial(after, echo.port())).isZero();
                echoes(after);
            }
        }
    }

    @Test
    void accountsComeAndGoWithoutANewPort() throws Exception {
        String one = socks("in", 0, "'auth':'password','accounts':[{'user':'a','pass':'1'}]");
        String two = socks("in", 0, "'auth':'password','accounts':[{'user':'b','pass':'2'}]");
        try (ProxyRig rig = ProxyRig.start(file(one, FREEDOM, ""))) {
            InetSocketAddress before = rig.address("in");
            assertThat(reload(rig, file(two, FREEDOM, ""))).isEmpty();
            assertThat(rig.address("in")).isEqualTo(before);
            try (Socket socket = rig.connect("in")) {
                assertThat(isLoggedIn(socket, "a", "1")).isFalse();
            }
            try (Socket socket = rig.connect("in")) {
                assertThat(isLoggedIn(socket, "b", "2")).isTrue();
            }
        }
    }
}
