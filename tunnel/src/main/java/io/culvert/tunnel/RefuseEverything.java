package io.culvert.tunnel;

import io.culvert.netstack.Forwarder;
import io.culvert.netstack.Refusal;
import io.culvert.netstack.TcpForwardRequest;
import io.culvert.netstack.UdpSocket;

/** Stands in for the forwarder of a tunnel that is closing. */
final class RefuseEverything implements Forwarder {
    static final RefuseEverything INSTANCE = new RefuseEverything();

    private RefuseEverything() {}

    @Override
    public void tcp(TcpForwardRequest request) {
        request.refuse(Refusal.RESET);
    }

    @Override
    public void udp(UdpSocket flow) {
        flow.close();
    }
}
