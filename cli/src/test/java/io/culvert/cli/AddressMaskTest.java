package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressMaskTest {
    private static final String LINE =
            "12:30:59 from 192.0.2.7:40112 accepted tcp:[2001:db8::17]:443, ::1, tcp:1.2.3.4.example:80";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    quarter  | 192.*.*.*     | 2001::/16        | ::1
                    half     | 192.0.*.*     | 2001:db8::/32    | 0:0::/32
                    full     | [Masked IPv4] | Masked IPv6      | Masked IPv6
                    /24+/48  | 192.0.2.*     | 2001:db8:0::/48  | 0:0:0::/48
                    /16      | 192.0.*.*     | Masked IPv6      | Masked IPv6
                    +/128    | [Masked IPv4] | 2001:db8::17     | ::1
                    """)
    void hidesTheEndOfAddresses(String name, String ipv4, String ipv6, String loopback) {
        String shownLoopback = name.equals("quarter") ? "0::/16" : loopback;
        assertThat(mask(name).apply(LINE))
                .isEqualTo(
                        "12:30:59 from %s:40112 accepted tcp:[%s]:443, %s, tcp:1.2.3.4.example:80"
                                .formatted(ipv4, ipv6, shownLoopback));
    }

    @Test
    void withoutANameNothingIsHidden() {
        assertThat(mask("").apply(LINE)).isSameAs(LINE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"third", "/12", "/40", "/16+/20", "/16+/144", "16+", "x+y", "/-8"})
    void knowsNoOtherNames(String name) {
        assertThat(AddressMask.named(name)).isNull();
    }

    private static AddressMask mask(String name) {
        return Objects.requireNonNull(AddressMask.named(name));
    }
}
