package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What files say, said by the API. */
@Timeout(60)
class ApiElementTest {
    private static final String KEY = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String PEER = "bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo=";

    private final Problems problems = new Problems();

    private static ConfigNode json(String text) {
        return Json.parse(text.replace('\'', '"').replace("SECRET", KEY).replace("PUBLIC", PEER));
    }

    /** What a message means to whoever gets it, which must be what the file means. */
    private static String settings(ConfigNode node, boolean inbound, Problems problems) {
        ConfigReader reader = new ConfigReader(problems, name -> null);
        if (inbound) {
            Plan.InboundPlan plan = reader.inbound(node);
            return plan == null
                    ? ""
                    : plan.tag()
                            + plan.spec().listen()
                            + plan.spec().ports()
                            + plan.spec().sniffing().enabled()
                            + plan.spec().sniffing().protocols()
                            + plan.spec().sniffing().routeOnly()
                            + words(plan.settings());
        }
        Plan.OutboundPlan plan = reader.outbound(node);
        return plan == null ? "" : plan.tag() + words(plan.settings());
    }

    private static String words(Object settings) {
        return switch (settings) {
            case WireGuardSettings tunnel ->
                    ""
                            + tunnel.secretKey().publicKey()
                            + tunnel.addresses()
                            + tunnel.mtu()
                            + tunnel.reserved()
                            + tunnel.order()
                            + tunnel.peers();
            case SocksInbound.Settings socks ->
                    "" + socks.accounts().all() + socks.udp() + socks.udpAddress();
            case HttpInbound.Settings http -> "" + http.accounts().all() + http.transparent();
            default -> settings.toString();
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'protocol':'socks','listen':'127.0.0.1','port':1080,'settings':{'auth':'password','accounts':[{'user':'a','pass':'b'},{'user':'c','pass':'d'}],'udp':true,'ip':'10.0.0.1'}
                    'protocol':'mixed','listen':'::1','port':'1080,2000-2003,7'
                    'protocol':'http','port':80,'settings':{'allowTransparent':true,'users':[{'user':'a','pass':'b'}]},'streamSettings':{'network':'tcp','security':'none'}
                    'protocol':'dokodemo-door','port':5,'settings':{'address':'192.0.2.1','port':53,'network':'tcp,udp','portMap':{'5':'a.test:9','6':'[::1]:7','7':':8','8':'b.test:'}}
                    'protocol':'tunnel','port':5,'settings':{'rewriteAddress':'a.test','rewritePort':53},'sniffing':{'enabled':true,'destOverride':['http','tls'],'routeOnly':true}
                    'protocol':'dokodemo-door','port':5,'settings':{'followRedirect':true}
                    'protocol':'dokodemo-door','port':5,'settings':{'followRedirect':true,'port':53}
                    'protocol':'wireguard','port':5,'settings':{'secretKey':'SECRET','peers':[]}
                    'protocol':'wireguard','port':5,'settings':{'secretKey':'SECRET','mtu':1300,'address':['10.0.0.1/24'],'noKernelTun':false,'peers':[{'publicKey':'PUBLIC','preSharedKey':'SECRET','email':'a','level':3,'keepAlive':25,'allowedIPs':['10.0.0.2/32']}]},'sniffing':null
                    'protocol':'wireguard','port':5,'settings':{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','email':'a','allowedIPs':[]}]}
                    """)
    void anInboundIsWhatItWasInTheFile(String members) {
        String text = "{'tag':'x'," + members + "}";
        List<ApiElement> all = ApiElement.inbounds(json("{'inbounds':[" + text + "]}"), problems);
        assertThat(problems.errors()).isEmpty();
        ProtoFields message = ProtoFields.of(all.getFirst().message().toBuffer());

        String there = settings(ProtoConfig.inbound(message, problems), true, problems);

        assertThat(problems.errors()).isEmpty();
        assertThat(there).isEqualTo(settings(json(text), true, problems)).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'protocol':'freedom'
                    'protocol':'freedom','settings':{'domainStrategy':'useipv6V4'},'mux':{'enabled':false}
                    'protocol':'direct','targetStrategy':'ForceIPv4'
                    'protocol':'blackhole'
                    'protocol':'block','settings':{'response':{'type':'http'}}
                    'protocol':'wireguard','settings':{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'a.test:5'}]}
                    'protocol':'wireguard','settings':{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'a.test:5','allowedIPs':[]}]}
                    'protocol':'wireguard','settings':{'secretKey':'SECRET','workers':2,'reserved':[1,2,3],'domainStrategy':'ForceIPv6v4','address':['10.0.0.2/32','fd00::2'],'peers':[{'publicKey':'PUBLIC','endpoint':'[::1]:5','keepAlive':9}]}
                    """)
    void anOutboundIsWhatItWasInTheFile(String members) {
        String text = "{'tag':'x'," + members + "}";
        List<ApiElement> all = ApiElement.outbounds(json("{'outbounds':[" + text + "]}"), problems);
        assertThat(problems.errors()).isEmpty();
        ProtoFields message = ProtoFields.of(all.getFirst().message().toBuffer());

        String there = settings(ProtoConfig.outbound(message, problems), false, problems);

        assertThat(problems.errors()).isEmpty();
        assertThat(there).isEqualTo(settings(json(text), false, problems)).isNotEmpty();
    }

    /** Nothing is left out that somebody asked for. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    inbounds  | 'protocol':'socks','port':1,'settings':{'userLevel':3}                                    | settings.userLevel: cannot be given by the API
                    inbounds  | 'protocol':'socks','port':1,'sniffing':{'enabled':true,'domainsExcluded':['a']}           | sniffing.domainsExcluded: cannot be given by the API
                    inbounds  | 'protocol':'http','port':1,'streamSettings':{'sockopt':{'mark':1}}                        | streamSettings.sockopt: cannot be given by the API
                    inbounds  | 'protocol':'wireguard','port':1,'settings':{'secretKey':'SECRET','congestion':'cubic'}    | settings.congestion: cannot be given by the API
                    inbounds  | 'protocol':'http'                                                                         | port: is missing: give the port to listen on
                    outbounds | 'protocol':'freedom','sendThrough':'127.0.0.1'                                            | sendThrough: cannot be given by the API
                    outbounds | 'protocol':'freedom','settings':{'redirect':'a:1'}                                        | settings.redirect: cannot be given by the API
                    outbounds | 'protocol':'freedom','streamSettings':{'sockopt':{'dialerProxy':'y'}}                     | streamSettings.sockopt: cannot be given by the API
                    outbounds | 'protocol':'wireguard','settings':{'secretKey':'SECRET','noKernelTun':false,'peers':[{'publicKey':'PUBLIC','endpoint':'a:1'}]} | settings.noKernelTun: cannot be given by the API
                    """)
    void whatCannotBeSaidIsRefused(String list, String members, String error) {
        ConfigNode file = json("{'" + list + "':[{'tag':'x'," + members + "}]}");
        List<ApiElement> all =
                list.equals("inbounds")
                        ? ApiElement.inbounds(file, problems)
                        : ApiElement.outbounds(file, problems);

        assertThat(all).isEmpty();
        assertThat(problems.errors())
                .extracting(problem -> problem.place().path() + ": " + problem.sentence())
                .containsExactly(list + "[0]." + error);
    }

    @Test
    void aProtocolThatTheApiDoesNotKnowIsNamed() {
        ApiElement.outbounds(
                json(
                        "{'outbounds':[{'tag':'x','protocol':'socks','settings':"
                                + "{'address':'a.test','port':1}},{'protocol':'vless'}]}"),
                problems);

        assertThat(problems.errors())
                .extracting(problem -> problem.place().path() + ": " + problem.sentence())
                .containsExactly(
                        "outbounds[0].protocol: is none that can be added by the API",
                        "outbounds[1].protocol: is none that can be added by the API");
    }

    @Test
    void aFileWithNothingToAddIsWrong() {
        ApiElement.inbounds(json("{'outbounds':[{'protocol':'freedom'}]}"), problems);

        assertThat(problems.errors())
                .extracting(Problems.Problem::toString)
                .containsExactly("test.json: inbounds: holds nothing that could be added");
    }

    @Test
    void usersGoToTheInboundOfTheirTag() throws Exception {
        String wireguard =
                "{'tag':'wg','protocol':'wireguard','listen':'127.0.0.1','port':0,'settings':"
                        + "{'secretKey':'SECRET','peers':[PEERS]}}";
        String socks =
                "{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,'settings':"
                        + "{'auth':'password','accounts':[{'user':'USER','pass':'one'}]}}";
        String file =
                "{'inbounds':["
                        + socks.replace("USER", "ann")
                        + ","
                        + wireguard.replace("PEERS", "")
                        + "],'outbounds':[{'protocol':'freedom','tag':'out'}],'api':{'listen':"
                        + "'127.0.0.1:0','services':['HandlerService']}}";
        String more =
                "{'inbounds':["
                        + socks.replace("USER", "bob")
                        + ","
                        + wireguard.replace(
                                "PEERS",
                                "{'publicKey':'PUBLIC','email':'eve','allowedIPs':['10.0.0.2/32']}")
                        + "]}";
        try (ProxyRig rig = ProxyRig.start(file.replace("SECRET", KEY));
                ApiClient client =
                        new ApiClient(
                                rig.proxy().snapshot().inbounds().stream()
                                        .filter(inbound -> inbound.protocol().equals("api"))
                                        .findFirst()
                                        .orElseThrow()
                                        .addresses()
                                        .getFirst(),
                                20)) {
            for (ApiElement user : ApiElement.users(json(more), problems)) {
                client.addUser(user);
            }

            assertThat(problems.errors()).isEmpty();
            assertThat(client.users("in", "")).containsExactly("ann", "bob");
            assertThat(client.users("in", "bob")).containsExactly("bob");
            assertThat(client.users("wg", "")).containsExactly("eve");
            assertThat(client.userCount("wg")).isEqualTo(1);
            assertThat(client.inbounds()).contains("in", "wg");
            try (Socket socket = rig.connect("in")) {
                SocksClient.greet(socket, 2);
                SocksClient.method(socket);
                SocksClient.login(socket, "bob", "one");
                assertThat(socket.getInputStream().readNBytes(2)[1]).isZero();
            }
        }
    }

    @Test
    void aUserWithoutANameCouldNotBeRemoved() {
        ApiElement.users(
                json(
                        "{'inbounds':[{'tag':'wg','protocol':'wireguard','port':1,'settings':"
                                + "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC'}]}},"
                                + "{'protocol':'socks','port':1}]}"),
                problems);

        assertThat(problems.errors())
                .extracting(Problems.Problem::toString)
                .containsExactly(
                        "test.json: inbounds[0].settings.peers[0].email: is missing: give the name"
                                + " by which the peer can be removed again",
                        "test.json: inbounds[1].tag: is missing: give the inbound that gets the"
                                + " users");
    }
}
