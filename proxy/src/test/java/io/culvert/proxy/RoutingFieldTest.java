package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each field of {@code routing}, its rules and its balancers. */
class RoutingFieldTest {
    private final FieldRig rig = new FieldRig();

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    domain     | ['example.org']               | true
                    domain     | ['domain:example.org']        | true
                    domain     | ['full:example.org']          | false
                    domain     | 'regexp:^www\\\\..*org$'      | true
                    domain     | ['keyword:exam']              | true
                    domain     | ['dotless:www']               | false
                    domains    | ['domain:example.net']        | false
                    ip         | ['192.0.2.0/24']              | false
                    port       | 443                           | true
                    port       | '80,1000-2000'                | false
                    network    | 'tcp'                         | true
                    network    | ['udp','tcp']                 | true
                    network    | 'udp'                         | false
                    source     | ['192.168.0.0/16']            | true
                    sourceIP   | ['10.0.0.0/8']                | false
                    sourcePort | '40000'                       | true
                    sourcePort | 4000                          | false
                    user       | ['alice']                     | true
                    user       | ['regexp:^a']                 | true
                    user       | ['bob']                       | false
                    inboundTag | ['in']                        | true
                    inboundTag | 'other'                       | false
                    protocol   | ['http']                      | true
                    protocol   | ['bittorrent']                | false
                    attrs      | {':method':'GET'}             | true
                    attrs      | {':method':'POST'}            | false
                    localIP    | ['192.168.1.1']               | true
                    localIP    | ['10.0.0.1']                  | false
                    localPort  | '1080'                        | true
                    localPort  | 1081                          | false
                    process    | ['curl']                      | true
                    process    | ['curl.exe','x']              | true
                    process    | '/usr/bin/curl'               | true
                    process    | ['/usr/']                     | true
                    process    | ['C:\\\\a\\\\','xray/']        | false
                    process    | ['self/']                     | false
                    process    | ['/usr/bin']                  | false
                    process    | ['/usr/bin/curl/']            | false
                    process    | ['cur']                       | false
                    localOS    | ['plan9']                     | false
                    vlessRoute | '1-9'                         | false
                    """)
    void ruleFieldIsACondition(String field, String value, boolean holds) {
        Plan plan =
                rig.file(
                        "'routing':{'rules':[{'"
                                + field
                                + "':"
                                + value
                                + ",'outboundTag':'out'}]}");
        Session session =
                new Session(
                        new InboundIdentity("in", "socks", new Traffic()),
                        new InetSocketAddress(InetAddress.ofLiteral("192.168.1.5"), 40000),
                        new InetSocketAddress(InetAddress.ofLiteral("192.168.1.1"), 1080),
                        Destination.of(Network.TCP, "www.example.org", 443),
                        "alice",
                        new Content("http1", null, Map.of(":method", "GET")));
        RouteQuery query = RouteQuery.of(session).from(new LocalProcess(1, "/usr/bin/curl"));
        assertThat(plan.router().match(query) != null).isEqualTo(holds);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "ip: {0}")
    @CsvSource({
        "192.0.2.0/24,true",
        "192.0.2.7,true",
        "!192.0.2.0/24,false",
        "geoip:private,true",
        "geoip:!private,false",
        "::/0,false"
    })
    void ipIsACondition(String entry, boolean holds) {
        Plan plan = rig.file("'routing':{'rules':[{'ip':['" + entry + "'],'outboundTag':'out'}]}");
        Session session =
                new Session(
                        new InboundIdentity("in", "socks", new Traffic()),
                        new InetSocketAddress(InetAddress.ofLiteral("192.168.1.5"), 40000),
                        null,
                        Destination.of(Network.TCP, "192.0.2.7", 443),
                        "");
        assertThat(plan.router().match(RouteQuery.of(session)) != null).isEqualTo(holds);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'domainStrategy':'AsIs'         | strategy | AS_IS
                    'domainStrategy':'IPIfNonMatch' | strategy | IP_IF_NON_MATCH
                    'domainStrategy':'ipondemand'   | strategy | IP_ON_DEMAND
                    'domainMatcher':'mph'           | strategy | AS_IS
                    """)
    void routingFieldIsHonoured(String member, String where, String expected) {
        Plan plan =
                rig.file(
                        "'routing':{'rules':[{'ip':['1.1.1.1'],'outboundTag':'out'}],"
                                + member
                                + "}");
        assertThat(PlanPath.text(plan.router(), where)).isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'ruleTag':'r'                             | tag   | r
                    'type':'field'                            | tag   | ``
                    'domainMatcher':'hybrid'                  | tag   | ``
                    'outboundTag':'out'                       | way   | ByOutbound[tag=out]
                    'balancerTag':'b'                         | way   | ByOutbound[tag=out]
                    'outboundTag':null,'balancerTag':'b'      | way   | ByBalancer[tag=b]
                    """)
    void ruleFieldIsHonoured(String members, String where, String expected) {
        Plan plan =
                rig.file(
                        "'routing':{'rules':[{'port':1,'outboundTag':'out',"
                                + members
                                + "}],'balancers':[{'tag':'b','selector':['o']}]}");
        Rule rule =
                plan.router()
                        .match(
                                RouteQuery.of(
                                        new Session(
                                                new InboundIdentity("in", "socks", new Traffic()),
                                                new InetSocketAddress(1),
                                                null,
                                                Destination.of(Network.TCP, "a", 1),
                                                "")));
        assertThat(PlanPath.text(Objects.requireNonNull(rule), where)).isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    @Test
    void webhookIsIgnoredAndNamed() {
        rig.file(
                "'routing':{'rules':[{'port':1,'outboundTag':'out','webhook':{'url':'http://a/'}}]}");
        assertThat(rig.warnings())
                .containsExactly(
                        "routing.rules[0].webhook: is not supported by Culvert yet: nobody is"
                                + " told");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    tag         | 'b'                    | tag
                    selector    | ['o']                  | tag
                    strategy    | {'type':'random'}      | tag
                    strategy    | {'type':'roundRobin'}  | tag
                    strategy    | {'type':'leastPing'}   | tag
                    strategy    | {'type':'leastLoad','settings':{'expected':1,'maxRTT':'1s','tolerance':0.01,'baselines':['40ms'],'costs':[{'regexp':false,'match':'o','value':0.5}]}} | tag
                    fallbackTag | 'out'                  | tag
                    """)
    void balancerFieldIsHonoured(String field, String value, String where) {
        Plan plan =
                rig.file(
                        "'burstObservatory':{'subjectSelector':['o'],'pingConfig':{'destination':"
                                + "'http://a/','connectivity':'','interval':'1m','sampling':3,"
                                + "'timeout':'5s','httpMethod':'HEAD'}},'routing':{'balancers':[{"
                                + "'tag':'b','selector':['o'],'"
                                + field
                                + "':"
                                + value
                                + "}]}");
        assertThat(PlanPath.text(plan.balancers().getFirst(), where)).isEqualTo("b");
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'domainStrategy':'Sometimes'                | routing.domainStrategy: must be AsIs, IPIfNonMatch or IPOnDemand, not "Sometimes"
                    'rules':[{'outboundTag':'out'}]             | routing.rules[0]: has no condition: a rule needs at least one
                    'rules':[null]                              | routing.rules[0]: must be an object, not null
                    'rules':[{'port':1}]                        | routing.rules[0].outboundTag: is missing: give the tag of an outbound, or a balancerTag
                    'rules':[{'port':1,'outboundTag':'no'}]     | routing.rules[0].outboundTag: there is no outbound with the tag "no"
                    'rules':[{'port':1,'balancerTag':'no'}]     | routing.rules[0].balancerTag: there is no balancer with the tag "no"
                    'rules':[{'network':'icmp','outboundTag':'out'}] | routing.rules[0].network: must be tcp, udp or both, not "icmp"
                    'rules':[{'user':['regexp:('],'outboundTag':'out'}] | routing.rules[0].user[0]: "(" is not a regular expression: unclosed group
                    'rules':[{'attrs':{'a':'('},'outboundTag':'out'}] | routing.rules[0].attrs.a: "(" is not a regular expression: unclosed group
                    'rules':[{'process':['bin/x'],'outboundTag':'out'}] | routing.rules[0].process[0]: must be the name of a program, its path from the root, or a directory's with / at the end, not "bin/x"
                    'balancers':[null]                          | routing.balancers[0]: must be an object, not null
                    """)
    void saysWhatIsWrong(String member, String error) {
        assertThat(rig.errors("'routing':{" + member + "}")).containsExactly(error);
    }

    @Test
    void theFirstOutboundTakesWhatNoRuleTakes() {
        Plan plan = rig.file("'routing':{'rules':[]}");
        assertThat(plan.router().way(null)).isEqualTo(new Way.ByOutbound("out"));
        assertThat(Set.copyOf(rig.warnings())).isEmpty();
    }
}
