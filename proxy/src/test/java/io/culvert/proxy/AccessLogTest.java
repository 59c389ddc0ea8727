package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AccessLogTest {
    private static final Logger ACCESS = Logger.getLogger("io.culvert.access");
    private static final String FILE =
            "{'inbounds':[{'tag':'in','protocol':'PROTOCOL','listen':'127.0.0.1','port':0,"
                    + "'settings':{SETTINGS}}],'outbounds':[{'protocol':'blackhole','tag':'none'}]}";
    private static final String ACCOUNTS = "'accounts':[{'user':'ann','pass':'one'}]";
    private static final String GUARDED = "'auth':'password'," + ACCOUNTS;

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Handler handler =
            new Handler() {
                @Override
                public void publish(LogRecord line) {
                    lines.add(line.getMessage());
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    @BeforeEach
    void listen() {
        ACCESS.setUseParentHandlers(false);
        ACCESS.setLevel(Level.FINE);
        ACCESS.addHandler(handler);
    }

    @AfterEach
    void leave() {
        ACCESS.removeHandler(handler);
        ACCESS.setLevel(null);
        ACCESS.setUseParentHandlers(true);
    }

    private static ProxyRig rig(String protocol, String settings) throws StartException {
        return ProxyRig.start(FILE.replace("PROTOCOL", protocol).replace("SETTINGS", settings));
    }

    private static String from(Socket client) {
        return "from 127.0.0.1:" + ((InetSocketAddress) client.getLocalSocketAddress()).getPort();
    }

    @Test
    void aWayThatWasChosenIsALine() throws Exception {
        try (ProxyRig rig = rig("socks", "");
                Socket client = rig.connect("in")) {
            SocksClient.open(client, SocksClient.CONNECT, "192.0.2.1", 80);
            assertThat(lines)
                    .containsExactly(from(client) + " accepted tcp:192.0.2.1:80 [in >> none]");
        }
    }

    @Test
    void aWrongPasswordIsALineWithoutIt() throws Exception {
        try (ProxyRig rig = rig("socks", GUARDED);
                Socket client = rig.connect("in")) {
            SocksClient.greet(client, 2);
            SocksClient.method(client);
            SocksClient.login(client, "ann", "secret");
            client.getInputStream().readNBytes(2);
            assertThat(lines)
                    .containsExactly(
                            from(client) + " rejected  proxy/socks: invalid username or password");
        }
    }

    @Test
    void whoNamesNobodyIsALine() throws Exception {
        try (ProxyRig rig = rig("socks", GUARDED);
                Socket client = rig.connect("in")) {
            SocksClient.greet(client, 0);
            SocksClient.method(client);
            assertThat(lines)
                    .containsExactly(
                            from(client)
                                    + " rejected  proxy/socks: no matching authentication method");
        }
    }

    @Test
    void whatIsNotOfferedIsALine() throws Exception {
        try (ProxyRig rig = rig("socks", "");
                Socket client = rig.connect("in")) {
            SocksClient.open(client, SocksClient.UDP_ASSOCIATE, "0.0.0.0", 0);
            assertThat(lines)
                    .containsExactly(
                            from(client) + " rejected  proxy/socks: command not supported");
        }
    }

    @Test
    void wrongCredentialsOfHttpAreALineButNoneAreNot() throws Exception {
        try (ProxyRig rig = rig("http", ACCOUNTS);
                Socket asking = rig.connect("in");
                Socket client = rig.connect("in")) {
            asking.getOutputStream().write(request(""));
            asking.getInputStream().readAllBytes();
            assertThat(lines).isEmpty();

            byte[] pair = "ann:secret".getBytes(StandardCharsets.US_ASCII);
            client.getOutputStream()
                    .write(
                            request(
                                    "Proxy-Authorization: Basic "
                                            + Base64.getEncoder().encodeToString(pair)
                                            + "\r\n"));
            client.getInputStream().readAllBytes();
            assertThat(lines)
                    .containsExactly(
                            from(client) + " rejected  proxy/http: invalid username or password");
        }
    }

    private static byte[] request(String field) {
        return ("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n" + field + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
