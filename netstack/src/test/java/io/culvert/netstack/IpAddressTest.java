package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
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
        "0.0.0.0, true, false, false, false",
        "0.1.2.3, false, false, false, false",
        "127.9.9.9, false, true, false, false",
        "224.0.0.1, false, false, true, false",
        "239.255.255.255, false, false, true, false",
        "240.0.0.1, false, false, false, false",
        "255.255.255.255, false, false, false, false",
        "223.255.255.255, false, false, false, true",
        "126.0.0.1, false, false, false, true",
        "128.0.0.1, false, false, false, true",
        "::, true, false, false, false",
        "::1, false, true, false, false",
        "::2, false, false, false, true",
        "ff02::1, false, false, true, false",
        "fe80::1, false, false, false, true",
        "2001:db8::1, false, false, false, true"
    })
    void knowsWhichAddressesNameAHost(
            String text,
            boolean unspecified,
            boolean loopback,
            boolean multicast,
            boolean unicast) {
        long hi = IpAddress.hi(Host.address(text));
        long lo = IpAddress.lo(Host.address(text));
        assertThat(IpAddress.isUnspecified(hi, lo)).isEqualTo(unspecified);
        assertThat(IpAddress.isLoopback(hi, lo)).isEqualTo(loopback);
        assertThat(IpAddress.isMulticast(hi, lo)).isEqualTo(multicast);
        assertThat(IpAddress.isUnicast(hi, lo)).isEqualTo(unicast);
    }

    @Test
    void onlyTheLimitedBroadcastIsBroadcast() {
        InetAddress a = Host.address("255.255.255.255");
        assertThat(IpAddress.isBroadcast(IpAddress.hi(a), IpAddress.lo(a))).isTrue();
        InetAddress b = Host.address("255.255.255.254");
        assertThat(IpAddress.isBroadcast(IpAddress.hi(b), IpAddress.lo(b))).isFalse();
    }
}
