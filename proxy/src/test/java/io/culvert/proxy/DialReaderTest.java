package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.tunnel.SocketOption;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a file says by which way an outbound dials, and what is wrong with it. */
class DialReaderTest {
    private static final String WIREGUARD =
            "'protocol':'wireguard','settings':{MTU'secretKey':"
                    + "'EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=','peers':[{'publicKey':"
                    + "'osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=','endpoint':'h:1'}]}";
    private static final String SOCKOPT = "'streamSettings':{'sockopt':";

    private final Problems problems = new Problems();

    private @Nullable Plan plan(String... outbounds) {
        String json =
                ("{'outbounds':[{" + String.join("},{", outbounds) + "}]}")
                        .replace("WIREGUARD", WIREGUARD.replace("MTU", ""))
                        .replace('\'', '"');
        return new ConfigReader(problems, name -> null).read(Json.parse(json));
    }

    private Plan rightPlan(String... outbounds) {
        Plan plan = plan(outbounds);
        assertThat(problems.errors()).isEmpty();
        return Objects.requireNonNull(plan);
    }

    private DialSettings dial(String members) {
        Plan plan = plan("'protocol':'freedom'," + members, "'protocol':'freedom','tag':'b'");
        return plan == null ? DialSettings.DEFAULT : plan.outbounds().getFirst().dial();
    }

    private List<String> errors() {
        return problems.errors().stream().map(Object::toString).toList();
    }

    private List<String> warnings() {
        return problems.warnings().stream().map(Object::toString).toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'sendThrough':'here' | sendThrough: must be an IP address of this machine, a"
                        + " prefix, origin or srcip, not `here`",
                "'sendThrough':'10.0.0.0/33' | sendThrough: must be an IP address of this machine,"
                        + " a prefix, origin or srcip, not `10.0.0.0/33`",
                "'sendThrough':7 | sendThrough: must be text, not a number",
                "'proxySettings':{'tag':'x'} | proxySettings.tag: there is no outbound with the tag"
                        + " `x`",
                "'proxySettings':{'tag':'b'},'streamSettings':{'sockopt':{'dialerProxy':'b'}}"
                        + " | proxySettings.tag: contradicts streamSettings.sockopt.dialerProxy:"
                        + " give one of them",
                "'streamSettings':{'sockopt':{'dialerProxy':'x'}}"
                        + " | streamSettings.sockopt.dialerProxy: there is no outbound with the"
                        + " tag `x`",
                "'tag':'a','streamSettings':{'sockopt':{'dialerProxy':'a'}}"
                        + " | streamSettings.sockopt.dialerProxy: names the outbound itself",
                "'streamSettings':{'sockopt':{'mark':'7'}}"
                        + " | streamSettings.sockopt.mark: must be a whole number from 0 to"
                        + " 2147483647, not text",
                "'streamSettings':{'sockopt':{'interface':'much-too-long-a-name'}}"
                        + " | streamSettings.sockopt.interface: `much-too-long-a-name` is not the"
                        + " name of a network interface",
                "'streamSettings':{'sockopt':{'domainStrategy':'never'}}"
                        + " | streamSettings.sockopt.domainStrategy: must be AsIs, or UseIP or"
                        + " ForceIP, possibly with v4, v6, v4v6 or v6v4, not `never`",
                "'streamSettings':{'sockopt':{'addressPortStrategy':'SrvPortOnly'}}"
                        + " | streamSettings.sockopt.addressPortStrategy: is not supported by"
                        + " Culvert yet, and without it traffic would go another way: use none",
                "'streamSettings':{'finalmask':{}}"
                        + " | streamSettings.finalmask: is not supported by Culvert yet, and"
                        + " without it traffic would go another way",
                "'streamSettings':{'sockopt':{'customSockopt':[{'value':'1'}]}}"
                        + " | streamSettings.sockopt.customSockopt[0].opt: is missing: give the"
                        + " number of the option, as text",
                "'streamSettings':{'sockopt':{'customSockopt':[{'opt':'a','value':'1'}]}}"
                        + " | streamSettings.sockopt.customSockopt[0].opt: must be a whole number,"
                        + " not `a`",
                "'streamSettings':{'sockopt':{'customSockopt':[{'opt':'1','value':'1',"
                        + "'type':'long'}]}}"
                        + " | streamSettings.sockopt.customSockopt[0].type: must be int or str, not"
                        + " `long`",
                "'streamSettings':{'sockopt':{'happyEyeballs':{'tryDelayMs':-1}}}"
                        + " | streamSettings.sockopt.happyEyeballs.tryDelayMs: must be a whole"
                        + " number from 0 to 60000, not -1",
            })
    void saysWhatIsWrong(String members, String error) {
        dial(members);
        assertThat(errors()).containsExactly("test.json: outbounds[0]." + error.replace('`', '"'));
    }

    @Test
    void aCircleIsAnErrorWhereverItBegins() {
        plan(
                "'protocol':'freedom','tag':'a'," + SOCKOPT + "{'dialerProxy':'b'}}",
                "'protocol':'freedom','tag':'b','proxySettings':{'tag':'c'}",
                "WIREGUARD,'tag':'c'," + SOCKOPT + "{'dialerProxy':'a'}}",
                "'protocol':'freedom','tag':'d'," + SOCKOPT + "{'dialerProxy':'a'}}");
        assertThat(errors())
                .containsExactly(
                        "test.json: outbounds[0].streamSettings.sockopt.dialerProxy: goes round in"
                                + " a circle: a → b → c → a",
                        "test.json: outbounds[1].proxySettings.tag: goes round in a circle: b → c →"
                                + " a → b",
                        "test.json: outbounds[2].streamSettings.sockopt.dialerProxy: goes round in"
                                + " a circle: c → a → b → c");
    }

    @Test
    void warnsOfACarrierThatTakesNothing() {
        plan(
                "'protocol':'freedom'," + SOCKOPT + "{'dialerProxy':'b'}}",
                "'protocol':'vless','tag':'b'");
        assertThat(errors()).isEmpty();
        assertThat(warnings())
                .contains(
                        "test.json: outbounds[0].streamSettings.sockopt.dialerProxy: outbound \"b\""
                                + " (vless) takes nothing: what goes through it fails");
    }

    @Test
    void warnsOfAnMtuThatMakesFragments() {
        plan("WIREGUARD," + SOCKOPT + "{'dialerProxy':'b'}}", "WIREGUARD,'tag':'b'");
        assertThat(warnings())
                .containsExactly(
                        "test.json: outbounds[0].streamSettings.sockopt.dialerProxy: with mtu 1420"
                                + " in a tunnel of 1420 large packets travel in fragments: an mtu"
                                + " of 1340 avoids that");
    }

    @Test
    void bothSpellingsNameTheSameChain() {
        assertThat(dial(SOCKOPT + "{'dialerProxy':'b'}}").viaTag()).isEqualTo("b");
        assertThat(dial("'proxySettings':{'tag':'b'}").viaTag()).isEqualTo("b");
        assertThat(dial("'proxySettings':{'tag':'b','transportLayer':true}").viaTag())
                .isEqualTo("b");
        assertThat(dial(SOCKOPT + "{'dialerProxy':''}},'proxySettings':null").viaTag()).isNull();
        assertThat(problems.warnings()).isEmpty();
    }

    @Test
    void readsSocketOptions() {
        SocketSettings sockets =
                dial(SOCKOPT
                                + "{'mark':255,'interface':'eth0','tcpKeepAliveIdle':60,"
                                + "'tcpKeepAliveInterval':15,'tcpFastOpen':true,"
                                + "'tcpUserTimeout':10000,'tcpcongestion':'bbr',"
                                + "'tcpMaxSeg':1200,'tcpWindowClamp':600,'v6only':true,"
                                + "'customSockopt':[{'opt':'10','level':'0','value':'5'},"
                                + "{'opt':'13','type':'str','value':'reno'},"
                                + "{'system':'windows','opt':'1','value':'1'},"
                                + "{'network':'udp','level':'0','opt':'1','value':'0x10'}]}}")
                        .sockets();
        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings()).isEmpty();
        SocketOption mark = SocketOption.of("SO_MARK", 1, 36, 255);
        SocketOption device = SocketOption.of("SO_BINDTODEVICE", 1, 25, "eth0");
        SocketOption tenth = SocketOption.of("option 10 of level 0", 0, 10, 5);
        assertThat(sockets.tcp())
                .containsExactly(
                        mark,
                        device,
                        tenth,
                        SocketOption.of("option 13 of level 6", 6, 13, "reno"));
        assertThat(sockets.udp())
                .containsExactly(
                        mark, device, tenth, SocketOption.of("option 1 of level 0", 0, 1, 16));
        assertThat(sockets.tuning())
                .containsExactly(
                        SocketOption.of("TCP_KEEPIDLE", 6, 4, 60),
                        SocketOption.of("TCP_KEEPINTVL", 6, 5, 15),
                        SocketOption.of("TCP_FASTOPEN_CONNECT", 6, 30, 1),
                        SocketOption.of("TCP_USER_TIMEOUT", 6, 18, 10000),
                        SocketOption.of("TCP_MAXSEG", 6, 2, 1200),
                        SocketOption.of("TCP_WINDOW_CLAMP", 6, 10, 600),
                        SocketOption.of("TCP_CONGESTION", 6, 13, "bbr"));
        assertThat(sockets.ipv6Only()).isTrue();
    }

    @Test
    void readsHappyEyeballs() {
        assertThat(dial(SOCKOPT + "{}}").eyeballs()).isEqualTo(HappyEyeballs.Settings.DEFAULT);
        assertThat(
                        dial(SOCKOPT
                                        + "{'happyEyeballs':{'prioritizeIPv6':true,"
                                        + "'interleave':2,'tryDelayMs':100,"
                                        + "'maxConcurrentTry':3}}}")
                                .eyeballs())
                .isEqualTo(new HappyEyeballs.Settings(100, 3, true, 2));
        assertThat(dial(SOCKOPT + "{'happyEyeballs':{}}}").eyeballs())
                .isEqualTo(new HappyEyeballs.Settings(250, 4, false, 1));
    }

    @Test
    void readsWhichAddressesOfNamesAreUsed() {
        Plan plan =
                rightPlan(
                        "WIREGUARD,'targetStrategy':'ForceIPv6',"
                                + SOCKOPT
                                + "{'domainStrategy':'ForceIPv4'}}",
                        "WIREGUARD,'targetStrategy':'UseIPv6','tag':'b'",
                        "WIREGUARD,'targetStrategy':'AsIs','tag':'c'",
                        "'protocol':'freedom','tag':'d',"
                                + SOCKOPT
                                + "{'domainStrategy':'UseIPv4'}}");
        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings()).isEmpty();
        assertThat(orders(plan, 0)).containsExactly(AddressOrder.IPV6, AddressOrder.IPV4);
        assertThat(orders(plan, 1)).containsExactly(AddressOrder.IPV6_FIRST, AddressOrder.ANY);
        assertThat(orders(plan, 2)).containsExactly(AddressOrder.ANY, AddressOrder.ANY);
        assertThat(((FreedomOutbound.Settings) plan.outbounds().get(3).settings()).order())
                .isEqualTo(AddressOrder.IPV4_FIRST);
    }

    private static List<AddressOrder> orders(Plan plan, int index) {
        WireGuardSettings tunnel = (WireGuardSettings) plan.outbounds().get(index).settings();
        return List.of(tunnel.order(), tunnel.endpointOrder());
    }
}
