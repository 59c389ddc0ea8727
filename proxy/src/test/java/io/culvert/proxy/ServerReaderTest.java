package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a file can get wrong about a server that an outbound goes through. */
class ServerReaderTest {
    private final Problems problems = new Problems();

    private void read(String outbound) {
        Proxy.create(Json.parse(("{'outbounds':[" + outbound + "]}").replace('\'', '"')), problems);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "socks | {'port':1} | .address: is missing: give the address or the name of the server",
                "socks | {'address':'h'} | .port: is missing: give the port of the server",
                "http | {'address':'h','port':0} | .port: must be a whole number from 1 to 65535,"
                        + " not 0",
                "http | {'address':'h h','port':1} | .address: \"h h\" is not an IP address or a"
                        + " name",
                "socks | {'address':5,'port':1} | .address: must be text, not a number",
                "socks | {'servers':[]} | .servers: needs at least one server: there is no other"
                        + " way out",
                "socks | {'servers':[null]} | .servers[0]: must be an object, not null",
                "http | {'servers':{}} | .servers: must be a list, not an object",
                "socks | {'servers':[{'port':1}]} | .servers[0].address: is missing: give the"
                        + " address or the name of this server",
                "socks | {'servers':[{'address':'h','port':1,'users':[null]}]}"
                        + " | .servers[0].users[0]: must be an object, not null",
                "socks | {'address':'h','port':1,'pass':'secret'} | .user: is missing: give the"
                        + " user whose password this is",
                "http | {'address':'h','port':1,'user':'a:b','pass':'secret'} | .user: must have no"
                        + " colon, which Basic credentials can't carry",
                "http | {'address':'h','port':1,'headers':{'X':5}} | .headers.X: must be text, not"
                        + " a number",
                "http | {'address':'h','port':1,'headers':{'a b':'c'}} | .headers.a b: is no field"
                        + " that HTTP can carry",
                "socks | {'address':'h','port':1,'version':'4a'} | .version: must be 5: Culvert"
                        + " speaks no other SOCKS to a server",
                "loopback | {} | .inboundTag: is missing: give the tag by which rules know what"
                        + " comes back",
                "freedom | {'proxyProtocol':3} | .proxyProtocol: must be a whole number from 0 to"
                        + " 2, not 3",
                "freedom | {'finalRules':[{'action':'block','blockDelay':'90-30'}]}"
                        + " | .finalRules[0].blockDelay: must be seconds up to 3600, or a range of"
                        + " them such as \"30-90\", not \"90-30\""
            })
    void saysWhatIsWrong(String protocol, String settings, String error) {
        read("{'protocol':'" + protocol + "','settings':" + settings + "}");

        assertThat(problems.errors())
                .extracting(Object::toString)
                .containsExactly("test.json: outbounds[0].settings" + error);
    }

    @Test
    void credentialsThatSocksCannotCarryAreRefusedWithoutBeingTold() {
        String longest = "ü".repeat(128);
        read(
                "{'protocol':'socks','settings':{'address':'h','port':1,'user':'u','pass':'"
                        + longest
                        + "'}}");

        assertThat(problems.errors())
                .extracting(Object::toString)
                .containsExactly(
                        "test.json: outbounds[0].settings.pass: must have at most 255 bytes");
    }

    @Test
    void encryptionToTheServerIsNotLeftOutSilently() {
        read(
                "{'protocol':'http','settings':{'address':'h','port':1},"
                        + "'streamSettings':{'security':'tls','network':'ws'}}");

        assertThat(problems.errors())
                .extracting(Object::toString)
                .containsExactly(
                        "test.json: outbounds[0].streamSettings.security: is not supported by"
                                + " Culvert yet: use none",
                        "test.json: outbounds[0].streamSettings.network: is not supported by"
                                + " Culvert yet: use tcp");
    }

    @Test
    void ofSeveralUsersTheFirstIsUsedAndTheFileIsToldSo() {
        read(
                "{'protocol':'socks','settings':{'servers':[{'address':'h','port':1,'users':["
                        + "{'user':'a','pass':'b','level':1,'email':'c'},{'user':'d'}]}]}}");

        assertThat(problems.errors()).isEmpty();
        assertThat(problems.warnings())
                .extracting(Object::toString)
                .containsExactly(
                        "test.json: outbounds[0].settings.servers[0].users: has several users, of"
                                + " which the first is used");
    }
}
