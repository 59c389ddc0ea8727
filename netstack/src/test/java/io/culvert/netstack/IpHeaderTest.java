package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class IpHeaderTest {
    private static byte[] write(
            String src,
            String dst,
            int protocol,
            int payload,
            int trafficClass,
            int id,
            boolean df) {
        MemorySegment m = Host.segment(new byte[80]);
        int n =
                IpHeader.write(
                        m,
                        3,
                        IpAddress.hi(Host.address(src)),
                        IpAddress.lo(Host.address(src)),
                        IpAddress.hi(Host.address(dst)),
                        IpAddress.lo(Host.address(dst)),
                        protocol,
                        payload,
                        trafficClass,
                        63,
                        id,
                        df);
        return m.asSlice(3, n).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void writesAnIpv4Header() {
        byte[] expected =
                PacketBuilder.packet("192.0.2.1", "198.51.100.255")
                        .trafficClass(0xb9)
                        .hopLimit(63)
                        .id(0xfedc)
                        .dontFragment()
                        .payload(6, new byte[1300])
                        .build();
        assertThat(write("192.0.2.1", "198.51.100.255", 6, 1300, 0xb9, 0xfedc, true))
                .isEqualTo(Arrays.copyOf(expected, 20));
        expected =
                PacketBuilder.packet("192.0.2.1", "1.1.1.1")
                        .hopLimit(63)
                        .payload(17, new byte[1])
                        .build();
        assertThat(write("192.0.2.1", "1.1.1.1", 17, 1, 0, 0, false))
                .isEqualTo(Arrays.copyOf(expected, 20));
    }

    @Test
    void writesAnIpv6Header() {
        byte[] expected =
                PacketBuilder.packet("2001:db8::1", "fe80::ffff")
                        .trafficClass(0xff)
                        .hopLimit(63)
                        .flowLabel(0xabcde)
                        .payload(58, new byte[40000])
                        .build();
        assertThat(write("2001:db8::1", "fe80::ffff", 58, 40000, 0xff, 0xabcde, true))
                .isEqualTo(Arrays.copyOf(expected, 40));
    }
}
