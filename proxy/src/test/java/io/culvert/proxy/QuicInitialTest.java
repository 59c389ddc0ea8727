package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * With the packet of RFC 9001 appendix A.2, and with ClientHellos of the JDK in several packets.
 */
class QuicInitialTest {
    private static final byte[] RFC_FRAME =
            HexFormat.of()
                    .parseHex(
                            "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
                                    + "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
                                    + "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
                                    + "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
                                    + "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
                                    + "0d0010000e0403050306030203080408050806002d00020101001c0002400100"
                                    + "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
                                    + "75300901100f088394c8f03e51570806048000ffff");
    private static final int RFC_FRAMES = 1162;
    private static final byte[] RFC_BEGINNING =
            HexFormat.of()
                    .parseHex(
                            "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11"
                                    + "d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd449f63300099f399"
                                    + "1c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad67500cadb8e7378c"
                                    + "8eb7539ec4d4905fed1bee1fc8aafba17c750e2c7ace01e6005f80fcb7df6212"
                                    + "30c83711b39343fa028cea7f7fb5ff89eac2308249a02252155e2347b63d58c5"
                                    + "457afd84d05dfffdb20392844ae812154682e9cf012f9021a6f0be17ddd0c208");

    private final DatagramSniffer sniffer = new DatagramSniffer();

    private Verdict take(byte[] datagram) {
        return sniffer.take(Unpooled.wrappedBuffer(datagram));
    }

    private static @Nullable String name(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Heard.class);
        if (verdict instanceof Verdict.Heard(Content content)) {
            assertThat(content.protocol()).isEqualTo("quic");
            return content.name();
        }
        return null;
    }

    private static byte[] together(byte[]... parts) {
        byte[] whole = new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }

    @Test
    void readsThePacketOfTheRfc() throws Exception {
        byte[] packet = QuicSealer.v1().seal(2, Arrays.copyOf(RFC_FRAME, RFC_FRAMES));

        assertThat(Arrays.copyOf(packet, RFC_BEGINNING.length)).isEqualTo(RFC_BEGINNING);
        assertThat(packet).hasSize(1200);
        assertThat(name(take(packet))).isEqualTo("example.com");
    }

    @Test
    void readsVersion2() throws Exception {
        byte[] packet = QuicSealer.v2().seal(2, Arrays.copyOf(RFC_FRAME, RFC_FRAMES));

        assertThat(name(take(packet))).isEqualTo("example.com");
    }

    @Test
    void putsFramesTogetherThatComeOutOfOrderInSeveralDatagrams() throws Exception {
        byte[] message = TlsClient.message(TlsClient.hello("www.example.com"));
        QuicSealer sealer = QuicSealer.v1();
        int third = message.length / 3;
        byte[] first = QuicSealer.crypto(0, Arrays.copyOf(message, third));
        byte[] second = QuicSealer.crypto(third, Arrays.copyOfRange(message, third, 2 * third));
        byte[] last =
                QuicSealer.crypto(
                        2 * third, Arrays.copyOfRange(message, 2 * third, message.length));
        byte[] pingAndPadding = {1, 0, 0, 0, 1};

        assertThat(take(sealer.seal(0, together(last, pingAndPadding))))
                .isEqualTo(Verdict.Open.MORE);
        assertThat(take(sealer.seal(1, together(pingAndPadding, first))))
                .isEqualTo(Verdict.Open.MORE);
        assertThat(name(take(sealer.seal(2, second)))).isEqualTo("www.example.com");
    }

    @Test
    void readsPacketsThatShareADatagram() throws Exception {
        byte[] message = TlsClient.message(TlsClient.hello("www.example.com"));
        QuicSealer sealer = QuicSealer.v1();
        byte[] datagram =
                together(
                        sealer.seal(
                                0,
                                QuicSealer.crypto(
                                        100, Arrays.copyOfRange(message, 100, message.length))),
                        sealer.seal(1, QuicSealer.crypto(0, Arrays.copyOf(message, 100))));

        assertThat(name(take(datagram))).isEqualTo("www.example.com");
    }

    @Test
    void waitsForNoMoreThanAFewDatagrams() throws Exception {
        QuicSealer sealer = QuicSealer.v1();
        byte[] ping = new byte[64];
        ping[0] = 1;
        for (int i = 0; i < 7; i++) {
            assertThat(take(sealer.seal(i, ping))).isEqualTo(Verdict.Open.MORE);
        }
        assertThat(take(sealer.seal(7, ping))).isEqualTo(Verdict.Open.NEVER);
    }

    @Test
    void survivesWhateverItGets() throws Exception {
        byte[] packet = QuicSealer.v1().seal(2, Arrays.copyOf(RFC_FRAME, RFC_FRAMES));
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 2000; i++) {
            byte[] broken = Arrays.copyOf(packet, random.nextInt(packet.length + 1));
            for (int j = 0; j < i % 4 && broken.length > 0; j++) {
                broken[random.nextInt(Math.min(40, broken.length))] = (byte) random.nextInt();
            }
            assertThat(new DatagramSniffer().take(Unpooled.wrappedBuffer(broken))).isNotNull();
        }
    }
}
