package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each field of an outbound beside those of WireGuard. */
class OutboundFieldTest {
    private final FieldRig rig = new FieldRig();

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    freedom   | 'tag':'t'                             | tag | t
                    freedom   | 'settings':null                       | settings.order | AS_IS
                    direct    | 'settings':{}                         | settings.order | AS_IS
                    freedom   | 'targetStrategy':'UseIPv4'            | settings.order | IPV4
                    freedom   | 'settings':{'domainStrategy':'UseIPv6'} | settings.order | IPV6
                    freedom   | 'settings':{'targetStrategy':'ForceIPv4v6'} | settings.order | IPV4_FIRST
                    freedom   | 'settings':{'redirect':'127.0.0.1:80'} | settings.redirect | Redirect[host=127.0.0.1, port=80]
                    freedom   | 'settings':{'redirect':''}            | settings.redirect | null
                    freedom   | 'settings':{'userLevel':0}            | settings.redirect | null
                    freedom   | 'settings':{'proxyProtocol':0}        | settings.redirect | null
                    freedom   | 'settings':{'ipsBlocked':['10.0.0.0/8']} | settings.finalRules.rules[0].allow | false
                    freedom   | 'settings':{'finalRules':[{'action':'allow'},{'action':'block','network':'udp','port':'53','ip':['geoip:private'],'blockDelay':'30-60'}]} | settings.finalRules.rules[1].networks | [udp]
                    freedom   | 'mux':{'enabled':false,'concurrency':-1} | settings.redirect | null
                    freedom   | 'mux':null                            | settings.redirect | null
                    freedom   | 'sendThrough':null                    | settings.redirect | null
                    freedom   | 'proxySettings':null                  | settings.redirect | null
                    freedom   | 'streamSettings':null                 | settings.redirect | null
                    freedom   | 'streamSettings':{'sockopt':{}}       | settings.redirect | null
                    blackhole | 'settings':{}                         | settings.http  | false
                    block     | 'settings':{'response':{'type':'none'}} | settings.http | false
                    blackhole | 'settings':{'response':{'type':'http'}} | settings.http | true
                    """)
    void outboundFieldIsHonoured(String protocol, String member, String where, String expected) {
        Plan plan = rig.outbound(protocol, member);
        assertThat(PlanPath.text(plan.outbounds().getFirst(), where)).isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }
}
