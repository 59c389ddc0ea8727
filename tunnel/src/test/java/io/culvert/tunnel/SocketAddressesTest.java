package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SocketAddressesTest {
    private final SocketAddresses addresses = new SocketAddresses(Arena.ofAuto());

    @Tag("A11.5")
    @Test
    void theScopeOfALinkLocalAddressGoesBothWays() throws UnknownHostException {
        MemorySegment second = addresses.encode(linkLocal(2));
        PathAddress decoded = decode(second);
        assertThat(((Inet6Address) decoded.getAddress()).getScopeId()).isEqualTo(2);
        assertThat(decoded).isEqualTo(linkLocal(2));
    }

    @Tag("A11.5")
    @Test
    void theSameAddressOnAnotherLinkIsAnotherPlace() throws UnknownHostException {
        PathAddress second = decode(addresses.encode(linkLocal(2)));
        PathAddress third = decode(addresses.encode(linkLocal(3)));
        assertThat(((Inet6Address) second.getAddress()).getScopeId()).isEqualTo(2);
        assertThat(((Inet6Address) third.getAddress()).getScopeId()).isEqualTo(3);
        assertThat(decode(addresses.encode(third))).isSameAs(third);
    }

    @Tag("A11.2")
    @Test
    void theSameRemoteAddressAtAnotherAddressOfOursIsAnotherObject() {
        InetSocketAddress remote = TunnelPair.address("192.0.2.1", 7);
        MemorySegment name = addresses.encode(remote);
        PathAddress first = addresses.decode(name, 1, 0, 5);
        assertThat(addresses.decode(name, 1, 0, 5)).isSameAs(first);
        PathAddress second = addresses.decode(name, 2, 0, 5);
        assertThat(second).isNotSameAs(first).isEqualTo(first);
    }

    private PathAddress decode(MemorySegment name) {
        PathAddress decoded = addresses.decode(name, 0, 0, 0);
        return Objects.requireNonNull(decoded);
    }

    private static InetSocketAddress linkLocal(int scope) throws UnknownHostException {
        byte[] bytes = InetAddress.ofLiteral("fe80::1").getAddress();
        return new InetSocketAddress(Inet6Address.getByAddress(null, bytes, scope), 51820);
    }
}
