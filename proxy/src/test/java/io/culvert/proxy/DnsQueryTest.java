package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A question as it travels. */
class DnsQueryTest {
    private static final String QUESTION = "016104746573740000010001";

    private static String encoded(@Nullable String subnet) {
        DnsQuery query =
                new DnsQuery(
                        "a.test",
                        DnsRecordType.A,
                        subnet == null ? null : InetAddress.ofLiteral(subnet));
        return ByteBufUtil.hexDump(query.encode(UnpooledByteBufAllocator.DEFAULT, 0xbeef));
    }

    @Test
    void asksOneQuestionAndForRecursion() {
        assertThat(encoded(null)).isEqualTo("beef01000001000000000000" + QUESTION);
    }

    @Test
    void tellsAClientsNetworkButNoMore() {
        assertThat(encoded("192.0.2.77"))
                .isEqualTo(
                        "beef01000001000000000001"
                                + QUESTION
                                + "00002904d000000000000b00080007000118"
                                + "00c00002");
        assertThat(encoded("2001:db8:1:2345:6789::1"))
                .isEqualTo(
                        "beef01000001000000000001"
                                + QUESTION
                                + "00002904d000000000000f0008000b000238"
                                + "0020010db8000123");
    }

    @ParameterizedTest
    @CsvSource({
        "Name.TEST, name.test",
        "name.test., name.test",
        "bücher.test, xn--bcher-kva.test",
        "_service._tcp.test, _service._tcp.test",
        "single, single",
        "., ",
        "a..b, ",
        ".a, ",
        "a b, ",
    })
    void namesAreAsciiInLowerCase(String text, @Nullable String name) {
        assertThat(DnsQuery.ascii(text)).isEqualTo(name);
    }
}
