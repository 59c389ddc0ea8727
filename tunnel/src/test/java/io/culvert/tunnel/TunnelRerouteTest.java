package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.halfClosing;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tunnel changes the way to its peers in the midst of a transfer, which doesn't notice. */
@Timeout(120)
class TunnelRerouteTest {
    private static final int PORT = 7;
    private static final long MIB = 1 << 20;

    @Test
    void aTransferGoesOnFromAnotherAddress() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open()) {
            StreamSource up = new StreamSource(32 * MIB, 1);
            StreamSink sink = new StreamSink();
            opened(tunnels.server.listen(PORT, halfClosing(sink)));
            Channel channel = opened(tunnels.client.connect(address(SERVER_V4, PORT), up));
            for (int i = 2; i < 6; i++) {
                InetSocketAddress local = address("127.0.0." + i, 0);
                await(tunnels.client.reroute(way().listen(local).build()));
                assertThat(tunnels.client.local().getAddress()).isEqualTo(local.getAddress());
            }
            byte[] sent = up.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(sent);
            assertThat(tunnels.server.stats().peers().getFirst().endpoint())
                    .isEqualTo(tunnels.client.local());
            await(channel.close());
        }
    }

    @Test
    void whereTheNewWayCannotBeTakenNothingChanges() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open()) {
            InetSocketAddress before = tunnels.client.local();
            TunnelConfig notOurs = way().listen(address("192.0.2.77", 0)).build();
            assertThat(failure(tunnels.client.reroute(notOurs)))
                    .isInstanceOf(TunnelException.class);
            assertThat(tunnels.client.local()).isEqualTo(before);
            opened(tunnels.server.listen(PORT, Handlers.echo()));
            await(
                    opened(tunnels.client.connect(address(SERVER_V4, PORT), new Handlers.Journal()))
                            .close());
        }
    }

    private static TunnelConfig.Builder way() {
        return TunnelConfig.builder().privateKey(TunnelPair.newKey());
    }
}
