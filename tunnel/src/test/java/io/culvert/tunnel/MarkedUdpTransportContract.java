package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.SocketException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What every {@link UdpTransport} does that can mark what it sends. */
abstract class MarkedUdpTransportContract extends UdpTransportContract {
    /** The firewall marks of its sockets, as the system has them. On the loop. */
    abstract List<Integer> marksOf(UdpTransport transport);

    @Test
    @Tag("A12.3")
    @Tag("HEAL")
    void marksWhatItSendsAlsoFromFreshSockets() throws Exception {
        UdpTransport transport = bind("0.0.0.0");
        String refusal =
                onLoop(() -> {
                    try {
                        transport.fwmark(0x51820);
                        return "";
                    } catch (SocketException e) {
                        return e.getMessage();
                    }
                });
        assumeTrue(refusal.isEmpty(), refusal);
        assertThat(onLoop(() -> marksOf(transport))).containsOnly(0x51820);
        onLoop(() -> {
            transport.rebind(0);
            return null;
        });
        assertThat(onLoop(() -> marksOf(transport))).containsOnly(0x51820);
        assertThat((int) onLoop(transport::fwmark)).isEqualTo(0x51820);
        onLoop(() -> {
            transport.fwmark(0);
            return null;
        });
        assertThat(onLoop(() -> marksOf(transport))).containsOnly(0);
    }
}
