package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouterTest {
    private final Problems problems = new Problems();

    private Router router(String routing) {
        Router router =
                new RoutingReader(problems, Set.of("first", "a", "b"), "first")
                        .read(Json.parse(routing.replace('\'', '"')));
        assertThat(problems.errors()).isEmpty();
        return router;
    }

    private static Session session(String inbound, Network network, String host, int port) {
        return new Session(
                new InboundIdentity(inbound, "socks", new Traffic()),
                new InetSocketAddress(InetAddress.ofLiteral("192.168.1.5"), 40000),
                Destination.of(network, host, port),
                "");
    }

    private static String route(Router router, Session session) {
        Rule rule = router.match(session, List.of());
        return rule == null ? router.defaultTag() : rule.outboundTag();
    }

    @Test
    void sendsToTheFirstOutboundWhatNoRuleTakes() {
        assertThat(route(router("{}"), session("in", Network.TCP, "1.2.3.4", 80)))
                .isEqualTo("first");
    }

    @Test
    void firstMatchingRuleWins() {
        Router router =
                router("{'rules':[{'port':80,'outboundTag':'a'},{'port':80,'outboundTag':'b'}]}");

        assertThat(route(router, session("in", Network.TCP, "1.2.3.4", 80))).isEqualTo("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'inboundTag':['x','in'] | true",
                "'inboundTag':'in' | true",
                "'inboundTag':['x'] | false",
                "'network':'tcp' | true",
                "'network':'udp' | false",
                "'network':['tcp','udp'] | true",
                "'port':443 | true",
                "'port':'1-442,444-65535' | false",
                "'port':'80, 440-450' | true",
                "'ip':['8.8.8.0/24'] | true",
                "'ip':['8.8.9.0/24','8.8.8.8'] | true",
                "'ip':['8.8.9.0/24'] | false",
                "'ip':['!8.8.8.0/24'] | false",
                "'ip':['!10.0.0.0/8'] | true",
                "'ip':['geoip:private'] | false",
                "'ip':['geoip:!private'] | true",
                "'ip':['!geoip:private'] | true",
                "'ip':['::/0'] | false",
                "'sourceIP':['192.168.0.0/16'] | true",
                "'source':['192.168.0.0/16'] | true",
                "'sourceIP':['10.0.0.0/8'],'source':['192.168.0.0/16'] | false",
                "'sourcePort':40000 | true",
                "'sourcePort':'1-39999' | false",
                "'network':'tcp','port':443,'inboundTag':['in'] | true",
                "'network':'tcp','port':80,'inboundTag':['in'] | false",
                "'ip':[],'domain':[],'port':443 | true"
            })
    void matchesWhenEveryConditionHolds(String conditions, boolean expected) {
        Router router = router("{'rules':[{" + conditions + ",'outboundTag':'a'}]}");

        String tag = route(router, session("in", Network.TCP, "8.8.8.8", 443));

        assertThat(tag).isEqualTo(expected ? "a" : "first");
    }

    @Test
    void addressConditionHoldsForANameOnlyOnceItIsResolved() {
        Router router =
                router(
                        "{'domainStrategy':'IPIfNonMatch','rules':[{'ip':['geoip:private'],"
                                + "'outboundTag':'a'}]}");
        Session session = session("in", Network.TCP, "nas.example", 443);

        assertThat(router.match(session, List.of())).isNull();
        Rule rule = router.match(session, List.of(InetAddress.ofLiteral("192.168.1.2")));
        assertThat(rule).isNotNull();
        assertThat(router.strategy()).isEqualTo(Router.DomainStrategy.IP_IF_NON_MATCH);
    }

    @Test
    void resolvesNothingWhereNoRuleAsksForAddresses() {
        Router router =
                router("{'domainStrategy':'IPOnDemand','rules':[{'port':1,'outboundTag':'a'}]}");

        assertThat(router.strategy()).isEqualTo(Router.DomainStrategy.AS_IS);
    }

    @Test
    void knowsWhereAnInboundsTrafficUsuallyGoes() {
        Router router =
                router(
                        "{'rules':[{'inboundTag':['in'],'port':53,'outboundTag':'b'},"
                                + "{'inboundTag':['in'],'outboundTag':'a'}]}");

        assertThat(router.usualTag("in")).isEqualTo("a");
        assertThat(router.usualTag("other")).isEqualTo("first");
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, true",
        "100.64.0.1, true",
        "127.0.0.1, true",
        "169.254.1.1, true",
        "172.31.255.255, true",
        "172.32.0.0, false",
        "192.168.0.1, true",
        "198.19.0.1, true",
        "224.0.0.1, true",
        "255.255.255.255, true",
        "8.8.8.8, false",
        "::1, true",
        "::2, false",
        "fd00::1, true",
        "fe80::1, true",
        "ff02::1, true",
        "2001:4860:4860::8888, false"
    })
    void knowsPrivateAddresses(String address, boolean expected) {
        assertThat(IpSet.PRIVATE.contains(InetAddress.ofLiteral(address))).isEqualTo(expected);
    }
}
