package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each section of Xray's file, and what belongs to protocols that Culvert doesn't speak. */
class FileFieldTest {
    private final FieldRig rig = new FieldRig();

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    log       | {'loglevel':'info'}
                    policy    | {}
                    routing   | {}
                    inbounds  | []
                    stats     | {}
                    version   | {'min':'25.1.1','max':'99.1.1'}
                    log       | null
                    api       | null
                    dns       | null
                    routing   | null
                    policy    | null
                    inbounds  | null
                    stats     | null
                    metrics   | null
                    fakeDns   | null
                    reverse   | null
                    transport | null
                    observatory      | null
                    burstObservatory | null
                    """)
    void sectionIsKnown(String section, String value) {
        rig.file("'" + section + "':" + value);
        assertThat(rig.warnings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"transport", "env", "geodata", "whatever"})
    void sectionIsIgnoredAndNamed(String section) {
        rig.file("'" + section + "':{'a':{'b':[1]}}");
        assertThat(rig.warnings()).containsExactly(section + ": not known to Culvert yet: ignored");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "vless",
                "vmess",
                "trojan",
                "shadowsocks",
                "hysteria",
                "hysteria2",
                "tun",
                "mtproto"
            })
    void inboundOfAForeignProtocolDoesNotListen(String protocol) {
        Plan plan =
                rig.file(
                        "'inbounds':[{'tag':'f','protocol':'"
                                + protocol
                                + "','port':443,'settings':{'clients':[{'id':'x'}]},'streamSettings':"
                                + "{'network':'ws','security':'tls'}},{'protocol':'socks','port':1080}]");
        assertThat(plan.inbounds()).hasSize(1);
        assertThat(rig.warnings())
                .containsExactly(
                        "inbounds[0].protocol: "
                                + protocol
                                + " is not spoken by Culvert: this inbound does not listen");
    }

    @Test
    void saysSoWhereNothingIsLeftThatListens() {
        rig.file("'inbounds':[{'protocol':'vless','port':443}]");
        assertThat(rig.warnings())
                .endsWith("inbounds: none of these is spoken by Culvert: nothing listens");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"vless", "vmess", "trojan", "shadowsocks", "hysteria"})
    void outboundOfAForeignProtocolTakesItsTrafficNowhere(String protocol) {
        Plan plan =
                rig.outbound(
                        protocol,
                        "'tag':'proxy','settings':{'vnext':[{'address':'a','port':1}]},'mux':"
                                + "{'enabled':true},'streamSettings':{'network':'grpc','security':"
                                + "'reality','realitySettings':{}}");
        assertThat(plan.outbounds())
                .singleElement()
                .satisfies(outbound -> {
                    assertThat(outbound.tag()).isEqualTo("proxy");
                    assertThat(outbound.settings())
                            .isEqualTo(new BlackholeOutbound.Settings(protocol, false));
                });
        assertThat(rig.warnings()).hasSize(1);
        assertThat(rig.warnings().getFirst()).startsWith("outbounds[0].protocol: " + protocol);
    }

    @Test
    void portalsOfTheReverseProxyAreOutboundsThatFail() {
        Plan plan =
                rig.file(
                        "'reverse':{'bridges':[{'tag':'b','domain':'a'}],'portals':[{'tag':'portal',"
                                + "'domain':'a'}]},'routing':{'rules':[{'port':1,'outboundTag':"
                                + "'portal'}]}");
        assertThat(plan.outbounds()).extracting(Plan.OutboundPlan::tag).contains("portal");
        assertThat(rig.warnings())
                .isEqualTo(
                        List.of(
                                "reverse: is not supported by Culvert: what is routed to its"
                                        + " portals fails"));
    }
}
