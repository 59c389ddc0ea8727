package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamSnifferTest {
    private static final long SEED = 7;

    private static Verdict look(byte[] bytes) {
        return StreamSniffer.look(Unpooled.wrappedBuffer(bytes));
    }

    private static Verdict look(String text) {
        return look(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static @Nullable String name(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Heard.class);
        return verdict instanceof Verdict.Heard(Content content) ? content.name() : null;
    }

    private static String protocol(Verdict verdict) {
        return verdict instanceof Verdict.Heard(Content content)
                ? content.protocol()
                : verdict.toString();
    }

    @Test
    void findsTheServersNameInARealClientHello() throws Exception {
        byte[] hello = TlsClient.hello("WWW.Example.com");

        Verdict verdict = look(hello);

        assertThat(name(verdict)).isEqualTo("www.example.com");
        assertThat(protocol(verdict)).isEqualTo("tls");
    }

    @Test
    void waitsForTheWholeClientHello() throws Exception {
        byte[] hello = TlsClient.hello("www.example.com");

        for (int length = 0; length < hello.length; length++) {
            assertThat(look(Arrays.copyOf(hello, length)))
                    .as("%d of %d bytes", length, hello.length)
                    .isEqualTo(Verdict.Open.MORE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64, 200})
    void findsTheNameAcrossRecords(int most) throws Exception {
        byte[] hello = TlsClient.inRecords(TlsClient.hello("www.example.com"), most);

        assertThat(name(look(hello))).isEqualTo("www.example.com");
        assertThat(look(Arrays.copyOf(hello, hello.length - 1))).isEqualTo(Verdict.Open.MORE);
    }

    @Test
    void knowsTlsThatNamesNobody() throws Exception {
        Verdict verdict = look(TlsClient.hello(null));

        assertThat(name(verdict)).isNull();
        assertThat(protocol(verdict)).isEqualTo("tls");
    }

    @Test
    void survivesWhateverItGets() throws Exception {
        byte[] hello = TlsClient.hello("www.example.com");
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 5000; i++) {
            byte[] broken = hello.clone();
            for (int j = 0; j < 1 + i % 4; j++) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            }
            ByteBuf stream = Unpooled.wrappedBuffer(broken);
            assertThat(StreamSniffer.look(stream)).isNotNull();
            assertThat(stream.readerIndex()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET / HTTP/1.1~Host: example.com~~ | http1 | example.com",
                "GET / HTTP/1.1~X: y~hOST:  Example.COM:8080 ~~ | http1 | example.com",
                "POST /a HTTP/1.0~Content-Length: 3~~abc | http1 |",
                "GET / HTTP/1.1~Host: 192.0.2.1~~ | http1 |",
                "GET / HTTP/1.1~Host: [2001:db8::1]:80~~ | http1 |",
                "GET / HTTP/1.1~Host: a b~~ | http1 |",
                "GET / HTTP/1.1~Host: example.com~ | MORE |",
                "GE | MORE |",
                "GET /x | MORE |",
                "GOT / HTTP/1.1~~ | NEVER |",
                "GET / FTP/1.1~~ | NEVER |",
                "PRI * HTTP/2.0~~ | http2 |",
                "PRI * HT | MORE |",
                "SSH-2.0-OpenSSH_9.9~ | NEVER |",
            })
    void findsTheHostOfAnHttpRequest(String text, String protocol, @Nullable String name) {
        Verdict verdict = look(text.replace("~", "\r\n"));

        assertThat(protocol(verdict)).isEqualTo(protocol);
        if (verdict instanceof Verdict.Heard) {
            assertThat(name(verdict)).isEqualTo(name);
        }
    }

    @Test
    void hearsTheFieldsOfAnHttpRequest() {
        Verdict verdict = look("GET /a?b HTTP/1.1\r\nHost: h.test\r\nX-Y: 1\r\nx-y: 2\r\n\r\n");

        assertThat(verdict).isInstanceOf(Verdict.Heard.class);
        if (verdict instanceof Verdict.Heard(Content content)) {
            assertThat(content.attributes())
                    .containsEntry(":method", "GET")
                    .containsEntry(":path", "/a?b")
                    .containsEntry("host", "h.test")
                    .containsEntry("x-y", "1");
        }
    }

    @Test
    void knowsBitTorrent() {
        assertThat(protocol(look("\u0013BitTorrent protocol\0\0\0\0"))).isEqualTo("bittorrent");
        assertThat(look("\u0013BitTor")).isEqualTo(Verdict.Open.MORE);
        assertThat(look("\u0013BitTorment protocol")).isEqualTo(Verdict.Open.NEVER);
    }

    @ParameterizedTest
    @CsvSource({
        "64313a6164323a696432303a, bittorrent",
        "64313a7264323a696432303a, bittorrent",
        "00000417271019800000000011223344, bittorrent",
        "0000041727101980000000001122334400, NEVER",
        "410012340000000100000000000010000001" + "0000, bittorrent",
        "410012340000000100000005000010000001" + "0000, NEVER",
        "210012340000000100000000000010000001" + "0000, NEVER",
        "123401000001000000000000, NEVER",
        "'', NEVER",
    })
    void knowsBitTorrentsDatagrams(String hex, String expected) {
        byte[] datagram = java.util.HexFormat.of().parseHex(hex);

        assertThat(protocol(new DatagramSniffer().take(Unpooled.wrappedBuffer(datagram))))
                .isEqualTo(expected);
    }
}
