package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each field of inbounds, by what becomes of a client. The origin says {@code hello}. */
@Timeout(60)
class ListenFieldTest {
    private static HttpOriginServer origin;

    @BeforeAll
    static void open() throws IOException {
        origin = new HttpOriginServer(HttpWire.ok("hello"));
    }

    @AfterAll
    static void close() throws IOException {
        origin.close();
    }

    @ParameterizedTest(name = "{0} {1}, {2}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    socks    | ``                                                        | socks          | hello
                    mixed    | ``                                                        | socks          | hello
                    mixed    | ``                                                        | http           | hello
                    socks    | 'auth':'noauth'                                           | socks          | hello
                    socks    | 'auth':'password','accounts':[{'user':'ann','pass':'one'}] | socks         | refused
                    socks    | 'auth':'password','accounts':[{'user':'ann','pass':'one'}] | socks ann:one | hello
                    socks    | 'auth':'password','accounts':[{'user':'ann','pass':'one'}] | socks ann:two | refused
                    socks    | 'auth':'password','users':[{'user':'ann','pass':'one'}]   | socks ann:one  | hello
                    socks    | ``                                                        | udp            | 7 0.0.0.0
                    socks    | 'udp':true                                                | udp            | 0 127.0.0.1
                    socks    | 'udp':true,'ip':'192.0.2.1'                               | udp            | 0 192.0.2.1
                    http     | ``                                                        | http           | hello
                    http     | 'accounts':[{'user':'ann','pass':'one'}]                  | http           | HTTP/1.1 407
                    http     | 'accounts':[{'user':'ann','pass':'one'}]                  | http ann:one   | hello
                    http     | 'accounts':[{'user':'ann','pass':'one'}]                  | http ann:two   | HTTP/1.1 407
                    http     | 'users':[{'user':'ann','pass':'one'}]                     | http ann:one   | hello
                    http     | ``                                                        | path           | HTTP/1.1 400
                    http     | 'allowTransparent':true                                   | path           | hello
                    dokodemo-door | 'address':'127.0.0.1','port':ORIGIN                  | path           | hello
                    tunnel        | 'rewriteAddress':'127.0.0.1','rewritePort':ORIGIN    | path           | hello
                    dokodemo-door | 'address':'127.0.0.1','port':ORIGIN,'network':'tcp,udp' | path        | hello
                    tunnel        | 'address':'127.0.0.1','port':ORIGIN,'allowedNetwork':'udp' | path     | refused
                    dokodemo-door | 'address':'127.0.0.1','port':1                       | path           | refused
                    """)
    void fieldDecidesWhatBecomesOfAClient(
            String protocol, String settings, String client, String becomes) throws Exception {
        String port = Integer.toString(origin.port());
        try (ProxyRig rig =
                ProxyRig.start(
                        "{'inbounds':[{'tag':'in','protocol':'"
                                + protocol
                                + "','listen':'127.0.0.1','port':0,'settings':{"
                                + settings.replace("ORIGIN", port)
                                + "}}],'outbounds':[{'protocol':'freedom'}]}")) {
            assertThat(becomes(rig, client)).contains(becomes);
        }
    }

    private static String becomes(ProxyRig rig, String client) {
        String[] words = client.split(" ", -1);
        String account = words.length > 1 ? words[1] : "";
        try (Socket socket = rig.connect("in")) {
            return switch (words[0]) {
                case "socks" -> throughSocks(socket, account);
                case "udp" -> association(socket);
                case "http" -> throughHttp(socket, account);
                default -> path(socket);
            };
        } catch (IOException e) {
            return "refused";
        }
    }

    private static String throughSocks(Socket socket, String account) throws IOException {
        SocksClient.greet(socket, account.isEmpty() ? 0 : 2);
        if (SocksClient.method(socket) == 0xff) {
            return "refused";
        }
        if (!account.isEmpty()) {
            int colon = account.indexOf(':');
            SocksClient.login(socket, account.substring(0, colon), account.substring(colon + 1));
            if (socket.getInputStream().readNBytes(2)[1] != 0) {
                return "refused";
            }
        }
        socket.getOutputStream()
                .write(SocksClient.request(SocksClient.CONNECT, "127.0.0.1", origin.port()));
        assertThat(SocksClient.reply(socket)).isZero();
        return path(socket);
    }

    private static String association(Socket socket) throws IOException {
        SocksClient.greet(socket, 0);
        SocksClient.method(socket);
        socket.getOutputStream()
                .write(SocksClient.request(SocksClient.UDP_ASSOCIATE, "0.0.0.0", 0));
        SocksClient.Reply reply = SocksClient.Reply.read(socket);
        return reply.code() + " " + reply.bound().getAddress().getHostAddress();
    }

    private static String throughHttp(Socket socket, String account) throws IOException {
        String credentials = Base64.getEncoder().encodeToString(bytes(account));
        String field = account.isEmpty() ? "X: y" : "Proxy-Authorization: Basic " + credentials;
        HttpWire.send(socket, HttpWire.get(origin.url("/"), field));
        return HttpWire.response(socket);
    }

    private static String path(Socket socket) throws IOException {
        HttpWire.send(socket, "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + origin.port() + "\r\n\r\n");
        String response = HttpWire.response(socket);
        return response.isEmpty() ? "refused" : response;
    }
}
