package io.culvert.tunnel;

import io.culvert.netstack.EchoRequest;
import io.culvert.netstack.Forwarder;
import io.culvert.netstack.TcpForwardRequest;
import io.culvert.netstack.UdpSocket;

/** The stack's requests as the public API has them. */
record ForwardedRequests(TunnelLoop tunnel, ForwardedPings pings, TunnelForwarder forwarder)
        implements Forwarder {
    @Override
    public void tcp(TcpForwardRequest request) {
        forwarder.tcp(new TcpRequest(tunnel, request));
    }

    @Override
    public void udp(UdpSocket flow) {
        forwarder.udp(new UdpFlow(tunnel, flow));
    }

    @Override
    public void echo(EchoRequest request) {
        pings.request(request, forwarder);
    }
}
