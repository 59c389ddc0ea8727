package io.culvert.wireguard;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole messages, byte for byte, in both roles. They come from an independent generator on OpenSSL
 * primitives, whose handshake was accepted by another implementation.
 */
@ParameterizedClass(name = "deferred = {0}")
@ValueSource(booleans = {false, true})
class GoldenMessageTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final long NOW = 5_000_000_000L;

    /** 1700000000 s after the epoch, and a few nanoseconds that whitening removes. */
    private static final long WALL = 1_700_000_000_000_000_000L + 0x02000000 + 12_345;

    private static final InetSocketAddress INITIATOR_AT = new InetSocketAddress("192.0.2.1", 51820);
    private static final InetSocketAddress RESPONDER_AT =
            new InetSocketAddress("198.51.100.7", 4500);
    private static final int INITIATOR_INDEX = 0x01020304;
    private static final int RESPONDER_INDEX = 0xa1b2c3d4;
    private static final long HIGH_COUNTER = (1L << 60) + 5;
    private static final byte[] IP_PACKET =
            HEX.parseHex("4500001c00010000400166de0a0000010a0000020800f7ff00000000");

    private static final String INITIATION_BODY =
            "01000000040302017b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b14"
                    + "81e498317da959fba46669572516a5e6c021bfa620bb6c56ca0082e1feae14988c2c64d024c6"
                    + "17734a263f76a008df04d0f94bad8ee75ec8e3c26955ad8be98fba84c124ad457e536ae6f5d4"
                    + "2f88e6bbe3deb7c9a0bc8907b615b333";
    private static final String INITIATION = INITIATION_BODY + "00".repeat(16);
    private static final String INITIATION_WITH_MAC2 =
            INITIATION_BODY + "a88f1170b23676db6321e58252b32cc1";
    private static final String COOKIE_REPLY =
            "0300000004030201404142434445464748494a4b4c4d4e4f505152535455565704e63f31c677caf9"
                    + "631f5c619759802a8de4c4fa8d9eac9f784ea8d6072d0763";
    private static final String COOKIE_SECRET =
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    private static final String COOKIE_NONCE = "404142434445464748494a4b4c4d4e4f5051525354555657";

    enum Golden {
        WITHOUT_PSK(
                "00".repeat(32),
                "02000000d4c3b2a104030201ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c"
                        + "1fff3e6bb3bff6686d5b4691c140e6b2f0d01de3ea729b504e7d3de034832acc6e0fd1e5"
                        + "00000000000000000000000000000000",
                "04000000d4c3b2a1000000000000000069958abbebcb06f97a256144abed28f6",
                "04000000d4c3b2a101000000000000006e14f5e8369dd820c72f79695d8a132fabee577265cb47f0"
                        + "63ab67606ab92ff28d5cb6dbac38e93afb5ebce58b3abb1a",
                "0400000004030201000000000000000076018b74ff7e19ec0e69e8568983dc9070bed5781fdd5088"
                        + "13f2bd460ce7a2c2b2997598c2207e676a4a601fb1a8f3df",
                "04000000d4c3b2a10500000000000010379f1763e1553c264057180618662e68825dd5bf98d7d055"
                        + "05f5f6be451a15bb4367147651304fc0383d1e45549d37ed"),
        WITH_PSK(
                "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
                "02000000d4c3b2a104030201ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c"
                        + "1fff3e6bff9f69b57d65a70e38e8500dc4457139044a875d43df069b5a3cc36ce3dfb781"
                        + "00000000000000000000000000000000",
                "04000000d4c3b2a10000000000000000ef225999c4ef3263f75e5036d15eb6f1",
                "04000000d4c3b2a101000000000000002719b4524ad7a08103537374bd6b30c9c7f6db1a359ff497"
                        + "1c7112206176a499ec68d796412c16e4e07d0ce92f23a268",
                "04000000040302010000000000000000781988ec224f14e4be946e34ac3e626e77b2ffdc1288f7cc"
                        + "e0fd409f20d44c96827fae97b83f0facbdbb5e6f079cb0e6",
                "04000000d4c3b2a10500000000000010f39e37389cd752f4c3cf3c63f59f491332b86872d4a789f1"
                        + "dbb2bdbdec93934a288f84397087e5c11c2b2d6800d22f53");

        final String psk;
        final String response;
        final String keepalive;
        final String initiatorData;
        final String responderData;
        final String highCounterData;

        Golden(
                String psk,
                String response,
                String keepalive,
                String initiatorData,
                String responderData,
                String highCounterData) {
            this.psk = psk;
            this.response = response;
            this.keepalive = keepalive;
            this.initiatorData = initiatorData;
            this.responderData = responderData;
            this.highCounterData = highCounterData;
        }
    }

    private final ScriptedEntropy initiatorEntropy = new ScriptedEntropy();
    private final ScriptedEntropy responderEntropy = new ScriptedEntropy();
    private final Host initiator = host("initiator", INITIATOR_AT, 0x11, initiatorEntropy);
    private final Host responder = host("responder", RESPONDER_AT, 0x22, responderEntropy);
    private final Peer toResponder = initiator.device.addPeer(responder.key.publicKey());
    private final Peer toInitiator = responder.device.addPeer(initiator.key.publicKey());

    GoldenMessageTest(boolean deferred) {
        initiator.defer(deferred);
        responder.defer(deferred);
        initiatorEntropy.then(filled(0x33)).then(index(INITIATOR_INDEX));
        responderEntropy.then(index(RESPONDER_INDEX));
        toResponder.endpoint(RESPONDER_AT);
        toResponder.allow(Cidr.parse("10.0.0.0/24"));
        toInitiator.allow(Cidr.parse("10.0.0.0/24"));
        for (Host host : List.of(initiator, responder)) {
            host.device.wallClock(WALL - NOW);
            host.device.up(NOW);
        }
    }

    @Tag("A3.1")
    @Tag("A3.4")
    @ParameterizedTest
    @EnumSource
    void speaksTheGoldenMessagesAsInitiator(Golden golden) {
        toResponder.presharedKey(psk(golden));
        toResponder.initiate(NOW);
        assertThat(hex(initiator.poll(NOW))).containsExactly(INITIATION);
        give(initiator, golden.response, RESPONDER_AT);
        assertThat(hex(initiator.poll(NOW))).containsExactly(golden.keepalive);
        assertThat(hex(initiator.seal(IP_PACKET, NOW))).isEqualTo(golden.initiatorData);
        assertThat(give(initiator, golden.responderData, RESPONDER_AT)).isEqualTo(IP_PACKET);
        requireNonNull(toResponder.keypairs.current()).sendingCounter = HIGH_COUNTER;
        assertThat(hex(initiator.seal(IP_PACKET, NOW))).isEqualTo(golden.highCounterData);
    }

    @Tag("A3.2")
    @Tag("A3.3")
    @ParameterizedTest
    @EnumSource
    void speaksTheGoldenMessagesAsResponder(Golden golden) {
        responderEntropy.then(filled(0x44));
        toInitiator.presharedKey(psk(golden));
        give(responder, INITIATION, INITIATOR_AT);
        assertThat(hex(responder.poll(NOW))).containsExactly(golden.response);
        assertThat(toInitiator.hasSession(NOW)).isFalse();
        give(responder, golden.keepalive, INITIATOR_AT);
        assertThat(toInitiator.hasSession(NOW)).isTrue();
        assertThat(hex(responder.seal(IP_PACKET, NOW))).isEqualTo(golden.responderData);
        assertThat(give(responder, golden.initiatorData, INITIATOR_AT)).isEqualTo(IP_PACKET);
        assertThat(give(responder, golden.highCounterData, INITIATOR_AT)).isEqualTo(IP_PACKET);
    }

    @Tag("A5.5")
    @ParameterizedTest
    @EnumSource
    void makesTheGoldenCookieReplyUnderLoad(Golden golden) {
        responderEntropy
                .then(HEX.parseHex(COOKIE_SECRET))
                .then(HEX.parseHex(COOKIE_NONCE))
                .then(filled(0x44));
        toInitiator.presharedKey(psk(golden));
        responder.device.load(Constants.UNDER_LOAD_HANDSHAKES, NOW);
        give(responder, INITIATION, INITIATOR_AT);
        assertThat(hex(responder.poll(NOW))).containsExactly(COOKIE_REPLY);
        give(responder, INITIATION_WITH_MAC2, INITIATOR_AT);
        assertThat(hex(responder.poll(NOW))).containsExactly(golden.response);
    }

    @Tag("A2.2")
    @Tag("A5.6")
    @Test
    void addsTheGoldenMac2AfterTheGoldenCookieReply() {
        toResponder.initiate(NOW);
        byte[] first = initiator.poll(NOW).getFirst().bytes;
        give(initiator, COOKIE_REPLY, RESPONDER_AT);
        byte[] again = first.clone();
        toResponder.cookies.addMacs(again, InitiationMessage.MAC1, NOW);
        assertThat(HEX.formatHex(again)).isEqualTo(INITIATION_WITH_MAC2);
    }

    /** The file is not part of this repository; where it is, it says the same. */
    @Tag("A3.1")
    @ParameterizedTest
    @EnumSource
    void theMessagesAreThoseOfTheGeneratorsFile(Golden golden) throws IOException {
        Path file =
                Path.of(
                        System.getProperty("culvert.root"),
                        "../shared/vectors/wireguard-golden.json");
        assumeThat(file).exists();
        String text = Files.readString(file);
        String vector = text.split("\\}", -1)[golden == Golden.WITHOUT_PSK ? 0 : 1];
        assertThat(vector)
                .contains("\"psk\": \"" + golden.psk + '"')
                .contains("\"initiation\": \"" + INITIATION + '"')
                .contains("\"initiation_with_mac2\": \"" + INITIATION_WITH_MAC2 + '"')
                .contains("\"response\": \"" + golden.response + '"')
                .contains("\"cookie_secret\": \"" + COOKIE_SECRET + '"')
                .contains("\"cookie_nonce\": \"" + COOKIE_NONCE + '"')
                .contains("\"cookie_reply\": \"" + COOKIE_REPLY + '"')
                .contains("\"keepalive_counter0\": \"" + golden.keepalive + '"')
                .contains("\"ip_packet\": \"" + HEX.formatHex(IP_PACKET) + '"')
                .contains("\"data_initiator_counter1\": \"" + golden.initiatorData + '"')
                .contains("\"data_responder_counter0\": \"" + golden.responderData + '"')
                .contains("\"data_counter_high\": \"" + golden.highCounterData + '"');
    }

    private static PresharedKey psk(Golden golden) {
        return PresharedKey.of(HEX.parseHex(golden.psk));
    }

    private static byte @Nullable [] give(Host host, String hex, InetSocketAddress source) {
        byte[] packet = host.receive(HEX.parseHex(hex), source, NOW);
        host.device.endBatch(NOW);
        return packet;
    }

    private static List<String> hex(List<Datagram> datagrams) {
        return datagrams.stream().map(GoldenMessageTest::hex).toList();
    }

    private static String hex(Datagram datagram) {
        return HEX.formatHex(datagram.bytes);
    }

    private static Host host(String name, InetSocketAddress address, int key, Entropy entropy) {
        return new Host(name, address, PrivateKey.of(filled(key)), entropy);
    }

    private static byte[] index(int index) {
        byte[] bytes = new byte[Integer.BYTES];
        Wire.intLe(bytes, 0, index);
        return bytes;
    }

    private static byte[] filled(int value) {
        byte[] bytes = new byte[KeyText.KEY_LENGTH];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
