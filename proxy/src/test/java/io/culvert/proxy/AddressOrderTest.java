package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Xray's domain strategies: which addresses are used, and which serve when those asked for fail.
 */
class AddressOrderTest {
    private static final List<String> BOTH =
            List.of("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2");

    private static List<InetAddress> addresses(List<String> texts) {
        return texts.stream()
                .map(text -> Objects.requireNonNull(Destination.literal(text)))
                .toList();
    }

    private static List<String> apply(String strategy, List<String> texts) {
        AddressOrder order = Objects.requireNonNull(AddressOrder.parse(strategy));
        return order.apply(addresses(texts)).stream()
                .map(InetAddress::getHostAddress)
                .map(text -> text.replace("2001:db8:0:0:0:0:0:", "2001:db8::"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "ForceIP, 2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2",
        "ForceIPv4, 192.0.2.1 192.0.2.2",
        "ForceIPv6, 2001:db8::1 2001:db8::2",
        "ForceIPv4v6, 192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2",
        "ForceIPv6v4, 2001:db8::1 2001:db8::2 192.0.2.1 192.0.2.2"
    })
    void prefersAndFallsBackAsTheTableSays(String strategy, String expected) {
        assertThat(apply(strategy, BOTH)).containsExactly(expected.split(" "));
    }

    @ParameterizedTest
    @CsvSource({
        "ForceIP, 192.0.2.1",
        "ForceIPv4, 192.0.2.1",
        "ForceIPv6, ''",
        "ForceIPv4v6, 192.0.2.1",
        "ForceIPv6v4, 192.0.2.1"
    })
    void aNameOfOneFamilyServesWhereTheStrategyAllowsIt(String strategy, String expected) {
        assertThat(String.join(" ", apply(strategy, List.of("192.0.2.1")))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "false, 1, 192.0.2.1 2001:db8::1 192.0.2.2 2001:db8::2",
        "true, 2, 2001:db8::1 2001:db8::2 192.0.2.1 192.0.2.2",
        "false, 9, 192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2"
    })
    void interleavesFamiliesAsHappyEyeballsAreTold(
            boolean ipv6First, int interleave, String expected) {
        assertThat(AddressOrder.interleave(addresses(BOTH), ipv6First, interleave))
                .extracting(InetAddress::getHostAddress)
                .map(text -> text.replace("2001:db8:0:0:0:0:0:", "2001:db8::"))
                .containsExactly(expected.split(" "));
    }
}
