package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each field of an inbound beside those of WireGuard, of {@code sniffing} and of settings. */
class InboundFieldTest {
    private final FieldRig rig = new FieldRig();

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'tag':'t'                        | spec.tag      | t
                    'tag':null                       | spec.tag      | ``
                    'listen':'127.0.0.1'             | spec.listen   | /127.0.0.1
                    'listen':'::1'                   | spec.listen   | /0:0:0:0:0:0:0:1
                    'listen':null                    | spec.listen   | null
                    'port':0                         | spec.ports    | [0]
                    'port':'1080'                    | spec.ports    | [1080]
                    'port':'1080-1082,1090'          | spec.ports    | [1080, 1081, 1082, 1090]
                    'port':'env:PORT'                | spec.ports    | [1234]
                    'protocol':'SOCKS'               | spec.protocol | socks
                    'settings':null                  | spec.tag      | ``
                    'sniffing':null                  | spec.sniffing.enabled | false
                    'streamSettings':null            | spec.tag      | ``
                    'streamSettings':{'network':'tcp','security':'none'} | spec.tag | ``
                    'streamSettings':{'network':'raw'} | spec.tag    | ``
                    'streamSettings':{'sockopt':{'tproxy':'off'}} | spec.tag | ``
                    'allocate':{'strategy':'always'} | spec.tag      | ``
                    """)
    void inboundFieldIsHonoured(String member, String where, String expected) {
        Plan plan = rig.inbound("socks", member);
        assertThat(PlanPath.text(plan.inbounds().getFirst(), where)).isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "sniffing.{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'enabled':true                      | enabled   | true
                    'enabled':false                     | enabled   | false
                    'destOverride':['http']             | protocols | [HTTP]
                    'destOverride':['tls','https','ssl'] | protocols | [TLS]
                    'destOverride':['quic']             | protocols | [QUIC]
                    'destOverride':'http, tls'          | protocols | [HTTP, TLS]
                    'destOverride':null                 | protocols | []
                    'metadataOnly':true                 | enabled   | false
                    'routeOnly':true                    | routeOnly | true
                    'domainsExcluded':['courier.push.apple.com'] | enabled | true
                    'ipsExcluded':['10.0.0.0/8']        | enabled   | true
                    """)
    void sniffingFieldIsHonoured(String member, String where, String expected) {
        Plan plan = rig.inbound("socks", "'sniffing':{'enabled':true," + member + "}");
        assertThat(PlanPath.text(plan.inbounds().getFirst(), "spec.sniffing." + where))
                .isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}.{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    socks         | 'auth':'noauth'                 | accounts.required | false
                    socks         | 'auth':'password','accounts':[{'user':'u','pass':'p'}] | accounts.required | true
                    socks         | 'auth':'password','users':[{'user':'u','pass':'p'}]    | accounts.required | true
                    socks         | 'udp':true                      | udp         | true
                    socks         | 'ip':'192.0.2.1'                | udpAddress  | /192.0.2.1
                    socks         | 'userLevel':0                   | udp         | false
                    mixed         | 'udp':true                      | udp         | true
                    http          | 'accounts':[{'user':'u','pass':'p'}] | accounts.required | true
                    http          | 'users':[{'user':'u','pass':'p'}]    | accounts.required | true
                    http          | 'allowTransparent':true         | transparent | true
                    http          | 'timeout':300                   | transparent | false
                    http          | 'userLevel':0                   | transparent | false
                    """)
    void settingsFieldIsHonoured(String protocol, String members, String where, String expected) {
        Plan plan = rig.inbound(protocol, "'settings':{" + members + "}");
        assertThat(PlanPath.text(plan.inbounds().getFirst().settings(), where)).isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}.{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    dokodemo-door | 'address':'192.0.2.1','port':22                     | 192.0.2.1:22
                    tunnel        | 'rewriteAddress':'a.example','rewritePort':22       | a.example:22
                    dokodemo-door | 'address':'a','port':22,'network':'tcp,udp'         | [tcp, udp]
                    tunnel        | 'address':'a','port':22,'allowedNetwork':'udp'      | [udp]
                    dokodemo-door | 'address':'a','port':22                             | [tcp]
                    dokodemo-door | 'address':'a','port':22,'followRedirect':false      | a:22
                    dokodemo-door | 'address':'a','port':22,'portMap':{}                | a:22
                    dokodemo-door | 'address':'a','port':22,'userLevel':0               | a:22
                    """)
    void forwardFieldIsHonoured(String protocol, String members, String shown) {
        Plan plan = rig.inbound(protocol, "'settings':{" + members + "}");
        assertThat(plan.inbounds().getFirst().settings().toString()).contains(shown);
        assertThat(rig.warnings()).isEmpty();
    }
}
