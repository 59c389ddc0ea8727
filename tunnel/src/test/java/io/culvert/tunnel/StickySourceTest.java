package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.text;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A server with several addresses, of which Linux's loopback has plenty. */
@Tag("A11.2")
@EnabledOnOs(OS.LINUX)
class StickySourceTest {
    private static final int PORT = 7;

    @Test
    void aPeerIsAnsweredFromTheAddressAtWhichItReachedUsLast() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open()) {
            int port = tunnels.server.local().getPort();
            InetSocketAddress first = address("127.0.0.2", port);
            InetSocketAddress second = address("127.0.0.3", port);
            try (UdpRelay relay = new UdpRelay(first, d -> d, d -> d)) {
                tunnels.client.endpoint(
                        tunnels.client.stats().peers().getFirst().publicKey(), relay.address());
                opened(tunnels.server.listen(PORT, Handlers.echo()));
                Handlers.Journal journal = new Handlers.Journal();
                Channel channel = opened(tunnels.client.connect(address(SERVER_V4, PORT), journal));
                assertThat(journal.next()).isEqualTo("active");
                assertThat(relay.answeredFrom).isNotEmpty().containsOnly(first);

                // the peer stays where it is, but comes in through another address of ours
                relay.server(second);
                await(channel.writeAndFlush(text("here")));
                assertThat(journal.next()).isEqualTo("here");

                InetSocketAddress from = first;
                while (from != null && from.equals(first)) {
                    from = relay.answeredFrom.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                }
                assertThat(from).isEqualTo(second);
            }
        }
    }
}
