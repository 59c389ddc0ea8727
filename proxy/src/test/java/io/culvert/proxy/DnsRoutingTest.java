package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Names of connections, resolved as a file's {@code dns} says, by the way that its rules say. */
class DnsRoutingTest {
    private final DnsServer names = new DnsServer();
    private final EchoServer echo = EchoServer.start(EchoServer.ECHO);

    DnsRoutingTest() throws IOException {
        names.add("name.test", "127.0.0.1");
        names.add("bad.test", "10.6.6.6");
    }

    @AfterEach
    void close() throws IOException {
        names.close();
        echo.close();
    }

    private ProxyRig start(String dns, String routing) throws StartException {
        return ProxyRig.start(file(dns, routing));
    }

    private String file(String dns, String routing) {
        return ("{'dns':{'tag':'resolver',DNS},'inbounds':[{'tag':'in','protocol':'socks',"
                        + "'listen':'127.0.0.1','port':0}],'outbounds':["
                        + "{'tag':'direct','protocol':'freedom','settings':"
                        + "{'domainStrategy':'UseIP'}},{'tag':'other','protocol':"
                        + "'freedom'},{'tag':'none','protocol':'blackhole'}],"
                        + "'routing':{ROUTING}}")
                .replace("DNS", dns)
                .replace("ROUTING", routing)
                .replace("PORT", String.valueOf(names.port()));
    }

    private int open(ProxyRig rig, String host) throws IOException {
        try (Socket socket = rig.connect("in")) {
            return SocksClient.open(socket, SocksClient.CONNECT, host, echo.port());
        }
    }

    @Test
    void questionsGoByTheRulesForTheResolversTag() throws Exception {
        String rule =
                "'rules':[{'inboundTag':['resolver'],'port':PORT,'network':'udp',"
                        + "'outboundTag':'other'}]";
        try (ProxyRig rig = start("'servers':['127.0.0.1:PORT']", rule)) {
            assertThat(open(rig, "name.test")).isZero();
            assertThat(rig.outbound("other").totals().connections()).isEqualTo(2);
            assertThat(names.asked()).containsOnly("name.test");
        }
    }

    @Test
    void aServersOwnTagCountsInPlaceOfTheResolvers() throws Exception {
        String rule = "'rules':[{'inboundTag':['mine'],'outboundTag':'other'}]";
        String servers = "'servers':[{'address':'tcp://127.0.0.1:PORT','tag':'mine'}]";
        try (ProxyRig rig = start(servers, rule)) {
            assertThat(open(rig, "name.test")).isZero();
            assertThat(rig.outbound("other").totals().connections()).isEqualTo(1);
            assertThat(rig.outbound("other").totals().bytesDown()).isPositive();
        }
    }

    @Test
    void whereRulesSendQuestionsNowhereNobodyElseIsAsked() throws Exception {
        String rule = "'rules':[{'inboundTag':['resolver'],'outboundTag':'none'}]";
        String servers = "'servers':[{'address':'127.0.0.1','port':PORT,'timeoutMs':300}]";
        try (ProxyRig rig = start(servers, rule)) {
            assertThat(open(rig, "name.test")).isNotZero();
            assertThat(names.questions()).isZero();
        }
    }

    @Test
    void aLocalServerIsAskedWithoutTheRules() throws Exception {
        String rule = "'rules':[{'inboundTag':['resolver'],'outboundTag':'none'}]";
        try (ProxyRig rig = start("'servers':['tcp+local://127.0.0.1:PORT']", rule)) {
            assertThat(open(rig, "name.test")).isZero();
        }
    }

    @Test
    void rulesOnAddressesUseTheResolver() throws Exception {
        String routing =
                "'domainStrategy':'IPIfNonMatch','rules':[{'inboundTag':['in'],'ip':"
                        + "['10.0.0.0/8'],'outboundTag':'none'}]";
        try (ProxyRig rig = start("'servers':['127.0.0.1:PORT']", routing)) {
            assertThat(open(rig, "name.test")).isZero();
            assertThat(open(rig, "bad.test")).isNotZero();
            assertThat(rig.outbound("none").totals().connections()).isEqualTo(1);
        }
    }

    @Test
    void routingAServersOwnNameAsksNobody() throws Exception {
        String routing =
                "'domainStrategy':'IPOnDemand','rules':[{'ip':['10.0.0.0/8'],'outboundTag':"
                        + "'none'}]";
        String dns =
                "'hosts':{'ns.test':'127.0.0.1'},'servers':[{'address':'tcp://ns.test:PORT',"
                        + "'timeoutMs':5000}]";
        try (ProxyRig rig = start(dns, routing)) {
            assertThat(open(rig, "name.test")).isZero();
            assertThat(open(rig, "bad.test")).isNotZero();
        }
    }

    @Test
    void asIsLeavesNamesToTheSystem() throws Exception {
        String routing = "'rules':[{'inboundTag':['in'],'outboundTag':'other'}]";
        try (ProxyRig rig = start("'servers':['127.0.0.1:PORT']", routing)) {
            assertThat(open(rig, "localhost")).isZero();
            assertThat(names.questions()).isZero();
        }
    }

    @Test
    void hostsStandForNames() throws Exception {
        try (ProxyRig rig = start("'hosts':{'domain:own.test':'127.0.0.1'}", "")) {
            assertThat(open(rig, "a.own.test")).isZero();
        }
    }

    @Test
    void anotherFilesNamesCountAfterAReloadAndTheSameOnesAreKept() throws Exception {
        String hosts = "'hosts':{'full:own.test':'127.0.0.1'}";
        try (ProxyRig rig = start(hosts + ",'servers':['127.0.0.1:PORT']", "")) {
            assertThat(open(rig, "own.test")).isZero();
            assertThat(open(rig, "name.test")).isZero();
            int asked = names.questions();

            String sameDns = hosts + ",'servers':['127.0.0.1:PORT']";
            reload(rig, file(sameDns, "'rules':[{'port':1,'outboundTag':'none'}]"));
            assertThat(open(rig, "name.test")).isZero();
            assertThat(names.questions()).isEqualTo(asked);

            reload(rig, file("'servers':['tcp://127.0.0.1:PORT']", ""));
            assertThat(open(rig, "own.test")).isNotZero();
            assertThat(open(rig, "name.test")).isZero();
            assertThat(names.connections()).isEqualTo(1);
        }
    }

    private static void reload(ProxyRig rig, String json) throws StartException {
        Problems problems = new Problems();
        rig.proxy().reload(Json.parse(json.replace('\'', '"')), problems);
        assertThat(problems.errors()).isEmpty();
    }
}
