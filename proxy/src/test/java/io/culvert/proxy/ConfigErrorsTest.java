package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Everything a file can get wrong, and the one line that says so. */
class ConfigErrorsTest {
    private static final String SECRET = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String PUBLIC = "osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=";

    private final Problems problems = new Problems();

    private List<String> errors(String json) {
        Proxy proxy = Proxy.create(Json.parse(json.replace('\'', '"')), problems);
        assertThat(proxy == null).isEqualTo(problems.hasErrors());
        return problems.errors().stream().map(Object::toString).toList();
    }

    private static String wireguard(String settings) {
        return "{'outbounds': [{'protocol': 'wireguard', 'settings': " + settings + "}]}";
    }

    private static String peer(String members) {
        return wireguard("{'secretKey': '" + SECRET + "', 'peers': [{" + members + "}]}");
    }

    private static String freedomWith(String rest) {
        return "{'outbounds': [{'protocol': 'freedom', 'tag': 'out'}], " + rest + "}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .secretKey: is missing: give this side's private key, 32 bytes as"
                        + " base64 (44 characters) or as 64 hex digits",
                "{'secretKey':'short','peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .secretKey: is not a key: a key is 32 bytes as base64 (44"
                        + " characters) or as 64 hex digits",
                "{'secretKey':5,'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .secretKey: must be text, not a number",
                "{'secretKey':'SECRET','peers':[]}"
                        + " | .peers: needs at least one peer with publicKey and endpoint",
                "{'secretKey':'SECRET'}"
                        + " | .peers: needs at least one peer with publicKey and endpoint",
                "{'secretKey':'SECRET','peers':[null]}"
                        + " | .peers[0]: must be an object, not null",
                "{'secretKey':'SECRET','peers':[{'endpoint':'h:1'}]}"
                        + " | .peers[0].publicKey: is missing: give the peer's public key, 32 bytes"
                        + " as base64 (44 characters) or as 64 hex digits",
                "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC'}]}"
                        + " | .peers[0].endpoint: is missing: give the peer's host:port",
                "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'host'}]}"
                        + " | .peers[0].endpoint: `host` is not host:port, such as"
                        + " vpn.example.net:51820 or [2001:db8::1]:51820",
                "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'h:70000'}]}"
                        + " | .peers[0].endpoint: `h:70000` is not host:port, such as"
                        + " vpn.example.net:51820 or [2001:db8::1]:51820",
                "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'h:1',"
                        + "'allowedIPs':['10.0.0.0/33']}]}"
                        + " | .peers[0].allowedIPs[0]: `10.0.0.0/33` is not a prefix, such as"
                        + " 0.0.0.0/0 or 10.0.0.2/32",
                "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'h:1',"
                        + "'preSharedKey':'x'}]}"
                        + " | .peers[0].preSharedKey: is not a key: a key is 32 bytes as base64 (44"
                        + " characters) or as 64 hex digits",
                "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'h:1',"
                        + "'keepAlive':65536}]}"
                        + " | .peers[0].keepAlive: must be a whole number from 0 to 65535, not"
                        + " 65536",
                "{'secretKey':'SECRET','peers':[{'publicKey':'PUBLIC','endpoint':'h:1'},"
                        + "{'publicKey':'PUBLIC','endpoint':'h:2'}]}"
                        + " | .peers[1].publicKey: is this side's own key, or that of another peer"
                        + " of this tunnel",
                "{'secretKey':'SECRET','address':['10.0.0.256'],"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .address[0]: `10.0.0.256` is not an IP address, such as 10.0.0.2 or"
                        + " fd00::2/128",
                "{'secretKey':'SECRET','address':'10.0.0.2',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .address: must be a list, not text",
                "{'secretKey':'SECRET','address':['10.0.0.2','10.0.0.2/32'],"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .address[1]: stands there twice",
                "{'secretKey':'SECRET','mtu':70000,"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .mtu: must be a whole number from 0 to 65472, not 70000",
                "{'secretKey':'SECRET','mtu':100,"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .mtu: must be a whole number from 576 to 65472, not 100",
                "{'secretKey':'SECRET','reserved':[1,2],"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .reserved: must be three numbers from 0 to 255, or three bytes as"
                        + " base64",
                "{'secretKey':'SECRET','reserved':[1,2,256],"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .reserved[2]: must be a whole number from 0 to 255, not 256",
                "{'secretKey':'SECRET','reserved':'AAA',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .reserved: must be three numbers from 0 to 255, or three bytes as"
                        + " base64",
                "{'secretKey':'SECRET','reserved':7,"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .reserved: must be three numbers from 0 to 255, or three bytes as"
                        + " base64",
                "{'secretKey':'SECRET',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1','reserved':[1]}]}"
                        + " | .peers[0].reserved: must be three numbers from 0 to 255, or three"
                        + " bytes as base64",
                "{'secretKey':'SECRET',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1','reserved':[1,-1,0]}]}"
                        + " | .peers[0].reserved[1]: must be a whole number from 0 to 255, not -1",
                "{'secretKey':'SECRET',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1','reserved':'AQI='}]}"
                        + " | .peers[0].reserved: must be three numbers from 0 to 255, or three"
                        + " bytes as base64",
                "{'secretKey':'SECRET',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1','reserved':{'a':1}}]}"
                        + " | .peers[0].reserved: must be three numbers from 0 to 255, or three"
                        + " bytes as base64",
                "{'secretKey':'SECRET','domainStrategy':'UseIP',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .domainStrategy: must be ForceIP, ForceIPv4, ForceIPv6, ForceIPv4v6"
                        + " or ForceIPv6v4, not `UseIP`",
                "{'secretKey':'SECRET','congestion':'reno',"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .congestion: must be `bbr` or `cubic`, not `reno`",
                "{'secretKey':'SECRET','remoteDNS':['local'],"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .remoteDNS[0]: `local` is not the IP address of a name server inside"
                        + " the tunnel",
                "{'secretKey':'SECRET','isClient':false,"
                        + "'peers':[{'publicKey':'PUBLIC','endpoint':'h:1'}]}"
                        + " | .isClient: contradicts that this is an outbound",
            })
    void saysWhatIsWrongWithATunnel(String settings, String error) {
        assertThat(errors(wireguard(settings.replace("SECRET", SECRET).replace("PUBLIC", PUBLIC))))
                .containsExactly("test.json: outbounds[0].settings" + error.replace('`', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | outbounds: needs at least one outbound: traffic has no way out",
                "{'outbounds':[]} | outbounds: needs at least one outbound: traffic has no way out",
                "{'outbounds':{}} | outbounds: must be a list, not an object",
                "{'outbounds':[{}]}"
                        + " | outbounds[0].protocol: is missing: give wireguard, freedom, socks,"
                        + " http, loopback, dns or blackhole",
                "{'outbounds':[{'protocol':'foo'}]}"
                        + " | outbounds[0].protocol: `foo` is not a protocol: use wireguard,"
                        + " freedom, socks, http, loopback, dns or blackhole",
                "{'outbounds':[{'protocol':'freedom','tag':'a'},{'protocol':'blackhole',"
                        + "'tag':'a'}]}"
                        + " | outbounds[1].tag: another outbound has the tag `a` already",
                "{'outbounds':[{'protocol':'freedom','settings':{'domainStrategy':'Sometimes'}}]}"
                        + " | outbounds[0].settings.domainStrategy: must be AsIs, or UseIP or"
                        + " ForceIP, possibly with v4, v6, v4v6 or v6v4, not `Sometimes`",
                "{'outbounds':[{'protocol':'freedom','settings':{'finalRules':"
                        + "[{'action':'maybe'}]}}]}"
                        + " | outbounds[0].settings.finalRules[0].action: must be allow or block",
                "{'outbounds':[{'protocol':'blackhole','settings':{'response':{'type':'x'}}}]}"
                        + " | outbounds[0].settings.response.type: must be none or http, not `x`",
            })
    void saysWhatIsWrongWithAnOutbound(String json, String error) {
        assertThat(errors(json)).containsExactly("test.json: " + error.replace('`', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'port':1} | protocol: is missing: give socks, http, mixed, dokodemo-door or"
                        + " wireguard",
                "{'protocol':'socks6','port':1}"
                        + " | protocol: `socks6` is not supported: use socks, http, mixed,"
                        + " dokodemo-door or wireguard",
                "{'protocol':'socks'} | port: is missing: give the port to listen on",
                "{'protocol':'socks','port':70000}"
                        + " | port: must be a whole number from 0 to 65535, not 70000",
                "{'protocol':'socks','port':'9-3'}"
                        + " | port: must be a port from 0 to 65535, or ports such as"
                        + " `80,443,8000-8100`, not `9-3`",
                "{'protocol':'socks','port':'env:NO_SUCH_VARIABLE'}"
                        + " | port: the environment has no variable NO_SUCH_VARIABLE",
                "{'protocol':'socks','port':1,'listen':''}"
                        + " | listen: must be an IP address to listen on, such as 127.0.0.1 or"
                        + " ::1, not ``",
                "{'protocol':'socks','port':1,'listen':'localhost'}"
                        + " | listen: must be an IP address to listen on, such as 127.0.0.1 or"
                        + " ::1, not `localhost`",
                "{'protocol':'socks','port':1,'settings':{'auth':'maybe'}}"
                        + " | settings.auth: must be noauth or password, not `maybe`",
                "{'protocol':'socks','port':1,'settings':{'auth':'password'}}"
                        + " | settings.auth: is password, so accounts needs at least one user and"
                        + " pass",
                "{'protocol':'socks','port':1,'settings':{'auth':'password',"
                        + "'accounts':[{'user':'u'}]}}"
                        + " | settings.accounts[0].pass: is missing: give the user's password",
                "{'protocol':'socks','port':1,'settings':{'ip':'here'}}"
                        + " | settings.ip: must be an IP address that clients reach, not `here`",
                "{'protocol':'http','port':1,'settings':{'accounts':[null]}}"
                        + " | settings.accounts[0]: must be an object, not null",
                "{'protocol':'http','port':1,'streamSettings':{'security':'tls'}}"
                        + " | streamSettings.security: is not supported by Culvert yet: use none",
                "{'protocol':'dokodemo-door','port':1,'settings':{}}"
                        + " | settings.address: is missing: give the host to forward to",
                "{'protocol':'dokodemo-door','port':1,'settings':{'address':'a b'}}"
                        + " | settings.address: `a b` is not an IP address or a name",
                "{'protocol':'dokodemo-door','port':1,'settings':{'address':'h',"
                        + "'portMap':{'x':'h:1'}}}"
                        + " | settings.portMap.x: `x` is not a port to listen on",
                "{'protocol':'dokodemo-door','port':1,'settings':{'portMap':{'5':'h'},"
                        + "'address':'h'}} | settings.portMap.5: `h` is not host:port, host: or"
                        + " :port",
                "{'protocol':'tunnel','port':1,'settings':{'address':'h','port':2,"
                        + "'network':'tcp,sctp'}}"
                        + " | settings.network: must be tcp, udp or both, not `sctp`",
                "{'protocol':'dokodemo-door','port':1,'settings':{'followRedirect':true},"
                        + "'streamSettings':{'sockopt':{'tproxy':'yes'}}}"
                        + " | streamSettings.sockopt.tproxy: must be off, redirect or tproxy",
                "{'protocol':'socks','port':1,'streamSettings':{'sockopt':{'tproxy':'tproxy'}}}"
                        + " | streamSettings.sockopt.tproxy: is for dokodemo-door with"
                        + " followRedirect only: use off here",
                "{'protocol':'wireguard','port':1,'settings':{'secretKey':'c2hvcnQ='}}"
                        + " | settings.secretKey: is not a key: a key is 32 bytes as base64 (44"
                        + " characters) or as 64 hex digits",
                "{'protocol':'wireguard-listen','settings':{'outboundTag':'no','port':1,"
                        + "'target':'h:1'}}"
                        + " | settings.outboundTag: there is no wireguard outbound with the tag"
                        + " `no`",
                "{'protocol':'socks','port':1,'sniffing':{'destOverride':['http, tls']}}"
                        + " | sniffing.destOverride[0]: must be http, tls, quic or fakedns, not"
                        + " `http, tls`",
                "{'protocol':'socks','port':1,'sniffing':{'enabled':'yes'}}"
                        + " | sniffing.enabled: must be true or false, not text",
                "{'protocol':'socks','port':1,'sniffing':{'enabled':true,"
                        + "'domainsExcluded':['geosite:x']}}"
                        + " | sniffing.domainsExcluded[0]: needs geosite.dat, which is not there:"
                        + " put it next to this file, or into the directory that the environment's"
                        + " XRAY_LOCATION_ASSET names",
                "{'protocol':'socks','port':1,'sniffing':{'ipsExcluded':['x']}}"
                        + " | sniffing.ipsExcluded[0]: `x` is not an address or prefix, such as"
                        + " 10.0.0.0/8, 2001:db8::1 or geoip:private",
            })
    void saysWhatIsWrongWithAnInbound(String inbound, String error) {
        assertThat(errors(freedomWith("'inbounds': [" + inbound + "]")))
                .map(line -> line.replaceAll("not \"\"$", "not ``"))
                .containsExactly(
                        "test.json: inbounds[0]."
                                + error.replaceAll("``$", "@@")
                                        .replace('`', '"')
                                        .replace("@@", "``"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'rules':[{'outboundTag':'out'}]}"
                        + " | rules[0]: has no condition: a rule needs at least one",
                "{'rules':[{'port':1}]}"
                        + " | rules[0].outboundTag: is missing: give the tag of an outbound, or a"
                        + " balancerTag",
                "{'rules':[{'port':1,'outboundTag':'no'}]}"
                        + " | rules[0].outboundTag: there is no outbound with the tag `no`",
                "{'rules':[{'port':1,'balancerTag':'b'}]}"
                        + " | rules[0].balancerTag: there is no balancer with the tag `b`",
                "{'rules':[{'domain':['geosite:cn'],'outboundTag':'out'}]}"
                        + " | rules[0].domain[0]: needs geosite.dat, which is not there: put it"
                        + " next to this file, or into the directory that the environment's"
                        + " XRAY_LOCATION_ASSET names",
                "{'rules':[{'ip':['geoip:cn'],'outboundTag':'out'}]}"
                        + " | rules[0].ip[0]: needs geoip.dat, which is not there: put it next to"
                        + " this file, or into the directory that the environment's"
                        + " XRAY_LOCATION_ASSET names",
                "{'rules':[{'ip':['ext:geoip.dat'],'outboundTag':'out'}]}"
                        + " | rules[0].ip[0]: must be ext:FILE:LIST, not `ext:geoip.dat`",
                "{'rules':[{'domain':['domain:'],'outboundTag':'out'}]}"
                        + " | rules[0].domain[0]: names no domain",
                "{'rules':[{'domain':['subdomain:a.test'],'outboundTag':'out'}]}"
                        + " | rules[0].domain[0]: `subdomain:` is not known: use domain:, full:,"
                        + " keyword:, regexp:, dotless:, geosite: or ext:",
                "{'rules':[{'domain':['dotless:a.b'],'outboundTag':'out'}]}"
                        + " | rules[0].domain[0]: is for names without a dot, so that none goes"
                        + " here",
                "{'rules':[{'domain':['domain:bücher.test'],'outboundTag':'out'}]}"
                        + " | rules[0].domain[0]: `bücher.test` must be in ASCII, as names travel:"
                        + " xn--… for others",
                "{'rules':[{'domain':['regexp:(a'],'outboundTag':'out'}]}"
                        + " | rules[0].domain[0]: `(a` is not a regular expression: unclosed"
                        + " group",
                "{'rules':[{'domain':[7],'outboundTag':'out'}]}"
                        + " | rules[0].domain[0]: must be text, not a number",
                "{'rules':[{'domain':{'a':1},'outboundTag':'out'}]}"
                        + " | rules[0].domain: must be a list, not an object",
                "{'rules':[{'user':['regexp:*'],'outboundTag':'out'}]}"
                        + " | rules[0].user[0]: `*` is not a regular expression: dangling meta"
                        + " character '*'",
                "{'rules':[{'protocol':['ftp'],'outboundTag':'out'}]}"
                        + " | rules[0].protocol[0]: must be http, tls, quic or bittorrent, not"
                        + " `ftp`",
                "{'rules':[{'attrs':{':method':'['},'outboundTag':'out'}]}"
                        + " | rules[0].attrs.:method: `[` is not a regular expression: unclosed"
                        + " character class",
                "{'rules':[{'attrs':{':method':7},'outboundTag':'out'}]}"
                        + " | rules[0].attrs.:method: must be text, not a number",
                "{'rules':[{'attrs':'x','outboundTag':'out'}]}"
                        + " | rules[0].attrs: must be an object of regular expressions, such as"
                        + " {`:method`: `GET`}",
                "{'rules':[{'process':['curl',''],'outboundTag':'out'}]}"
                        + " | rules[0].process[1]: must be the name of a program, its path from"
                        + " the root, or a directory's with / at the end, not `@`",
                "{'rules':[{'process':{'a':1},'outboundTag':'out'}]}"
                        + " | rules[0].process: must be a list, not an object",
                "{'rules':[{'port':'1-70000','outboundTag':'out'}]}"
                        + " | rules[0].port: must be a port from 0 to 65535, or ports such as"
                        + " `80,443,8000-8100`, not `1-70000`",
                "{'rules':[{'sourcePort':true,'outboundTag':'out'}]}"
                        + " | rules[0].sourcePort: must be a port from 0 to 65535, or ports such"
                        + " as `80,443,8000-8100`",
                "{'rules':[{'localPort':-1,'outboundTag':'out'}]}"
                        + " | rules[0].localPort: must be a whole number from 0 to 65535, not -1",
                "{'rules':[{'sourceIP':['here'],'outboundTag':'out'}]}"
                        + " | rules[0].sourceIP[0]: `here` is not an address or prefix, such as"
                        + " 10.0.0.0/8, 2001:db8::1 or geoip:private",
                "{'rules':[{'localIP':[''],'outboundTag':'out'}]}"
                        + " | rules[0].localIP[0]: `@` is not an address or prefix, such as"
                        + " 10.0.0.0/8, 2001:db8::1 or geoip:private",
                "{'rules':[{'inboundTag':[null],'outboundTag':'out'}]}"
                        + " | rules[0].inboundTag[0]: must be text, not null",
                "{'rules':[{'ruleTag':'r','port':1,'outboundTag':'out'},"
                        + "{'ruleTag':'r','port':2,'outboundTag':'out'}]}"
                        + " | rules[1].ruleTag: another rule has the tag `r` already",
                "{'rules':[{'ip':['10.0.0.0/99'],'outboundTag':'out'}]}"
                        + " | rules[0].ip[0]: `10.0.0.0/99` is not an address or prefix, such as"
                        + " 10.0.0.0/8, 2001:db8::1 or geoip:private",
                "{'rules':[{'network':'icmp','outboundTag':'out'}]}"
                        + " | rules[0].network: must be tcp, udp or both, not `icmp`",
                "{'balancers':[null]} | balancers[0]: must be an object, not null",
                "{'balancers':[{'selector':['out']}]}"
                        + " | balancers[0].tag: is missing: give the name that rules use as"
                        + " balancerTag",
                "{'balancers':[{'tag':'b','selector':['o']},{'tag':'b','selector':['o']}]}"
                        + " | balancers[1].tag: another balancer has the tag `b` already",
                "{'balancers':[{'tag':'b'}]}"
                        + " | balancers[0].selector: needs at least one text with which tags of"
                        + " outbounds begin",
                "{'balancers':[{'tag':'b','selector':['x']}]}"
                        + " | balancers[0].selector[0]: no outbound has a tag that begins with"
                        + " `x`",
                "{'balancers':[{'tag':'b','selector':{'a':1}}]}"
                        + " | balancers[0].selector: must be a list, not an object",
                "{'balancers':[{'tag':'b','selector':['o'],'strategy':{'type':'best'}}]}"
                        + " | balancers[0].strategy.type: must be random, roundRobin, leastPing or"
                        + " leastLoad, not `best`",
                "{'balancers':[{'tag':'b','selector':['o'],'strategy':{'type':'leastPing'}}]}"
                        + " | balancers[0].strategy.type: needs an observatory or a"
                        + " burstObservatory that probes the outbounds",
                "{'balancers':[{'tag':'b','selector':['o'],'fallbackTag':'out'}]}"
                        + " | balancers[0].fallbackTag: needs an observatory or a"
                        + " burstObservatory that probes the outbounds",
                "{'rules':[null]} | rules[0]: must be an object, not null",
                "{'domainStrategy':'Maybe'}"
                        + " | domainStrategy: must be AsIs, IPIfNonMatch or IPOnDemand, not"
                        + " `Maybe`",
            })
    void saysWhatIsWrongWithRouting(String routing, String error) {
        assertThat(errors(freedomWith("'routing': " + routing)))
                .containsExactly(
                        "test.json: routing." + error.replace("`@`", "``").replace('`', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'observatory':{'subjectSelector':['x']}"
                        + " | observatory.subjectSelector[0]: no outbound has a tag that begins"
                        + " with `x`",
                "'observatory':{'subjectSelector':['o'],'probeUrl':'ftp://a/'}"
                        + " | observatory.probeUrl: `ftp://a/` is not a URL of http or https",
                "'observatory':{'subjectSelector':['o'],'probeInterval':'soon'}"
                        + " | observatory.probeInterval: must be a time such as `10s`, `1m30s` or"
                        + " `500ms`",
                "'burstObservatory':{'subjectSelector':['o'],'pingConfig':{'sampling':0}}"
                        + " | burstObservatory.pingConfig.sampling: must be a whole number from 1"
                        + " to 1000, not 0",
                "'burstObservatory':{'subjectSelector':['o'],'pingConfig':{'httpMethod':'PUT'}}"
                        + " | burstObservatory.pingConfig.httpMethod: must be HEAD or GET, not"
                        + " `PUT`",
                "'observatory':{'subjectSelector':['o']},'routing':{'balancers':[{'tag':'b',"
                        + "'selector':['o'],'fallbackTag':'no'}]}"
                        + " | routing.balancers[0].fallbackTag: there is no outbound with the tag"
                        + " `no`",
                "'burstObservatory':{'subjectSelector':['o']},'routing':{'balancers':[{'tag':'b',"
                        + "'selector':['o'],'strategy':{'type':'leastLoad','settings':"
                        + "{'maxRTT':'1 s'}}}]}"
                        + " | routing.balancers[0].strategy.settings.maxRTT: must be a time such"
                        + " as `10s`, `1m30s` or `500ms`",
                "'burstObservatory':{'subjectSelector':['o']},'routing':{'balancers':[{'tag':'b',"
                        + "'selector':['o'],'strategy':{'type':'leastLoad','settings':"
                        + "{'costs':[{'regexp':true,'match':'(','value':2}]}}}]}"
                        + " | routing.balancers[0].strategy.settings.costs[0].match: `(` is not a"
                        + " regular expression: unclosed group",
            })
    void saysWhatIsWrongWithAnObservatoryOrItsBalancers(String sections, String error) {
        assertThat(errors(freedomWith(sections)))
                .containsExactly("test.json: " + error.replace('`', '"'));
    }

    @Test
    void findsEveryErrorAtOnce() {
        assertThat(
                        errors(
                                "{'outbounds':[{'protocol':'wireguard','settings':{'mtu':'big'}}],"
                                        + "'inbounds':[{'protocol':'socks','port':-1}]}"))
                .hasSize(4)
                .allMatch(line -> line.startsWith("test.json: "))
                .anyMatch(line -> line.contains("outbounds[0].settings.secretKey: "))
                .anyMatch(line -> line.contains("outbounds[0].settings.mtu: "))
                .anyMatch(line -> line.contains("outbounds[0].settings.peers: "))
                .anyMatch(line -> line.contains("inbounds[0].port: "));
    }

    @Test
    void neverRepeatsASecret() {
        String wrong = "c2VjcmV0c2VjcmV0c2VjcmV0";

        assertThat(
                        errors(
                                "{'outbounds':[{'protocol':'wireguard','settings':{'secretKey':'"
                                        + wrong
                                        + "','peers':[{'publicKey':'"
                                        + PUBLIC
                                        + "','endpoint':'h:1','preSharedKey':'"
                                        + wrong
                                        + "'}]}}]}"))
                .hasSize(2)
                .noneMatch(line -> line.contains(wrong));
    }

    @Test
    void loadsWhatItCannotSpeakAndSaysSo() {
        assertThat(
                        errors(
                                freedomWith("'log': {'loglevel': 'debug'}, 'stats': {}")
                                        .replace(
                                                "}],",
                                                "}, {'protocol':'vless','tag':'v',"
                                                        + "'settings':{'vnext':[]}}],")))
                .isEmpty();
        assertThat(problems.warnings())
                .map(Object::toString)
                .containsExactly(
                        "test.json: outbounds[1].protocol: vless is not supported by Culvert yet:"
                                + " what is routed here fails");
    }

    @Test
    void namesEachUnknownKeyOnce() {
        assertThat(
                        errors(
                                freedomWith(
                                        "'colours': {'red': ['1.1.1.1']}, 'inbounds': [{'protocol':"
                                                + " 'socks', 'port': 0, 'sniffing': {'enabled':"
                                                + " true, 'destOverride': ['http']},"
                                                + " 'settings': {'colour': 'red'}}]")))
                .isEmpty();
        assertThat(problems.warnings())
                .map(Object::toString)
                .containsExactly(
                        "test.json: colours: not known to Culvert yet: ignored",
                        "test.json: inbounds[0].settings.colour: not known to Culvert yet:"
                                + " ignored");
    }

    @Test
    void loadsAPanelsFile() {
        assertThat(
                        errors(
                                "{'log':null,'dns':null,'stats':{},'api':{'tag':'api','services':"
                                        + "['StatsService']},'policy':{'levels':{'0':{"
                                        + "'statsUserUplink':true,'statsUserDownlink':true}},"
                                        + "'system':{'statsInboundUplink':true}},"
                                        + "'inbounds':[{'listen':'127.0.0.1','port':62789,"
                                        + "'protocol':'dokodemo-door','settings':{'address':"
                                        + "'127.0.0.1','port':80},'streamSettings':null,'tag':'api',"
                                        + "'sniffing':null},{'listen':null,'port':51820,'protocol':"
                                        + "'wireguard','tag':'wg','settings':{'secretKey':'"
                                        + SECRET
                                        + "','mtu':1420,'noKernelTun':false,'workers':2,'peers':["
                                        + "{'publicKey':'"
                                        + PUBLIC
                                        + "','privateKey':'x','email':'a@b','allowedIPs':"
                                        + "['10.0.0.2/32'],'keepAlive':0}]}}],"
                                        + "'outbounds':[{'tag':'direct','protocol':'freedom',"
                                        + "'settings':{'domainStrategy':'AsIs','redirect':''}},"
                                        + "{'tag':'blocked','protocol':'blackhole','settings':{}}],"
                                        + "'routing':{'domainStrategy':'AsIs','rules':[{'type':'field',"
                                        + "'inboundTag':['api'],'outboundTag':'api'},{'type':'field',"
                                        + "'outboundTag':'blocked','ip':['geoip:private']}]}}"))
                .isEmpty();
        assertThat(problems.warnings())
                .map(problem -> problem.place().path())
                .containsExactly("inbounds[1].settings.peers[0].privateKey");
    }

    @Test
    void givesUpIpv6WhereTheMtuIsTooSmallForIt() {
        assertThat(
                        errors(
                                wireguard(
                                        "{'secretKey': '"
                                                + SECRET
                                                + "', 'mtu': 1200, 'address': ['10.0.0.2',"
                                                + " 'fd00::2'], 'peers': [{'publicKey': '"
                                                + PUBLIC
                                                + "', 'endpoint': 'h:1'}]}")))
                .isEmpty();
        assertThat(problems.warnings())
                .map(Object::toString)
                .containsExactly(
                        "test.json: outbounds[0].settings.address: IPv6 needs an mtu of at least"
                                + " 1280: the tunnel has IPv4 only");
    }

    @Test
    void acceptsAPeerWithEverything() {
        assertThat(
                        errors(
                                peer(
                                        "'publicKey': '"
                                                + PUBLIC
                                                + "', 'endpoint': '[2001:db8::1]:51820',"
                                                + " 'preSharedKey': '"
                                                + SECRET
                                                + "', 'keepAlive': 25, 'allowedIPs':"
                                                + " ['0.0.0.0/0', '::/0', '10.1.2.3']")))
                .isEmpty();
    }
}
