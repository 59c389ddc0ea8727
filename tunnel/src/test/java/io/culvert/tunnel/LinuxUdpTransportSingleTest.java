package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The last level of our own sockets, where calls for many datagrams are forbidden. */
class LinuxUdpTransportSingleTest extends LinuxUdpTransportTest {
    @Override
    UdpLevel level() {
        return UdpLevel.SINGLE;
    }

    @Test
    void saysThatItHasNoHelp() throws Exception {
        assertThat(bind("127.0.0.1").description()).contains("GRO off, GSO off, ");
    }
}
