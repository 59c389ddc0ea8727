package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients' questions, answered by an outbound. */
class DnsOutboundTest {
    static final int A = 1;
    static final int TXT = 16;
    static final int AAAA = 28;
    private static final int HTTPS = 65;

    private final DnsServer names = new DnsServer();

    DnsOutboundTest() throws IOException {
        names.add("name.test", "10.0.0.1", "fd00::1");
    }

    @AfterEach
    void close() {
        names.close();
    }

    private ProxyRig start(String settings) throws StartException {
        return ProxyRig.start(
                ("{'dns':{'servers':['127.0.0.1:PORT'],'hosts':{'fixed.test':'10.0.0.9'},"
                                + "'tag':'resolver'},'inbounds':[{'tag':'in',"
                                + "'protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                                + "'settings':{'address':'127.0.0.1','port':PORT,'network':"
                                + "'tcp,udp'}}],'outbounds':[{'tag':'direct','protocol':"
                                + "'freedom'},{'tag':'dns','protocol':'dns','settings':{SETTINGS}}],"
                                + "'routing':{'rules':[{'inboundTag':['in'],'outboundTag':'dns'}]}}")
                        .replace("SETTINGS", settings)
                        .replace("PORT", String.valueOf(names.port())));
    }

    static byte[] query(String name, int type) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HexFormat.of().parseHex("abcd01000001000000000000"));
        for (String label : name.split("\\.", -1)) {
            out.write(label.length());
            out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
        }
        out.writeBytes(new byte[] {0, 0, (byte) type, 0, 1});
        return out.toByteArray();
    }

    /** Sends the messages; the first answer that comes. */
    static byte[] overUdp(ProxyRig rig, byte[]... queries) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            for (byte[] query : queries) {
                socket.send(
                        new DatagramPacket(
                                query,
                                query.length,
                                InetAddress.getLoopbackAddress(),
                                rig.snapshot("in").addresses().getLast().getPort()));
            }
            DatagramPacket answer = new DatagramPacket(new byte[4096], 4096);
            socket.receive(answer);
            return Arrays.copyOf(answer.getData(), answer.getLength());
        }
    }

    static byte[] overTcp(Socket socket, byte[] query) throws IOException {
        socket.getOutputStream()
                .write(new byte[] {(byte) (query.length >> 8), (byte) query.length});
        socket.getOutputStream().write(query);
        DataInputStream in = new DataInputStream(socket.getInputStream());
        return in.readNBytes(in.readUnsignedShort());
    }

    /** Code, number of answers, and the last bytes. */
    private static String shown(byte[] answer, int tail) {
        assertThat(answer[0]).isEqualTo((byte) 0xab);
        assertThat(answer[1]).isEqualTo((byte) 0xcd);
        assertThat(answer[2] & 0x80).isEqualTo(0x80);
        return (answer[3] & 0xf)
                + " "
                + (answer[7] & 0xff)
                + " "
                + HexFormat.of()
                        .formatHex(Arrays.copyOfRange(answer, answer.length - tail, answer.length));
    }

    @Test
    void answersForAddressesFromTheResolver() throws Exception {
        try (ProxyRig rig = start("")) {
            assertThat(shown(overUdp(rig, query("fixed.test", A)), 6))
                    .isEqualTo("0 1 00040a000009");
            assertThat(shown(overUdp(rig, query("name.test", AAAA)), 18))
                    .isEqualTo("0 1 0010fd000000000000000000000000000001");
            assertThat(shown(overUdp(rig, query("fixed.test", AAAA)), 0)).isEqualTo("0 0 ");
            assertThat(shown(overUdp(rig, query("no.test", A)), 0)).isEqualTo("3 0 ");
            assertThat(rig.outbound("dns").totals().bytesUp()).isPositive();
        }
    }

    @Test
    void answersOverTcpManyOnOneConnection() throws Exception {
        try (ProxyRig rig = start("");
                Socket socket = rig.connect("in")) {
            for (int i = 0; i < 50; i++) {
                assertThat(shown(overTcp(socket, query("name.test", A)), 4))
                        .isEqualTo("0 1 0a000001");
            }
            socket.shutdownOutput();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void refusesWhatIsNoQuestionForAddresses() throws Exception {
        try (ProxyRig rig = start("")) {
            assertThat(shown(overUdp(rig, query("name.test", TXT)), 0)).isEqualTo("5 0 ");
            assertThat(names.questions()).isZero();
        }
    }

    @Test
    void handsOtherQuestionsOnIfToldTo() throws Exception {
        try (ProxyRig rig = start("'nonIPQuery':'skip'")) {
            assertThat(shown(overUdp(rig, query("name.test", TXT)), 0)).isEqualTo("0 0 ");
            assertThat(names.asked()).containsExactly("name.test");
        }
    }

    @Test
    void handsQuestionsOnByAnotherNetwork() throws Exception {
        try (ProxyRig rig = start("'nonIPQuery':'skip','network':'tcp','address':'127.0.0.1'");
                Socket socket = rig.connect("in")) {
            assertThat(shown(overUdp(rig, query("name.test", TXT)), 0)).isEqualTo("0 0 ");
            assertThat(shown(overTcp(socket, query("name.test", TXT)), 0)).isEqualTo("0 0 ");
            assertThat(names.connections()).isEqualTo(2);
        }
    }

    @Test
    void dropsWhatItIsToldToDrop() throws Exception {
        try (ProxyRig rig = start("'nonIPQuery':'drop','blockTypes':[28]")) {
            byte[] answer =
                    overUdp(
                            rig,
                            query("name.test", AAAA),
                            query("name.test", HTTPS),
                            query("name.test", A));
            assertThat(shown(answer, 4)).isEqualTo("0 1 0a000001");
        }
    }

    @Test
    void theFirstRuleThatFitsDecides() throws Exception {
        String rules =
                "'rules':[{'action':'return','rCode':3,'domain':['full:name.test'],'qType':"
                        + "'28,60-70'},{'action':'direct','qType':1,'domain':['domain:direct.test']},"
                        + "{'action':'hijack','qType':16}]";
        names.add("direct.test", "10.0.0.7");
        try (ProxyRig rig = start(rules)) {
            assertThat(shown(overUdp(rig, query("name.test", HTTPS)), 0)).isEqualTo("3 0 ");
            assertThat(shown(overUdp(rig, query("direct.test", A)), 4)).isEqualTo("0 2 0a000007");
            assertThat(shown(overUdp(rig, query("other.test", TXT)), 0)).isEqualTo("5 0 ");
            assertThat(shown(overUdp(rig, query("name.test", A)), 4)).isEqualTo("0 1 0a000001");
        }
    }

    @Test
    void whatDoesNotFitIsTruncatedAndComesOverTcp() throws Exception {
        String[] many = new String[60];
        for (int i = 0; i < many.length; i++) {
            many[i] = "10.0.1." + i;
        }
        names.add("big.test", many);
        try (ProxyRig rig = start("");
                Socket socket = rig.connect("in")) {
            byte[] truncated = overUdp(rig, query("big.test", A));
            assertThat(truncated[2] & 2).isEqualTo(2);
            assertThat(shown(truncated, 0)).isEqualTo("0 0 ");
            assertThat(shown(overTcp(socket, query("big.test", A)), 0)).isEqualTo("0 60 ");
        }
    }

    @Test
    void nonsenseIsDroppedAndEndsAConnection() throws Exception {
        try (ProxyRig rig = start("");
                Socket socket = rig.connect("in")) {
            byte[] response = query("name.test", A);
            response[2] |= (byte) 0x80;
            byte[] answer = overUdp(rig, response, new byte[5], query("name.test", A));
            assertThat(shown(answer, 4)).isEqualTo("0 1 0a000001");
            socket.getOutputStream().write(new byte[] {0, 3, 1, 2, 3});
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }
}
