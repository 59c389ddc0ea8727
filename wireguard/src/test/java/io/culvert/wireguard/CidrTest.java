package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.0.0.0/8",
        "10.1.2.3/8, 10.0.0.0/8",
        "255.255.255.255/3, 224.0.0.0/3",
        "10.1.2.3, 10.1.2.3/32",
        "0.0.0.0/0, 0.0.0.0/0",
        "1.2.3.4/0, 0.0.0.0/0",
        "::/0, 0:0:0:0:0:0:0:0/0",
        "fd00::1, fd00:0:0:0:0:0:0:1/128",
        "fdff:ffff::1/9, fd80:0:0:0:0:0:0:0/9",
        "2001:db8::1:2/65, 2001:db8:0:0:0:0:0:0/65",
        "::ffff:192.0.2.77/120, 192.0.2.0/24",
        "::ffff:192.0.2.77/96, 0.0.0.0/0",
        "::ffff:192.0.2.77, 192.0.2.77/32"
    })
    void readsPrefixesAndMasksHostBits(String text, String expected) {
        assertThat(Cidr.parse(text)).hasToString(expected).isEqualTo(Cidr.parse(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/+8",
                "10.0.0.0/8/8",
                "10.0.0/8",
                "10",
                "300.0.0.1",
                "fd00::/129",
                "fd00::%1/64",
                "[fd00::]/8",
                "::ffff:1.2.3.4/95",
                "example.org",
                "localhost/8",
                "10.0.0.0/08x",
                " 10.0.0.0/8",
                "10.0.0.0 /8",
                "10.0.0.0/1000",
                "010.0.0.1",
                "10.0.0.010/32",
                "10.00.0.1",
                "::ffff:1.2.3.04"
            })
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> Cidr.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }

    @Test
    void saysHowLongAPrefixMayBe() {
        assertThatThrownBy(() -> Cidr.parse("10.0.0.0/33")).hasMessageContaining("0..32");
        assertThatThrownBy(() -> Cidr.parse("fd00::/129")).hasMessageContaining("0..128");
    }

    @Test
    void coversItsAddressesAndNoOthers() {
        assertThat(Cidr.parse("10.0.0.0/9").contains(address("10.127.255.255"))).isTrue();
        assertThat(Cidr.parse("10.0.0.0/9").contains(address("10.128.0.0"))).isFalse();
        assertThat(Cidr.parse("0.0.0.0/0").contains(address("fd00::1"))).isFalse();
        assertThat(Cidr.parse("::/0").contains(address("10.0.0.1"))).isFalse();
        assertThat(Cidr.parse("fd00::/8").contains(address("fdff::1"))).isTrue();
    }

    private static InetAddress address(String literal) {
        return InetAddress.ofLiteral(literal);
    }
}
