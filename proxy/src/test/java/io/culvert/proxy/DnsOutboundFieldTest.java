package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each field of an outbound {@code dns}, by what a client hears: the code and the number of
 * answers, or nothing. The resolver gives one for {@code name.test}, the server that the client
 * means an alias as well.
 */
@Timeout(60)
class DnsOutboundFieldTest {
    private final DnsServer names = new DnsServer();

    DnsOutboundFieldTest() throws IOException {
        names.add("name.test", "10.0.0.1", "fd00::1");
    }

    @AfterEach
    void close() {
        names.close();
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    ``                                                                  | 1  | 0 1     | 0
                    ``                                                                  | 16 | 5 0     | 0
                    'nonIPQuery':'reject'                                               | 16 | 5 0     | 0
                    'nonIPQuery':'drop'                                                 | 16 | nothing | 0
                    'nonIPQuery':'skip'                                                 | 16 | 0 0     | 0
                    'blockTypes':[28]                                                   | 28 | 5 0     | 0
                    'nonIPQuery':'drop','blockTypes':[28]                               | 28 | nothing | 0
                    'blockTypes':[28]                                                   | 1  | 0 1     | 0
                    'rules':[{'action':'return','qType':1,'rCode':3,'domain':['full:name.test']}] | 1 | 3 0 | 0
                    'rules':[{'action':'return','domain':['full:name.test']}]           | 1  | 0 0     | 0
                    'rules':[{'action':'return','rCode':3,'domain':['full:no.test']}]   | 1  | 0 1     | 0
                    'rules':[{'action':'return','rCode':3,'qType':'28,64-65'}]          | 28 | 3 0     | 0
                    'rules':[{'action':'return','rCode':3,'qType':'28,64-65'}]          | 1  | 0 1     | 0
                    'rules':[{'action':'drop','qType':28}]                              | 28 | nothing | 0
                    'rules':[{'action':'hijack','qType':1},{'action':'drop'}]           | 1  | 0 1     | 0
                    'rules':[{'action':'direct','domain':['full:name.test']}]           | 1  | 0 2     | 0
                    'nonIPQuery':'skip','network':'tcp'                                 | 16 | 0 0     | 1
                    'nonIPQuery':'skip','rewriteNetwork':'tcp'                          | 16 | 0 0     | 1
                    'nonIPQuery':'skip','rewriteNetwork':'udp'                          | 16 | 0 0     | 0
                    'nonIPQuery':'skip','userLevel':1                                   | 16 | 0 0     | 0
                    """)
    void fieldDecidesWhatBecomesOfAQuestion(
            String settings, int type, String answer, int connections) throws Exception {
        try (ProxyRig rig = start(settings, "127.0.0.1", names.port())) {
            assertThat(answer.equals("nothing") ? askTwo(rig, type) : ask(rig, type))
                    .isEqualTo(answer);
            assertThat(names.connections()).isEqualTo(connections);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'address':'127.0.0.1','port':PORT
                    'rewriteAddress':'127.0.0.1','rewritePort':PORT
                    """)
    void fieldDecidesWhichServerIsMeant(String fields) throws Exception {
        String settings =
                "'nonIPQuery':'skip'," + fields.replace("PORT", Integer.toString(names.port()));
        try (ProxyRig rig = start(settings, "127.0.0.99", 1)) {
            assertThat(ask(rig, DnsOutboundTest.TXT)).isEqualTo("0 0");
            assertThat(names.asked()).containsExactly("name.test");
        }
    }

    private static String ask(ProxyRig rig, int type) throws IOException {
        byte[] answer = DnsOutboundTest.overUdp(rig, DnsOutboundTest.query("name.test", type));
        return (answer[3] & 0xf) + " " + (answer[7] & 0xff);
    }

    /** A second question, whose answer is known, ends the wait for that of the first. */
    private String askTwo(ProxyRig rig, int type) throws IOException {
        byte[] answer =
                DnsOutboundTest.overUdp(
                        rig,
                        DnsOutboundTest.query("name.test", type),
                        DnsOutboundTest.query("fixed.test", DnsOutboundTest.A));
        byte[] end = Arrays.copyOfRange(answer, answer.length - 4, answer.length);
        boolean isSecond = Arrays.equals(end, new byte[] {10, 0, 0, 9});
        return isSecond && names.questions() == 0 ? "nothing" : "something";
    }

    private ProxyRig start(String settings, String address, int port) throws StartException {
        return ProxyRig.start(
                ("{'dns':{'servers':['127.0.0.1:SERVER'],'hosts':{'fixed.test':'10.0.0.9'},"
                                + "'tag':'resolver'},'inbounds':[{'tag':'in',"
                                + "'protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                                + "'settings':{'address':'ADDRESS','port':PORT,'network':"
                                + "'tcp,udp'}}],'outbounds':[{'tag':'direct','protocol':"
                                + "'freedom'},{'tag':'dns','protocol':'dns','settings':{SETTINGS}}],"
                                + "'routing':{'rules':[{'inboundTag':['in'],'outboundTag':'dns'}]}}")
                        .replace("SETTINGS", settings)
                        .replace("SERVER", Integer.toString(names.port()))
                        .replace("ADDRESS", address)
                        .replace("PORT", Integer.toString(port)));
    }
}
