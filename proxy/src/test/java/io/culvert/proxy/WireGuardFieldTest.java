package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each field that Xray's WireGuard has or had, in {@code settings} and in {@code peers}. */
class WireGuardFieldTest {
    private final FieldRig rig = new FieldRig();

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    secretKey      | 'PUBLIC'                   | secretKey.toBase64         | oMAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9F0=
                    address        | ['10.0.0.2/24','fd00::2']  | addresses                  | [/10.0.0.2, /fd00:0:0:0:0:0:0:2]
                    address        | null                       | addresses                  | [/10.0.0.1, /fd59:7153:2388:b5fd:0:0:0:1]
                    mtu            | 1280                       | mtu                        | 1280
                    mtu            | 0                          | mtu                        | 1420
                    MTU            | 1281                       | mtu                        | 1281
                    reserved       | [1,2,3]                    | reserved                   | ReservedBytes[first=1, second=2, third=3]
                    reserved       | 'AQID'                     | reserved                   | ReservedBytes[first=1, second=2, third=3]
                    reserved       | []                         | reserved                   | null
                    domainStrategy | 'ForceIP'                  | order                      | ANY
                    domainStrategy | 'forceipv4'                | order                      | IPV4
                    domainStrategy | 'ForceIPv6'                | order                      | IPV6
                    domainStrategy | 'ForceIPv4v6'              | order                      | IPV4_FIRST
                    domainStrategy | 'ForceIPv6v4'              | order                      | IPV6_FIRST
                    domainStrategy | ''                         | order                      | ANY
                    remoteDNS      | ['9.9.9.9','[2620:fe::fe]:5353'] | nameServers          | [/9.9.9.9:53, /[2620:fe:0:0:0:0:0:fe]:5353]
                    remoteDNS      | null                       | nameServers[0]             | /1.1.1.1:53
                    noKernelTun    | false                      | kernelTun                  | true
                    noKernelTun    | true                       | kernelTun                  | false
                    """)
    void settingsFieldIsHonoured(String field, String value, String where, String expected) {
        Plan plan = rig.outboundSettings("'" + field + "':" + value);
        assertThat(PlanPath.text(plan.outbounds().getFirst().settings(), where))
                .isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    publicKey    | 'SECRET'               | publicKey.toBase64 | EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=
                    publicKey    | '1111111111111111111111111111111111111111111111111111111111111111' | publicKey.toBase64 | ERERERERERERERERERERERERERERERERERERERERERE=
                    preSharedKey | 'PUBLIC'               | presharedKey       | PresharedKey[secret]
                    preSharedKey | ''                     | presharedKey       | null
                    endpoint     | '[2001:db8::1]:51820'  | endpoint           | HostPort[host=2001:db8::1, port=51820]
                    endpoint     | 'vpn.example.org:2408' | endpoint           | HostPort[host=vpn.example.org, port=2408]
                    keepAlive    | 25                     | keepAlive          | 25
                    keepAlive    | null                   | keepAlive          | 0
                    allowedIPs   | ['10.1.0.0/16','::/0'] | allowedIps         | [10.1.0.0/16, 0:0:0:0:0:0:0:0/0]
                    allowedIPs   | null                   | allowedIps         | [0.0.0.0/0, 0:0:0:0:0:0:0:0/0]
                    allowedIPs   | []                     | allowedIps         | []
                    email        | 'a@example.org'        | user.name          | a@example.org
                    level        | 3                      | user.level         | 3
                    reserved     | [7,8,9]                | reserved           | ReservedBytes[first=7, second=8, third=9]
                    """)
    void peerFieldIsHonoured(String field, String value, String where, String expected) {
        Plan plan = rig.outboundPeer("'" + field + "':" + value);
        assertThat(PlanPath.text(plan.outbounds().getFirst().settings(), "peers[0]." + where))
                .isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    address        | []                       | addresses          | []
                    mtu            | 1300                     | mtu                | 1300
                    peers          | []                       | peers              | []
                    peers          | null                     | peers              | []
                    peers          | [{'publicKey':'PUBLIC','email':'u','level':0,'endpoint':'h:1','allowedIPs':['10.0.0.2/32']}] | peers[0].user.name | u
                    peers          | [{'publicKey':'PUBLIC','endpoint':'h:1'}] | peers[0].endpoint | null
                    domainStrategy | 'ForceIPv4'              | order              | IPV4
                    """)
    void inboundSettingsFieldIsHonoured(String field, String value, String where, String expected) {
        Plan plan = rig.inboundSettings("'" + field + "':" + value);
        assertThat(PlanPath.text(plan.inbounds().getFirst().settings(), where)).isEqualTo(expected);
        assertThat(rig.warnings()).isEmpty();
    }

    /** What earlier versions needed, or needs another kind of program, is taken without a word. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    kernelMode  | true
                    workers     | 4
                    isClient    | true
                    """)
    void settingsFieldIsAccepted(String field, String value) {
        rig.outboundSettings("'" + field + "':" + value);
        assertThat(rig.warnings()).isEmpty();
    }

    /** What panels keep in a file for themselves. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"privateKey | 'x'", "psk | 'x'"})
    void peerFieldIsIgnoredAndNamed(String field, String value) {
        rig.outboundPeer("'" + field + "':" + value);
        assertThat(rig.warnings())
                .containsExactly(
                        "outbounds[0].settings.peers[0]."
                                + field
                                + ": not known to Culvert yet: ignored");
    }
}
