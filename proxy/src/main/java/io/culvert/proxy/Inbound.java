package io.culvert.proxy;

import io.culvert.tunnel.TunnelStats;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/** A way in. */
interface Inbound extends Lifecycle<InboundSettings> {

    InboundIdentity identity();

    /** Where it listens, once started. */
    List<InetSocketAddress> addresses();

    /** The tunnel's statistics, if this inbound is one. */
    default Optional<TunnelStats> tunnelStats() {
        return Optional.empty();
    }

    /**
     * Begins to listen; called outside of the event loops and returns when bound.
     *
     * @throws StartException if an address is taken; the inbound is then closed
     */
    @Override
    void start() throws StartException;

    /** Stops to listen. Connections that were accepted go on. */
    @Override
    Future<?> close();
}
