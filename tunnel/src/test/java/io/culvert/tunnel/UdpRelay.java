package io.culvert.tunnel;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Carries datagrams between one client, which takes this for the server, and a server. What passes
 * may be changed, or withheld by returning null.
 */
final class UdpRelay implements AutoCloseable {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    /** What becomes of a datagram. */
    interface Change {
        /** Null withholds it. */
        byte @Nullable [] of(byte[] datagram);
    }

    /** Where from each datagram of the server came. */
    final BlockingQueue<InetSocketAddress> answeredFrom = new LinkedBlockingQueue<>();

    private final DatagramSocket towardsClient = new DatagramSocket(0, LOOPBACK);
    private final DatagramSocket towardsServer = new DatagramSocket(0, LOOPBACK);
    private volatile InetSocketAddress server;
    private volatile @Nullable InetSocketAddress client;

    UdpRelay(InetSocketAddress server, Change fromClient, Change fromServer) throws IOException {
        this.server = server;
        var _ =
                Thread.ofPlatform()
                        .daemon()
                        .start(() ->
                                carry(
                                        towardsClient,
                                        packet -> {
                                            client = (InetSocketAddress) packet.getSocketAddress();
                                            send(towardsServer, packet, fromClient, this.server);
                                        }));
        var _ =
                Thread.ofPlatform()
                        .daemon()
                        .start(() ->
                                carry(
                                        towardsServer,
                                        packet -> {
                                            answeredFrom.add(
                                                    (InetSocketAddress) packet.getSocketAddress());
                                            send(towardsClient, packet, fromServer, client);
                                        }));
    }

    InetSocketAddress address() {
        return new InetSocketAddress(LOOPBACK, towardsClient.getLocalPort());
    }

    /** From now on the server is reached at this address. */
    void server(InetSocketAddress address) {
        server = address;
    }

    private interface Step {
        void take(DatagramPacket packet) throws IOException;
    }

    private static void carry(DatagramSocket from, Step step) {
        DatagramPacket packet = new DatagramPacket(new byte[65535], 65535);
        try {
            while (true) {
                packet.setLength(65535);
                from.receive(packet);
                step.take(packet);
            }
        } catch (IOException _) {
            from.close(); // the relay was closed
        }
    }

    private static void send(
            DatagramSocket by, DatagramPacket packet, Change change, @Nullable InetSocketAddress to)
            throws IOException {
        byte[] changed = change.of(Arrays.copyOf(packet.getData(), packet.getLength()));
        if (changed != null && to != null) {
            by.send(new DatagramPacket(changed, changed.length, to));
        }
    }

    @Override
    public void close() {
        towardsClient.close();
        towardsServer.close(); // which ends both threads
    }
}
