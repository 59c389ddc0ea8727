package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Balancers and observatories while outbounds come and go. */
@Timeout(60)
class LiveBalancerTest {
    private static final String FREEDOM = "{'protocol':'freedom','tag':'TAG'}";

    private final Problems problems = new Problems();

    private static String file(String outbounds, String more) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0}],"
                + "'outbounds':[{'protocol':'blackhole','tag':'none'},"
                + outbounds
                + "],'routing':{'balancers':[{'tag':'b','selector':['out-'],"
                + "'strategy':{'type':'roundRobin'}}],'rules':[{'network':'tcp',"
                + "'balancerTag':'b'}]}"
                + more
                + "}";
    }

    private static String freedom(String tag) {
        return FREEDOM.replace("TAG", tag);
    }

    private static ConfigNode json(String text) {
        return Json.parse(text.replace('\'', '"'));
    }

    private static Balancer balancer(ProxyRig rig) {
        return Objects.requireNonNull(rig.proxy().routing().balancers().get("b"));
    }

    @Test
    void anOutboundThatIsAddedTakesItsTurn() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(freedom("out-1"), ""))) {
            rig.proxy().live().addOutbound(json(freedom("out-2")), problems);
            rig.proxy().live().addOutbound(json(freedom("other")), problems);

            assertThat(balancer(rig).principalTargets()).containsExactly("out-1", "out-2");
            for (int i = 0; i < 4; i++) {
                try (Socket socket = rig.connect("in")) {
                    SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", echo.port());
                }
            }
            assertThat(rig.outbound("out-1").totals().connections()).isEqualTo(2);
            assertThat(rig.outbound("out-2").totals().connections()).isEqualTo(2);
            assertThat(problems.errors()).isEmpty();
        }
    }

    @Test
    void anOutboundThatIsRemovedIsChosenNoMore() throws Exception {
        try (ProxyRig rig = ProxyRig.start(file(freedom("out-1") + "," + freedom("out-2"), ""))) {
            assertThat(rig.proxy().live().removeOutbound("out-1", problems)).isTrue();

            assertThat(balancer(rig).principalTargets()).containsExactly("out-2");
            assertThat(balancer(rig).pick()).isEqualTo("out-2");
        }
    }

    @Test
    void theLastOneThatABalancerHasStays() throws Exception {
        try (ProxyRig rig = ProxyRig.start(file(freedom("out-1"), ""))) {
            assertThat(rig.proxy().live().removeOutbound("out-1", problems)).isFalse();
            assertThat(problems.errors())
                    .singleElement()
                    .extracting(Problems.Problem::sentence)
                    .isEqualTo(
                            "outbound out-1 is still in use: by a rule, an inbound, another"
                                    + " outbound, as all that a balancer has, or as the first of"
                                    + " all");
        }
    }

    @Test
    void anOutboundThatCarriesAnotherStays() throws Exception {
        String inner =
                "{'protocol':'freedom','tag':'inner','streamSettings':{'sockopt':"
                        + "{'dialerProxy':'carrier'}}}";
        String outbounds = freedom("out-1") + "," + freedom("carrier") + "," + inner;
        try (ProxyRig rig = ProxyRig.start(file(outbounds, ""))) {
            assertThat(rig.proxy().live().removeOutbound("carrier", problems)).isFalse();
            assertThat(rig.proxy().live().removeOutbound("inner", problems)).isTrue();
            assertThat(rig.proxy().live().removeOutbound("carrier", problems)).isTrue();
        }
    }

    @Test
    void whatTheFilesSayOfOutboundsIsChosenFromAfterTheyAreReadAgain() throws Exception {
        try (ProxyRig rig = ProxyRig.start(file(freedom("out-1") + "," + freedom("out-2"), ""))) {
            String other = file(freedom("out-2") + "," + freedom("out-3"), "");
            assertThat(rig.proxy().reload(json(other), problems)).isTrue();

            assertThat(balancer(rig).principalTargets()).containsExactly("out-2", "out-3");
        }
    }

    @Test
    void anOutboundThatIsAddedIsProbed() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer("HTTP/1.1 204 No Content\r\n\r\n");
                ProxyRig rig =
                        ProxyRig.start(
                                file(
                                        freedom("out-1"),
                                        ",'observatory':{'subjectSelector':['out-'],'probeUrl':"
                                                + "'http://127.0.0.1:"
                                                + origin.port()
                                                + "/','probeInterval':'1h'}"))) {
            rig.proxy().live().addOutbound(json(freedom("out-2")), problems);

            Await.until(() -> {
                Health added = rig.proxy().health().get("out-2");
                return added != null && !added.report().isUnknown();
            });
            rig.proxy().live().removeOutbound("out-1", problems);
            assertThat(rig.proxy().health()).containsOnlyKeys("out-2");
        }
    }
}
