package io.culvert.netstack;

import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Writes down what a UDP socket hears; reads everything unless told not to. */
final class UdpLog implements UdpHandler {
    final List<byte[]> data = new ArrayList<>();
    final List<InetSocketAddress> addresses = new ArrayList<>();
    final List<InetSocketAddress> unreachable = new ArrayList<>();
    final List<Unreachable> reasons = new ArrayList<>();
    int trafficClass;
    int closed;
    int writable;
    boolean reading = true;
    private final UdpDatagram datagram = new UdpDatagram();

    @Override
    public void readable(UdpSocket socket) {
        if (reading) {
            drain(socket);
        }
    }

    void drain(UdpSocket socket) {
        while (socket.receive(datagram)) {
            Chunk chunk = Objects.requireNonNull(datagram.chunk);
            data.add(
                    chunk.memory()
                            .asSlice(datagram.offset, datagram.length)
                            .toArray(ValueLayout.JAVA_BYTE));
            addresses.add(Objects.requireNonNull(datagram.address));
            trafficClass = datagram.trafficClass;
            chunk.release();
        }
    }

    @Override
    public void unreachable(UdpSocket socket, InetSocketAddress remote, Unreachable kind) {
        unreachable.add(remote);
        reasons.add(kind);
    }

    @Override
    public void writable(UdpSocket socket) {
        writable++;
    }

    @Override
    public void closed(UdpSocket socket) {
        closed++;
    }
}
