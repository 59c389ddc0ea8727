package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.wireguard.Cidr;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTextTest {
    private static String text(InetSocketAddress endpoint) {
        StringBuilder out = new StringBuilder();
        AddressText.append(out, endpoint);
        return out.toString();
    }

    @ParameterizedTest
    @CsvSource({
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:db8:0:0:0:0:0:1, 2001:db8::1",
        "2001:DB8::ABCD, 2001:db8::abcd",
        "1:0:0:2:0:0:0:3, 1:0:0:2::3",
        "1:0:0:2:3:0:0:4, 1::2:3:0:0:4",
        "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7",
        "0:0:1:2:3:4:5:6, ::1:2:3:4:5:6",
        "1:2:3:4:5:6:0:0, 1:2:3:4:5:6::",
        "0:1:2:3:4:5:6:0, 0:1:2:3:4:5:6:0",
    })
    void ipv6IsWrittenAsRfc5952Wants(String address, String canonical) {
        StringBuilder out = new StringBuilder();
        AddressText.append(out, Cidr.parse(address));
        assertThat(out.toString()).isEqualTo(canonical + "/128");
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1:1", "[2001:db8::1]:65535", "[fe80::1%77777]:51820"})
    void endpointsAreWrittenAsTheyAreRead(String text) {
        assertThat(text(AddressText.endpoint(text))).isEqualTo(text);
    }

    @Test
    @Tag("A11.6")
    void anIpv4MappedAddressIsTheIpv4AddressItStandsFor() {
        InetSocketAddress endpoint = AddressText.endpoint("[::ffff:192.0.2.1]:51820");
        assertThat(endpoint.getAddress()).isInstanceOf(Inet4Address.class);
        assertThat(text(endpoint)).isEqualTo("192.0.2.1:51820");
    }

    @Test
    @Tag("A11.5")
    void aLinkLocalAddressKeepsItsInterface() throws Exception {
        var loopback =
                java.net.NetworkInterface.getByInetAddress(
                        java.net.InetAddress.ofLiteral("127.0.0.1"));
        String name = loopback.getName();
        InetSocketAddress endpoint = AddressText.endpoint("[fe80::1%" + name + "]:51820");

        assertThat(((Inet6Address) endpoint.getAddress()).getScopeId())
                .isEqualTo(loopback.getIndex());
        assertThat(text(endpoint)).isEqualTo("[fe80::1%" + name + "]:51820");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "192.0.2.1",
                "192.0.2.1:",
                "192.0.2.1:0",
                "192.0.2.1:65536",
                "192.0.2.1:-1",
                "192.0.2.1:+1",
                "192.0.2.1:1x",
                "192.0.2.1/32:1",
                "192.0.2:1",
                "192.0.2.256:1",
                "example.org:51820",
                "localhost:1",
                "2001:db8::1:51820",
                "[2001:db8::1]",
                "[2001:db8::1]51820",
                "[2001:db8::1]:0",
                "[192.0.2.1]:1",
                "[2001:db8::1:1",
                "[]:1",
                "[::1%]:1",
                "[::1%0]:1",
                "[::1%no-such-interface]:1",
                "[::ffff:192.0.2.1%1]:1",
                "[[::1]]:1",
                "192.0.2.1%1:1",
            })
    void whatIsNoEndpointIsRefused(String text) {
        assertThatThrownBy(() -> AddressText.endpoint(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("endpoint");
    }
}
