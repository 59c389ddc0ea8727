package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FakeNamesTest {

    private static FakeNames names(String prefix, int size) {
        return new FakeNames(List.of(new FakeNames.Pool(Cidr.parse(prefix), size)));
    }

    private static InetAddress of(FakeNames names, String name) {
        return names.addresses(name, false).getFirst();
    }

    @Test
    void aNameKeepsItsAddressWhichStandsForIt() {
        FakeNames names = names("198.18.0.0/15", 100);
        Set<InetAddress> all = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            InetAddress address = of(names, i + ".test");
            assertThat(Cidr.parse("198.18.0.0/15").contains(address)).isTrue();
            assertThat(names.contains(address)).isTrue();
            all.add(address);
        }
        assertThat(all).hasSize(100);
        for (int i = 0; i < 100; i++) {
            assertThat(names.name(of(names, i + ".test"))).isEqualTo(i + ".test");
        }
    }

    @Test
    void theNameOfNoUseForLongestMakesRoom() {
        FakeNames names = names("10.0.0.0/24", 3);
        InetAddress a = of(names, "a");
        InetAddress b = of(names, "b");
        InetAddress c = of(names, "c");
        of(names, "a");
        assertThat(names.name(b)).isEqualTo("b");

        InetAddress d = of(names, "d");

        assertThat(names.name(c)).isNull();
        assertThat(names.contains(c)).isTrue();
        assertThat(names.name(a)).isEqualTo("a");
        assertThat(names.name(b)).isEqualTo("b");
        assertThat(names.name(d)).isEqualTo("d");
        assertThat(d).isNotIn(a, b, c);
    }

    @Test
    void aPoolAsLargeAsItsPrefixUsesItAll() {
        FakeNames names = names("10.0.0.0/30", 4);
        Set<InetAddress> all = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            InetAddress address = of(names, i + ".test");
            assertThat(names.name(address)).isEqualTo(i + ".test");
            all.add(address);
        }
        assertThat(all).hasSize(4);
    }

    @ParameterizedTest
    @CsvSource({"fc00::/18", "fd00:1:2:3::/64", "2001:db8::/96", "fd00::1/128", "::/0"})
    void prefixesOfIpv6OfEveryLengthHaveAddresses(String prefix) {
        FakeNames names = names(prefix, 1);
        assertThat(names.addresses("a", false)).isEmpty();
        InetAddress address = names.addresses("a", true).getFirst();
        assertThat(Cidr.parse(prefix).contains(address)).isTrue();
        assertThat(names.name(address)).isEqualTo("a");
    }

    @Test
    void anAddressThatWasNeverGivenStandsForNothing() {
        FakeNames names = names("fc00::/18", 1);
        InetAddress address = names.addresses("a", true).getFirst();
        byte[] other = address.getAddress();
        other[3] ^= 1;
        assertThat(names.name(InetAddress.ofLiteral("192.0.2.1"))).isNull();
        assertThat(names.name(InetAddress.ofLiteral("fc00::1"))).isNull();
        try {
            assertThat(names.name(InetAddress.getByAddress(other))).isNull();
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
