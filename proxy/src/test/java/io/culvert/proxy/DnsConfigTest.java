package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a file may say of DNS, and what it gets wrong. */
class DnsConfigTest {
    private final Problems problems = new Problems();

    private List<String> errors(String rest) {
        Proxy.create(
                Json.parse(
                        ("{'outbounds': [{'protocol': 'freedom', 'tag': 'out'}" + rest + "}")
                                .replace('\'', '"')),
                problems);
        return problems.errors().stream().map(Object::toString).toList();
    }

    private @Nullable DnsSettings read(String json) {
        DnsSettings settings =
                new DnsReader(problems, new GeoFiles(name -> null))
                        .read(
                                Json.parse(json.replace('\'', '"')),
                                Json.parse("{}").member("fakeDns"));
        assertThat(problems.errors()).isEmpty();
        return settings;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | dns: must be an object, not a list",
                "{'servers':'1.1.1.1'} | dns.servers: must be a list, not text",
                "{'servers':[null]}"
                        + " | dns.servers[0]: must be the address of a name server, or an object"
                        + " with one",
                "{'servers':['']}"
                        + " | dns.servers[0]: `@` is no name server, such as 1.1.1.1, localhost,"
                        + " tcp://1.1.1.1, tls://1.1.1.1 or https://1.1.1.1/dns-query",
                "{'servers':['1.1.1.1:99999']}"
                        + " | dns.servers[0]: `1.1.1.1:99999` is no name server, such as 1.1.1.1,"
                        + " localhost, tcp://1.1.1.1, tls://1.1.1.1 or https://1.1.1.1/dns-query",
                "{'servers':['https://']}"
                        + " | dns.servers[0]: `https://` is no URL of a name server, such as"
                        + " 1.1.1.1, localhost, tcp://1.1.1.1, tls://1.1.1.1 or"
                        + " https://1.1.1.1/dns-query",
                "{'servers':['ftp://1.1.1.1']}"
                        + " | dns.servers[0]: `ftp://` is no way to ask a name server",
                "{'servers':['quic+local://1.1.1.1']}"
                        + " | dns.servers[0]: DNS over QUIC is not supported: use https+local:// or"
                        + " tls+local://, which servers that know QUIC know as well",
                "{'servers':['fakedns+others']}"
                        + " | dns.servers[0]: `fakedns+others` is no name server, such as 1.1.1.1,"
                        + " localhost, tcp://1.1.1.1, tls://1.1.1.1 or https://1.1.1.1/dns-query",
                "{'servers':[{'port':53}]}"
                        + " | dns.servers[0].address: is missing: give the address of a name"
                        + " server",
                "{'servers':[{'address':53}]}"
                        + " | dns.servers[0].address: must be text, not a number",
                "{'servers':[{'address':'1.1.1.1','port':65536}]}"
                        + " | dns.servers[0].port: must be a whole number from 0 to 65535, not"
                        + " 65536",
                "{'servers':[{'address':'1.1.1.1','domains':['regexp:(']}]}"
                        + " | dns.servers[0].domains[0]: `(` is not a regular expression: unclosed"
                        + " group",
                "{'servers':[{'address':'1.1.1.1','expectIPs':['here']}]}"
                        + " | dns.servers[0].expectIPs[0]: `here` is not an address or prefix, such"
                        + " as 10.0.0.0/8, 2001:db8::1 or geoip:private",
                "{'servers':[{'address':'1.1.1.1','clientIp':'me'}]}"
                        + " | dns.servers[0].clientIp: must be an IP address, not `me`",
                "{'servers':[{'address':'1.1.1.1','timeoutMs':-1}]}"
                        + " | dns.servers[0].timeoutMs: must be a whole number from 0 to 600000,"
                        + " not -1",
                "{'servers':[{'address':'1.1.1.1','queryStrategy':'UseIPv6'}],"
                        + "'queryStrategy':'UseIPv4'}"
                        + " | dns.servers[0].queryStrategy: leaves nothing to ask for:"
                        + " dns.queryStrategy has it otherwise",
                "{'queryStrategy':'UseIPv5'}"
                        + " | dns.queryStrategy: must be UseIP, UseIPv4, UseIPv6 or UseSystem, not"
                        + " `UseIPv5`",
                "{'clientIp':'1.2.3'} | dns.clientIp: must be an IP address, not `1.2.3`",
                "{'disableCache':1} | dns.disableCache: must be true or false, not a number",
                "{'serveExpiredTTL':-1}"
                        + " | dns.serveExpiredTTL: must be a whole number from 0 to 4294967295, not"
                        + " -1",
                "{'hosts':{'a.test':5}} | dns.hosts.a.test: must be a list, not a number",
                "{'hosts':{'a.test':'a b'}}"
                        + " | dns.hosts.a.test: `a b` is neither an IP address nor a name",
                "{'hosts':{'regexp:(':'1.1.1.1'}}"
                        + " | dns.hosts.regexp:(: `(` is not a regular expression: unclosed group",
                "{'hosts':{'a.test':[]}}"
                        + " | dns.hosts.a.test: must be an IP address, a list of them, or a name",
            })
    void saysWhatIsWrongWithDns(String dns, String error) {
        assertThat(errors("], 'dns': " + dns))
                .contains("test.json: " + error.replace("`@`", "``").replace('`', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'network':'icmp'} | .network: must be tcp, udp or both, not `icmp`",
                "{'rewriteNetwork':'tcp,udp'} | .rewriteNetwork: must be tcp or udp, not both",
                "{'address':'a b'} | .address: must be an IP address or a name, not `a b`",
                "{'port':-1} | .port: must be a whole number from 0 to 65535, not -1",
                "{'nonIPQuery':'eat'}" + " | .nonIPQuery: must be reject, drop or skip, not `eat`",
                "{'blockTypes':['A']}"
                        + " | .blockTypes[0]: must be the number of a record type, such as 65",
                "{'rules':[],'blockTypes':[1]}"
                        + " | .blockTypes: can't stand beside rules: say it in a rule",
                "{'rules':[{'qType':1}]}"
                        + " | .rules[0].action: must be direct, drop, return or hijack, not `@`",
                "{'rules':[{'action':'drop','qType':'a-b'}]}"
                        + " | .rules[0].qType: must be record types such as 65 or `1,28,64-65`",
                "{'rules':[{'action':'return','rCode':16}]}"
                        + " | .rules[0].rCode: must be a whole number from 0 to 15, not 16",
                "{'rules':[{'action':'drop','domain':['regexp:(']}]}"
                        + " | .rules[0].domain[0]: `(` is not a regular expression: unclosed"
                        + " group",
            })
    void saysWhatIsWrongWithADnsOutbound(String settings, String error) {
        assertThat(errors(", {'protocol':'dns','settings':" + settings + "}]"))
                .containsExactly(
                        "test.json: outbounds[1].settings"
                                + error.replace("`@`", "``").replace('`', '"'));
    }

    @Test
    void knowsEveryFormOfAServer() {
        DnsSettings settings =
                read(
                        "{'servers':['1.1.1.1','1.1.1.1:5353','[2606:4700::1]:54','2606:4700::1',"
                                + "'localhost','tcp://9.9.9.9','tcp+local://9.9.9.9:54',"
                                + "'tls://dns.test','https://dns.test','HTTPS+local://dns.test:8443/q?a=b',"
                                + "'h2c://[::1]/dns-query',{'address':'8.8.8.8','port':55}]}");

        assertThat(settings == null ? List.<DnsSettings.Server>of() : settings.servers())
                .map(server ->
                        server.address().kind()
                                + " "
                                + server.address().local()
                                + " "
                                + server.address().label()
                                + " "
                                + server.address().path())
                .containsExactly(
                        "UDP false 1.1.1.1:53 ",
                        "UDP false 1.1.1.1:5353 ",
                        "UDP false [2606:4700::1]:54 ",
                        "UDP false [2606:4700::1]:53 ",
                        "SYSTEM true localhost ",
                        "TCP false 9.9.9.9:53 /",
                        "TCP true 9.9.9.9:54 /",
                        "TLS false dns.test:853 /",
                        "HTTPS false dns.test:443 /",
                        "HTTPS true dns.test:8443 /q?a=b",
                        "H2C false [::1]:80 /dns-query",
                        "UDP false 8.8.8.8:55 ");
    }

    @Test
    void withoutServersTheSystemIsAsked() {
        DnsSettings settings = read("{'hosts':{'a.test':'1.1.1.1'}}");

        assertThat(settings == null ? List.of() : settings.servers()).hasSize(1);
        assertThat(problems.warnings()).isEmpty();
    }

    @Test
    void everyKeyIsKnown() {
        assertThat(
                        errors(
                                "], 'dns':{'servers':[{'address':'1.1.1.1','port':53,'domains':"
                                        + "['domain:a.test'],'expectedIPs':['10.0.0.0/8'],"
                                        + "'unexpectedIPs':['10.1.0.0/16'],'skipFallback':true,"
                                        + "'clientIp':'192.0.2.1','queryStrategy':'UseIPv4','tag':"
                                        + "'t','timeoutMs':100,'disableCache':true,'serveStale':true,"
                                        + "'serveExpiredTTL':5,'finalQuery':true}],'hosts':{},"
                                        + "'clientIp':'192.0.2.1','queryStrategy':'UseIP',"
                                        + "'disableCache':false,'serveStale':false,"
                                        + "'serveExpiredTTL':0,'disableFallback':false,"
                                        + "'disableFallbackIfMatch':false,'enableParallelQuery':"
                                        + "false,'useSystemHosts':true,'tag':'dns'}"))
                .isEmpty();
        assertThat(problems.warnings()).isEmpty();
    }
}
