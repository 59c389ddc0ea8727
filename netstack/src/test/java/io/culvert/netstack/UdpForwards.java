package io.culvert.netstack;

import java.util.ArrayList;
import java.util.List;

/** A forwarder that takes every UDP flow and writes down what it hears of it. */
final class UdpForwards implements Forwarder {
    final List<UdpSocket> flows = new ArrayList<>();
    final List<UdpLog> logs = new ArrayList<>();
    int tcp;

    @Override
    public void tcp(TcpForwardRequest request) {
        tcp++;
    }

    @Override
    public void udp(UdpSocket flow) {
        UdpLog log = new UdpLog();
        flows.add(flow);
        logs.add(log);
        flow.handler(log);
    }
}
