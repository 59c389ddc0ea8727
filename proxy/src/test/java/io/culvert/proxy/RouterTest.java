package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouterTest {
    private final Problems problems = new Problems();

    private Router router(String routing) {
        Router router =
                new RoutingReader(
                                problems,
                                new GeoFiles(name -> null),
                                Set.of("first", "a", "b"),
                                "first")
                        .read(Json.parse(routing.replace('\'', '"')), Set.of());
        assertThat(problems.errors()).isEmpty();
        return router;
    }

    private static Session session(String inbound, Network network, String host, int port) {
        return new Session(
                new InboundIdentity(inbound, "socks", new Traffic()),
                new InetSocketAddress(InetAddress.ofLiteral("192.168.1.5"), 40000),
                new InetSocketAddress(InetAddress.ofLiteral("192.168.1.1"), 1080),
                Destination.of(network, host, port),
                "");
    }

    private static String route(Router router, Session session) {
        return tag(router.way(router.match(RouteQuery.of(session))));
    }

    private static String tag(Way way) {
        return switch (way) {
            case Way.ByOutbound(String tag) -> tag;
            case Way.ByBalancer(String tag) -> "balancer " + tag;
        };
    }

    @Test
    void sendsToTheFirstOutboundWhatNoRuleTakes() {
        assertThat(route(router("{}"), session("in", Network.TCP, "1.2.3.4", 80)))
                .isEqualTo("first");
    }

    /** A ping has no port, and is neither TCP nor UDP; but what takes all of both takes it too. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'network':'tcp' | first",
                "'network':'udp' | first",
                "'network':'tcp,udp' | a",
                "'port':'0' | first",
                "'port':'80,443' | first",
                "'port':'1-65534' | first",
                "'port':'1-65535' | a",
                "'sourcePort':'0-1000' | first",
                "'ip':'8.8.8.8','port':443 | first",
                "'ip':'8.8.8.8','network':'udp' | first",
                "'ip':'8.8.8.8' | a",
                "'ip':'9.9.9.9' | first",
                "'sourceIP':'192.168.1.5' | a",
                "'inboundTag':'in' | a",
                "'domain':'example.com' | first",
                "'protocol':'tls' | first"
            })
    void aPingGoesByTheFirstRuleThatIsNotAboutPortsOrNetworks(String conditions, String way) {
        Router router = router("{'rules':[{" + conditions + ",'outboundTag':'a'}]}");
        assertThat(route(router, session("in", Network.ICMP, "8.8.8.8", 0))).isEqualTo(way);
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
                "'ip':[],'domain':[],'port':443 | true",
                "'localPort':1080 | true",
                "'localPort':1081 | false",
                "'localIP':['192.168.1.0/24'] | true",
                "'localIP':'10.0.0.0/8' | false",
                "'user':['love@example.com'] | true",
                "'user':'hate@example.com,love@example.com' | true",
                "'user':['regexp:^love@'] | true",
                "'user':['ve@example.com','regexp:^ve'] | false",
                "'protocol':['tls'] | true",
                "'protocol':'http,tls' | true",
                "'protocol':['bittorrent'] | false",
                "'attrs':{':method':'^GET$'} | true",
                "'attrs':{':Method':'GET','accept':'html'} | true",
                "'attrs':{':method':'GET','cookie':'.'} | false",
                "'localOS':['linux','windows','darwin'] | true",
                "'localOS':'plan9' | false",
                "'ruleTag':'r','port':443 | true"
            })
    void matchesWhenEveryConditionHolds(String conditions, boolean expected) {
        Router router = router("{'rules':[{" + conditions + ",'outboundTag':'a'}]}");

        Session session =
                new Session(
                                new InboundIdentity("in", "socks", new Traffic()),
                                new InetSocketAddress(InetAddress.ofLiteral("192.168.1.5"), 40000),
                                new InetSocketAddress(InetAddress.ofLiteral("192.168.1.1"), 1080),
                                Destination.of(Network.TCP, "8.8.8.8", 443),
                                "love@example.com")
                        .with(
                                new Content(
                                        "tls",
                                        null,
                                        Map.of(":method", "GET", "accept", "text/html")));
        String tag = route(router, session);

        assertThat(tag).isEqualTo(expected ? "a" : "first");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'domain':['ample.c'] | www.example.com | true",
                "'domain':'ample.c,other' | WWW.EXAMPLE.COM | true",
                "'domain':['keyword:ample'] | www.example.com | true",
                "'domain':['domain:example.com'] | example.com | true",
                "'domain':['domain:example.com'] | www.Example.com. | true",
                "'domain':['domain:Example.com.'] | www.example.com | true",
                "'domain':['domain:example.com'] | badexample.com | false",
                "'domain':['full:example.com'] | example.com | true",
                "'domain':['full:example.com'] | www.example.com | false",
                "'domain':['full:a.com','domain:a.com'] | b.a.com | true",
                "'domain':['regexp:^w+\\\\.'] | www.example.com | true",
                "'domain':['regexp:^ex'] | www.example.com | false",
                "'domain':['dotless:'] | printer | true",
                "'domain':['dotless:int'] | printer | true",
                "'domain':['dotless:'] | printer.lan | false",
                "'domain':['dotless:x'] | printer | false",
                "'domain':['x'],'domains':['full:example.com'] | example.com | true",
                "'domain':['example'],'domains':['full:x'] | example.com | false",
                "'domain':['example'],'port':80 | example.com | false",
                "'domain':['domain:8.8'] | 8.8.8.8 | false",
            })
    void matchesDomains(String conditions, String host, boolean expected) {
        Router router = router("{'rules':[{" + conditions + ",'outboundTag':'a'}]}");

        String tag = route(router, session("in", Network.TCP, host, 443));

        assertThat(tag).isEqualTo(expected ? "a" : "first");
    }

    @Test
    void aNameThatWasHeardCountsBesideTheAddress() {
        Router router =
                router(
                        "{'rules':[{'domain':['domain:example.com'],'ip':['8.8.8.8'],"
                                + "'outboundTag':'a'}]}");
        Session session = session("in", Network.TCP, "8.8.8.8", 443);

        assertThat(route(router, session)).isEqualTo("first");
        assertThat(route(router, session.with(new Content("tls", "www.example.com", Map.of()))))
                .isEqualTo("a");
    }

    @Test
    void resolvesOnDemandOnlyWhereTheDecisionDependsOnIt() {
        Router router =
                router(
                        "{'domainStrategy':'IPOnDemand','rules':[{'domain':['full:a.test'],"
                                + "'outboundTag':'a'},{'ip':['10.0.0.0/8'],'port':80,"
                                + "'outboundTag':'b'}]}");

        assertThat(router.mustResolve(query(session("in", Network.TCP, "a.test", 80)))).isFalse();
        assertThat(router.mustResolve(query(session("in", Network.TCP, "b.test", 80)))).isTrue();
        assertThat(router.mustResolve(query(session("in", Network.TCP, "b.test", 81)))).isFalse();
        assertThat(router.mustResolve(query(session("in", Network.TCP, "10.0.0.1", 80)))).isFalse();
    }

    private static RouteQuery query(Session session) {
        return RouteQuery.of(session);
    }

    @Test
    void addressConditionHoldsForANameOnlyOnceItIsResolved() {
        Router router =
                router(
                        "{'domainStrategy':'IPIfNonMatch','rules':[{'ip':['geoip:private'],"
                                + "'outboundTag':'a'}]}");
        Session session = session("in", Network.TCP, "nas.example", 443);

        RouteQuery query = RouteQuery.of(session);
        assertThat(router.match(query)).isNull();
        assertThat(router.mustResolve(query)).isTrue();
        RouteQuery resolved = query.resolved(List.of(InetAddress.ofLiteral("192.168.1.2")));
        assertThat(router.match(resolved)).isNotNull();
        assertThat(router.mustResolve(resolved)).isFalse();
        assertThat(router.strategy()).isEqualTo(Router.DomainStrategy.IP_IF_NON_MATCH);
    }

    @Test
    void resolvesNothingWhereNoRuleAsksForAddresses() {
        Router router =
                router("{'domainStrategy':'IPOnDemand','rules':[{'port':1,'outboundTag':'a'}]}");

        assertThat(router.strategy()).isEqualTo(Router.DomainStrategy.AS_IS);
    }

    @Test
    void looksForTheProcessOnlyWhereTheDecisionDependsOnIt() {
        Router router =
                router(
                        "{'rules':[{'port':22,'outboundTag':'a'},"
                                + "{'process':['ssh'],'network':'tcp','ip':['1.2.3.4'],"
                                + "'outboundTag':'b'}]}");

        assertThat(router.mustFindProcess(query(session("in", Network.TCP, "1.2.3.4", 22))))
                .isFalse();
        assertThat(router.mustFindProcess(query(session("in", Network.UDP, "1.2.3.4", 80))))
                .isFalse();
        assertThat(router.mustFindProcess(query(session("in", Network.TCP, "4.3.2.1", 80))))
                .isFalse();
        assertThat(router.mustFindProcess(query(session("in", Network.TCP, "a.test", 80))))
                .isFalse();
        RouteQuery query = query(session("in", Network.TCP, "1.2.3.4", 80));
        assertThat(router.mustFindProcess(query)).isTrue();
        assertThat(router.match(query)).isNull();
        RouteQuery unknown = query.from(LocalProcess.UNKNOWN);
        assertThat(router.mustFindProcess(unknown)).isFalse();
        assertThat(router.match(unknown)).isNull();
        assertThat(router.match(query.from(new LocalProcess(7, "/bin/ssh")))).isNotNull();
    }

    /** Its addresses are asked for only if the process is the one that the rule means. */
    @Test
    void looksForTheProcessBeforeItResolves() {
        Router router =
                router(
                        "{'domainStrategy':'IPOnDemand','rules':["
                                + "{'process':['ssh'],'ip':['1.2.3.4'],'outboundTag':'b'}]}");
        RouteQuery query = query(session("in", Network.TCP, "a.test", 80));

        assertThat(router.mustFindProcess(query)).isTrue();
        assertThat(router.mustResolve(query.from(LocalProcess.UNKNOWN))).isFalse();
        assertThat(router.mustResolve(query.from(new LocalProcess(7, "/bin/ssh")))).isTrue();
    }

    @Test
    void aRuleOnProcessesIsNotWhereAnInboundsTrafficUsuallyGoes() {
        Router router = router("{'rules':[{'process':['ssh'],'outboundTag':'a'}]}");

        assertThat(router.usualWay("in")).isEqualTo(new Way.ByOutbound("first"));
    }

    @Test
    void knowsWhereAnInboundsTrafficUsuallyGoes() {
        Router router =
                router(
                        "{'rules':[{'inboundTag':['in'],'port':53,'outboundTag':'b'},"
                                + "{'inboundTag':['in'],'outboundTag':'a'}]}");

        assertThat(tag(router.usualWay("in"))).isEqualTo("a");
        assertThat(tag(router.usualWay("other"))).isEqualTo("first");
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
