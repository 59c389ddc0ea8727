package io.culvert.simnet;

import io.culvert.netstack.Forwarder;
import io.culvert.netstack.Refusal;
import io.culvert.netstack.TcpForwardRequest;
import io.culvert.netstack.UdpSocket;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The world behind a host's tunnel: what a destination does with connections and datagrams that are
 * forwarded to it. A connection to a destination that isn't there is refused with a reset.
 */
public final class SimServer implements Forwarder {
    private final Map<InetSocketAddress, Consumer<TcpForwardRequest>> services = new HashMap<>();
    private Consumer<UdpSocket> udp = UdpSocket::close;
    private long requests;

    /** With no destination yet. */
    public SimServer() {}

    /** Makes a host forward for every address, in its next turn. */
    public void forwardOn(SimHost host) {
        host.execute(() -> host.stack().forwarder(this));
    }

    /** Says what happens to connections to a destination. */
    public void tcp(InetSocketAddress destination, Consumer<TcpForwardRequest> service) {
        services.put(destination, service);
    }

    /** Says what happens to the first datagram of a source, whatever its destination. */
    public void udp(Consumer<UdpSocket> service) {
        udp = service;
    }

    /** Connections that were asked for. */
    public long requests() {
        return requests;
    }

    @Override
    public void tcp(TcpForwardRequest request) {
        requests++;
        Consumer<TcpForwardRequest> service = services.get(request.destination());
        if (service == null) {
            request.refuse(Refusal.RESET);
        } else {
            service.accept(request);
        }
    }

    @Override
    public void udp(UdpSocket flow) {
        udp.accept(flow);
    }
}
