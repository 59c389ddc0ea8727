package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A11.6")
class MappedAddressTest {
    private static final byte[] MAPPED =
            HexFormat.of().parseHex("00000000000000000000ffffc0000207");

    @Test
    void aMappedAddressIsTheIpv4AddressWithItsPort() throws UnknownHostException {
        assertThat(MappedAddress.unmapped(ipv6(MAPPED)))
                .isEqualTo(new InetSocketAddress("192.0.2.7", 77));
    }

    @Test
    void whatDiffersInAnyByteOfThePrefixStays() throws UnknownHostException {
        for (int i = 0; i < 12; i++) {
            byte[] bytes = MAPPED.clone();
            bytes[i] ^= 1;
            InetSocketAddress other = ipv6(bytes);
            assertThat(MappedAddress.unmapped(other)).isSameAs(other);
        }
    }

    @Test
    void anIpv4AddressStays() {
        InetSocketAddress ipv4 = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 77);
        assertThat(MappedAddress.unmapped(ipv4)).isSameAs(ipv4);
    }

    private static InetSocketAddress ipv6(byte[] bytes) throws UnknownHostException {
        // this way Java leaves a mapped address as it is
        return new InetSocketAddress(Inet6Address.getByAddress(null, bytes, -1), 77);
    }
}
