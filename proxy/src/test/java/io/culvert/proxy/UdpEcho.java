package io.culvert.proxy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Sends datagrams back to where they came from. */
final class UdpEcho implements AutoCloseable {
    private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    private volatile InetSocketAddress lastPeer = new InetSocketAddress(0);

    UdpEcho() throws IOException {
        Thread.ofVirtual().start(this::run);
    }

    int port() {
        return socket.getLocalPort();
    }

    /** Who spoke last. */
    InetSocketAddress lastPeer() {
        return lastPeer;
    }

    private void run() {
        DatagramPacket packet = new DatagramPacket(new byte[65536], 65536);
        while (!socket.isClosed()) {
            try {
                packet.setLength(65536);
                socket.receive(packet);
                lastPeer = (InetSocketAddress) packet.getSocketAddress();
                socket.send(packet);
            } catch (IOException e) {
                return;
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
