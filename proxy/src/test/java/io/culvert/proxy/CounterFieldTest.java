package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each field of {@code stats} and {@code policy} that asks for a counter, and only that one is
 * there: Ann, of level 7, sends ten bytes to one who sends back three.
 */
@Timeout(60)
class CounterFieldTest {
    private static final EchoServer.Service THREE_FOR_TEN =
            socket -> {
                socket.getInputStream().readNBytes(10);
                socket.getOutputStream().write(new byte[3]);
            };

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'stats':{}                                                          | ``
                    'policy':{'system':{'statsInboundUplink':true}}                     | ``
                    'stats':null,'policy':{'system':{'statsInboundUplink':true}}        | ``
                    'stats':{},'policy':{'system':{'statsInboundUplink':false}}         | ``
                    'stats':{},'policy':{'system':{'statsInboundUplink':true}}          | inbound>>>in>>>traffic>>>uplink=10
                    'stats':{},'policy':{'system':{'statsInboundDownlink':true}}        | inbound>>>in>>>traffic>>>downlink=3
                    'stats':{},'policy':{'system':{'statsOutboundUplink':true}}         | outbound>>>out>>>traffic>>>uplink=10
                    'stats':{},'policy':{'system':{'statsOutboundDownlink':true}}       | outbound>>>out>>>traffic>>>downlink=3
                    'stats':{},'policy':{'levels':{'7':{'statsUserUplink':true}}}       | user>>>ann>>>traffic>>>uplink=10
                    'stats':{},'policy':{'levels':{'7':{'statsUserDownlink':true}}}     | user>>>ann>>>traffic>>>downlink=3
                    'stats':{},'policy':{'levels':{'0':{'statsUserUplink':true}}}       | ``
                    'policy':{'levels':{'7':{'statsUserUplink':true}}}                  | ``
                    """)
    void fieldAsksForACounter(String members, String counters) throws Exception {
        try (EchoServer server = EchoServer.start(THREE_FOR_TEN);
                ProxyRig rig = ProxyRig.start(file(members));
                Socket client = rig.connect("in")) {
            exchange(client, server.port());
            Await.until(() -> rig.outbound("out").totals().active() == 0);
            Await.until(() -> rig.snapshot("in").totals().active() == 0);
            Map<String, Long> found = rig.proxy().statistics().query("", false);
            assertThat(
                            found.entrySet().stream()
                                    .map(each -> each.getKey() + "=" + each.getValue())
                                    .collect(Collectors.joining(" ")))
                    .isEqualTo(counters);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'stats':{},'policy':{'levels':{'7':{'statsUserOnline':true}}}  | true
                    'stats':{},'policy':{'levels':{'7':{'statsUserOnline':false}}} | false
                    'policy':{'levels':{'7':{'statsUserOnline':true}}}             | false
                    """)
    void fieldAsksForWhoIsThere(String members, boolean isKnown) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(members));
                Socket client = rig.connect("in")) {
            login(client, echo.port());
            client.getOutputStream().write(42);
            assertThat(client.getInputStream().read()).isEqualTo(42);
            Map<String, Long> addresses = rig.proxy().statistics().online("ann");
            assertThat(addresses == null ? Map.of() : addresses).hasSize(isKnown ? 1 : 0);
        }
    }

    private static String file(String members) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                + "'settings':{'auth':'password','userLevel':7,'accounts':[{'user':'ann','pass':"
                + "'one'}]}}],'outbounds':[{'tag':'out','protocol':'freedom'}],"
                + members
                + "}";
    }

    private static void login(Socket client, int port) throws Exception {
        SocksClient.greet(client, 2);
        SocksClient.method(client);
        SocksClient.login(client, "ann", "one");
        assertThat(client.getInputStream().readNBytes(2)).containsExactly(1, 0);
        client.getOutputStream().write(SocksClient.request(SocksClient.CONNECT, "127.0.0.1", port));
        assertThat(SocksClient.reply(client)).isZero();
    }

    private static void exchange(Socket client, int port) throws Exception {
        login(client, port);
        client.getOutputStream().write(new byte[10]);
        client.shutdownOutput();
        assertThat(Objects.requireNonNull(client.getInputStream().readAllBytes())).hasSize(3);
    }
}
