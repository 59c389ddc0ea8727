package io.culvert.proxy;

import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;

/** The API or the metrics, where {@code listen} says. */
final class ServiceInbound implements Inbound {
    private final InboundSpec spec;
    private final InboundIdentity identity;
    private final TcpListeners listeners;

    ServiceInbound(InboundSpec spec, ServiceSettings settings, Services services, Proxy proxy) {
        this.spec = spec;
        this.identity = spec.identity();
        this.listeners =
                new TcpListeners(
                        spec,
                        services,
                        services.sockets().group(),
                        new ServiceConnections(settings, services, proxy));
    }

    @Override
    public InboundIdentity identity() {
        return identity;
    }

    @Override
    public List<InetSocketAddress> addresses() {
        return listeners.addresses();
    }

    @Override
    public void start() throws StartException {
        listeners.start();
        Log.info(spec.protocol() + " on " + addresses());
    }

    @Override
    public Future<?> close() {
        return listeners.close();
    }
}
