package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "1.2.3.4",
                "255.255.255.255",
                "128.0.0.1",
                "::",
                "::1",
                "fe80::1",
                "2001:db8:ffff:1234:8000::9",
                "::ffff:0:1.2.3.4",
                "::1.2.3.4"
            })
    void survivesTheWayThroughTwoLongs(String text) {
        InetAddress a = Host.address(text);
        long hi = IpAddress.hi(a);
        long lo = IpAddress.lo(a);
        assertThat(IpAddress.toInetAddress(hi, lo)).isEqualTo(a);
        assertThat(IpAddress.isV4(hi, lo)).isEqualTo(a.getAddress().length == 4);
    }

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, false",
        "0.1.2.3, false",
        "127.9.9.9, false",
        "224.0.0.1, false",
        "239.255.255.255, false",
        "240.0.0.1, false",
        "255.255.255.255, false",
        "223.255.255.255, true",
        "126.0.0.1, true",
        "128.0.0.1, true",
        "::, false",
        "::1, false",
        "::2, true",
        "ff02::1, false",
        "fe80::1, true",
        "2001:db8::1, true"
    })
    void knowsWhichAddressesNameAHost(String text, boolean unicast) {
        long hi = IpAddress.hi(Host.address(text));
        long lo = IpAddress.lo(Host.address(text));
        assertThat(IpAddress.isUnicast(hi, lo)).isEqualTo(unicast);
    }
}
