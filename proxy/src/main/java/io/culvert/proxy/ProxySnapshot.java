package io.culvert.proxy;

import io.culvert.tunnel.TunnelStats;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the proxy has done so far. Numbers of one snapshot may be a few packets apart. */
public record ProxySnapshot(List<Inbound> inbounds, List<Outbound> outbounds) {

    /**
     * What went through.
     *
     * @param connections TCP connections and UDP flows accepted (inbound) or asked for (outbound)
     * @param active those still open
     * @param failures those that did not reach their destination
     * @param bytesUp payload from the client to the destination
     * @param bytesDown payload from the destination to the client
     */
    public record Totals(
            long connections, long active, long failures, long bytesUp, long bytesDown) {}

    /**
     * An inbound.
     *
     * @param addresses where it listens, with the ports the system gave; empty once closed
     * @param tunnel null unless it is an open tunnel
     */
    public record Inbound(
            String tag,
            String protocol,
            List<InetSocketAddress> addresses,
            Totals totals,
            @Nullable TunnelStats tunnel) {}

    /**
     * An outbound.
     *
     * @param tunnel null unless it is an open tunnel
     */
    public record Outbound(
            String tag, String protocol, Totals totals, @Nullable TunnelStats tunnel) {}

    /**
     * Of these as they are.
     *
     * @param running whether they have sockets and tunnels
     */
    static ProxySnapshot of(
            List<io.culvert.proxy.Inbound> inbounds,
            List<io.culvert.proxy.Outbound> outbounds,
            boolean running) {
        List<Inbound> in = new ArrayList<>();
        for (io.culvert.proxy.Inbound inbound : inbounds) {
            InboundIdentity identity = inbound.identity();
            in.add(
                    new Inbound(
                            identity.tag(),
                            identity.protocol(),
                            running ? inbound.addresses() : List.of(),
                            identity.traffic().totals(),
                            running ? inbound.tunnelStats().orElse(null) : null));
        }
        List<Outbound> out = new ArrayList<>();
        for (io.culvert.proxy.Outbound outbound : outbounds) {
            out.add(
                    new Outbound(
                            outbound.tag(),
                            outbound.protocol(),
                            outbound.traffic().totals(),
                            running ? outbound.tunnelStats().orElse(null) : null));
        }
        return new ProxySnapshot(in, out);
    }
}
