package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each field that decides by which way an outbound reaches its destination, as the destination sees
 * it: who has come, and what was said first. All of 127.0.0.0/8 is this machine's. Another proxy,
 * which leaves from 127.0.0.6, lets Ann in; outbound {@code via} leaves from 127.0.0.8.
 */
@Timeout(60)
class DialFieldTest {
    private static final EchoServer.Service MIRROR =
            socket -> {
                String line = HttpWire.readLine(socket.getInputStream());
                String who = socket.getInetAddress().getHostAddress();
                socket.getOutputStream().write(bytes(who + " " + line + "\n"));
            };
    private static final String LETS_ANN_IN =
            "'listen':'127.0.0.1','port':0,'settings':{'auth':'password','accounts':"
                    + "[{'user':'ann','pass':'one'}]}}";

    private static EchoServer mirror;
    private static ProxyRig other;

    @BeforeAll
    static void open() throws Exception {
        assumeTrue(Epoll.isAvailable());
        mirror = EchoServer.start(MIRROR);
        other =
                ProxyRig.start(
                        "{'inbounds':[{'tag':'socks','protocol':'socks',"
                                + LETS_ANN_IN
                                + ",{'tag':'http','protocol':'http',"
                                + LETS_ANN_IN
                                + "],'outbounds':[{'protocol':'freedom',"
                                + "'sendThrough':'127.0.0.6'}]}");
    }

    @AfterAll
    static void close() throws IOException {
        if (other != null) {
            other.close();
            mirror.close();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'protocol':'freedom'                                                    | 127.0.0.1 | 127.0.0.1 hi
                    'protocol':'direct'                                                     | 127.0.0.1 | 127.0.0.1 hi
                    'protocol':'freedom','sendThrough':'127.0.0.9'                          | 127.0.0.1 | 127.0.0.9 hi
                    'protocol':'freedom','sendThrough':'127.0.0.10/32'                      | 127.0.0.1 | 127.0.0.10 hi
                    'protocol':'freedom','streamSettings':{'sockopt':{'dialerProxy':'via'}} | 127.0.0.1 | 127.0.0.8 hi
                    'protocol':'freedom','proxySettings':{'tag':'via'}                      | 127.0.0.1 | 127.0.0.8 hi
                    'protocol':'freedom','proxySettings':{'tag':'via','transportLayer':true} | 127.0.0.1 | 127.0.0.8 hi
                    'protocol':'freedom','streamSettings':{'sockopt':{'interface':'lo'}}    | 127.0.0.1 | 127.0.0.1 hi
                    'protocol':'freedom','streamSettings':{'sockopt':{'interface':'nosuch0'}} | 127.0.0.1 | refused
                    'protocol':'freedom','settings':{'redirect':'127.0.0.1:MIRROR'}         | 192.0.2.1 | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'redirect':'127.0.0.1:0'}              | 192.0.2.1 | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'proxyProtocol':1}                     | 127.0.0.1 | 127.0.0.1 PROXY TCP4 127.0.0.1 127.0.0.1
                    'protocol':'freedom','settings':{'ipsBlocked':['127.0.0.0/8']}          | 127.0.0.1 | refused
                    'protocol':'freedom','settings':{'ipsBlocked':['10.0.0.0/8']}           | 127.0.0.1 | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'finalRules':[{'action':'block','network':'tcp','blockDelay':'0'}]} | 127.0.0.1 | refused
                    'protocol':'freedom','settings':{'finalRules':[{'action':'block','network':'udp'}]} | 127.0.0.1 | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'finalRules':[{'action':'block','port':'MIRROR','blockDelay':'0'}]} | 127.0.0.1 | refused
                    'protocol':'freedom','settings':{'finalRules':[{'action':'block','port':'1'}]} | 127.0.0.1 | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'finalRules':[{'action':'allow','ip':['127.0.0.1']},{'action':'block'}]} | 127.0.0.1 | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'domainStrategy':'UseIP'}              | four.test | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'domainStrategy':'ForceIPv4'}          | four.test | 127.0.0.1 hi
                    'protocol':'freedom','settings':{'domainStrategy':'ForceIPv6'}          | four.test | refused
                    'protocol':'freedom','settings':{'targetStrategy':'ForceIPv6'}          | four.test | refused
                    'protocol':'freedom','targetStrategy':'ForceIPv4'                       | four.test | 127.0.0.1 hi
                    'protocol':'freedom','targetStrategy':'ForceIPv6'                       | four.test | refused
                    'protocol':'freedom','streamSettings':{'sockopt':{'domainStrategy':'ForceIPv4'}} | four.test | 127.0.0.1 hi
                    'protocol':'freedom','streamSettings':{'sockopt':{'domainStrategy':'ForceIPv6'}} | four.test | refused
                    'protocol':'blackhole','settings':{'response':{'type':'none'}}          | 127.0.0.1 | refused
                    'protocol':'block','settings':{'response':{'type':'http'}}              | 127.0.0.1 | HTTP/1.1 403 Forbidden
                    'protocol':'loopback','settings':{'inboundTag':'again'}                 | 127.0.0.1 | 127.0.0.8 hi
                    'protocol':'loopback','settings':{'inboundTag':'nobodys'}               | 127.0.0.1 | refused
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'ann','pass':'one'} | 127.0.0.1 | 127.0.0.6 hi
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'ann','pass':'two'} | 127.0.0.1 | refused
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'bob','pass':'one'} | 127.0.0.1 | refused
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS}      | 127.0.0.1 | refused
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':1,'user':'ann','pass':'one'} | 127.0.0.1 | refused
                    'protocol':'socks','settings':{'servers':[{'address':'127.0.0.1','port':SOCKS,'users':[{'user':'ann','pass':'one'}]}]} | 127.0.0.1 | 127.0.0.6 hi
                    'protocol':'socks','settings':{'servers':[{'address':'127.0.0.1','port':SOCKS,'users':[{'user':'ann','pass':'two'}]}]} | 127.0.0.1 | refused
                    'protocol':'http','settings':{'address':'127.0.0.1','port':HTTP,'user':'ann','pass':'one'} | 127.0.0.1 | 127.0.0.6 hi
                    'protocol':'http','settings':{'address':'127.0.0.1','port':HTTP,'user':'ann','pass':'two'} | 127.0.0.1 | refused
                    'protocol':'http','settings':{'address':'127.0.0.1','port':HTTP}        | 127.0.0.1 | refused
                    'protocol':'http','settings':{'address':'127.0.0.1','port':HTTP,'headers':{'Proxy-Authorization':'Basic YW5uOm9uZQ=='}} | 127.0.0.1 | 127.0.0.6 hi
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'ann','pass':'one'},'targetStrategy':'ForceIPv4' | four.test | 127.0.0.6 hi
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'ann','pass':'one'},'targetStrategy':'ForceIPv6' | four.test | refused
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'ann','pass':'one'},'targetStrategy':'UseIP' | four.test | 127.0.0.6 hi
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'ann','pass':'one'},'targetStrategy':'UseIPv6' | four.test | refused
                    'protocol':'socks','settings':{'address':'127.0.0.1','port':SOCKS,'user':'ann','pass':'one'},'targetStrategy':'AsIs' | four.test | refused
                    'protocol':'http','settings':{'address':'127.0.0.1','port':HTTP,'user':'ann','pass':'one'},'targetStrategy':'UseIPv4' | four.test | 127.0.0.6 hi
                    'protocol':'http','settings':{'address':'127.0.0.1','port':HTTP,'user':'ann','pass':'one'},'targetStrategy':'ForceIPv6' | four.test | refused
                    'protocol':'http','settings':{'servers':[{'address':'127.0.0.1','port':HTTP,'users':[{'user':'ann','pass':'one'}]}]} | 127.0.0.1 | 127.0.0.6 hi
                    """)
    void fieldDecidesWhatTheDestinationSees(String outbound, String host, String sees)
            throws Exception {
        String file =
                "{'dns':{'hosts':{'four.test':'127.0.0.1'}},'inbounds':[{'tag':'in','protocol':"
                        + "'socks','listen':'127.0.0.1','port':0}],'outbounds':[{'tag':'out',"
                        + outbound
                        + "},{'tag':'via','protocol':'freedom','sendThrough':'127.0.0.8'},"
                        + "{'tag':'hole','protocol':'blackhole'}],'routing':{'rules':["
                        + "{'inboundTag':['again'],'outboundTag':'via'},"
                        + "{'inboundTag':['nobodys'],'outboundTag':'hole'}]}}";
        try (ProxyRig rig = ProxyRig.start(filled(file));
                Socket client = rig.connect("in")) {
            assertThat(said(client, host)).startsWith(sees);
        }
    }

    private static String filled(String file) {
        return file.replace("SOCKS", Integer.toString(other.address("socks").getPort()))
                .replace("HTTP", Integer.toString(other.address("http").getPort()))
                .replace("MIRROR", Integer.toString(mirror.port()));
    }

    private static String said(Socket client, String host) throws IOException {
        if (SocksClient.open(client, SocksClient.CONNECT, host, mirror.port()) != 0) {
            return "refused";
        }
        client.getOutputStream().write(bytes("hi\n"));
        client.shutdownOutput();
        byte[] answer = client.getInputStream().readAllBytes();
        return answer.length == 0 ? "refused" : new String(answer, StandardCharsets.US_ASCII);
    }
}
