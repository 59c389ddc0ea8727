package io.culvert.tunnel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("B2")
class UapiSessionTest {
    private static final String KEY = "ab".repeat(32);
    private static final String OK = "errno=0\n\n";

    private final UapiExchange exchange = new UapiExchange();

    @Test
    void severalOperationsOfOneConnectionAreAnsweredInTheirOrder() {
        assertThat(exchange.ask("set=1\nlisten_port=1234\n\nget=1\n\nset=1\nfoo=1\n\nget=1\n\n"))
                .isEqualTo(
                        OK
                                + "listen_port=1234\n"
                                + OK
                                + "errno=-22\n\n"
                                + "listen_port=1234\n"
                                + OK);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 1000})
    void howTheBytesArriveMakesNoDifference(int piece) {
        String request =
                "set=1\nlisten_port=7\npublic_key=" + KEY + "\nallowed_ip=10.0.0.0/8\n\nget=1\n\n";
        byte[] bytes = request.getBytes(ISO_8859_1);

        byte[] answer = exchange.session().converse(bytes, piece);

        assertThat(new String(answer, ISO_8859_1)).isEqualTo(new UapiExchange().ask(request));
    }

    @Test
    void aLineTakesEffectBeforeTheNextArrives() {
        UapiExchange.Connection stalled = exchange.session();
        assertThat(stalled.say("set=1\nlisten_port=77\npublic_k")).isEmpty();

        assertThat(exchange.get()).isEqualTo("listen_port=77\n" + OK);
        assertThat(stalled.say("ey=" + KEY + "\n\n")).isEqualTo(OK);
        assertThat(exchange.get()).contains("public_key=" + KEY);
    }

    @Test
    void theEndOfTheStreamEndsASet() {
        assertThat(exchange.ask("set=1\npublic_key=" + KEY + "\nallowed_ip=10.0.0.0/8\n"))
                .isEqualTo(OK);
        assertThat(exchange.get()).contains("allowed_ip=10.0.0.0/8");
    }

    @Test
    void aLineThatTheEndOfTheStreamCutsHasNoEffect() {
        assertThat(exchange.ask("set=1\nlisten_port=7\nlisten_port=77")).isEqualTo("errno=-5\n\n");
        assertThat(exchange.listenPort()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"get=2\n\n", "\n", "get=1 \n\n", "GET / HTTP/1.1\n\n", "hello", "get"})
    void whatIsNoOperationEndsTheConnectionWithoutAnAnswer(String request) {
        UapiExchange.Connection client = exchange.session();

        assertThat(client.converse(request.getBytes(ISO_8859_1), 100)).isEmpty();
        assertThat(client.session.isRefused()).isTrue();
    }

    @Test
    void getTakesNoKeysAndItsErrorsArePositive() {
        assertThat(exchange.ask("get=1\nlisten_port=1\n\nget=1\n\n"))
                .isEqualTo("errno=22\n\n" + OK);
    }

    @Test
    void anErrorEndsTheSetAndTheRestOfItsLinesIsSkipped() {
        assertThat(exchange.ask("set=1\nlisten_port=1\nfoo\nlisten_port=2\n\nget=1\n\n"))
                .isEqualTo("errno=-71\n\nlisten_port=1\n" + OK);
    }

    @ParameterizedTest
    @CsvSource({"4096, errno=-22", "4097, errno=-22", "100000, errno=-22"})
    void anOversizedLineIsRefusedAndReadOver(int length, String errno) {
        String line = "fwmark=" + "1".repeat(length - "fwmark=".length());

        assertThat(exchange.ask("set=1\nlisten_port=9\n" + line + "\n\nget=1\n\n"))
                .isEqualTo(errno + "\n\nlisten_port=9\n" + OK);
    }

    @Test
    void theLongestLineIsReadWhole() {
        String zeros = "0".repeat(UapiLine.CAPACITY - "fwmark=".length() - 1);

        assertThat(exchange.set("fwmark=" + zeros + "5\n")).isEqualTo(OK);
        assertThat(exchange.fwmark()).isEqualTo(5);
    }

    @Test
    void anOversizedFirstLineEndsTheConnection() {
        UapiExchange.Connection client = exchange.session();
        assertThat(client.say("x".repeat(5000) + "\n")).isEmpty();
        assertThat(client.session.isRefused()).isTrue();
    }

    @Test
    void nothingIsReadWhileAReplyWaits() {
        UapiSession session = exchange.session().session;
        ByteBuf in = Unpooled.copiedBuffer("get=1\n\nset=1\nlisten_port=5\n\n", ISO_8859_1);

        session.read(in, 0);

        assertThat(session.hasReply()).isTrue();
        assertThat(in.toString(ISO_8859_1)).startsWith("set=1");
        assertThat(exchange.listenPort()).isZero();
    }

    @Test
    void aHundredAndThirtyThousandPrefixesLoad() {
        StringBuilder request = new StringBuilder("set=1\npublic_key=" + KEY + "\n");
        for (int i = 0; i < 131_070; i++) {
            request.append("allowed_ip=10.")
                    .append(i >> 16)
                    .append('.')
                    .append((i >> 8) & 0xff)
                    .append('.')
                    .append(i & 0xff)
                    .append("/32\n");
        }

        assertThat(exchange.ask(request + "\n")).isEqualTo(OK);
        assertThat(exchange.device.peers().getFirst().allowed()).hasSize(131_070);
        assertThat(exchange.get().lines())
                .filteredOn(l -> l.startsWith("allowed_ip="))
                .hasSize(131_070);
    }

    @Test
    void bytesOfAnyKindAreAnsweredOrRefused() {
        Random random = new Random(42);
        String[] words = {
            "set=1\n",
            "get=1\n",
            "\n",
            "public_key=" + KEY + "\n",
            "remove=true\n",
            "=",
            "\0",
            "é",
            "allowed_ip=-10.0.0.0/8\n",
            "allowed_ip=::/0\n",
            "endpoint=[::1]:5\n",
            "listen_port=",
            "private_key=" + KEY + "\n",
            "update_only=true\n",
            "9",
            "replace_peers=true\n"
        };
        for (int round = 0; round < 2000; round++) {
            StringBuilder request = new StringBuilder(random.nextBoolean() ? "set=1\n" : "");
            for (int i = random.nextInt(12); i > 0; i--) {
                request.append(words[random.nextInt(words.length)]);
            }
            String answer =
                    new String(
                            UapiExchange.answer(request.toString().getBytes(ISO_8859_1)),
                            ISO_8859_1);

            assertThat(answer).matches("(?s)|.*errno=-?\\d+\n\n").doesNotContain("errno=-55");
        }
    }
}
