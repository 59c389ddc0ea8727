package io.culvert.cli;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Datagrams to the site's echo, through the forwarded port and through SOCKS5. */
final class DemoUdp {
    private static final int ECHO_MILLIS = 1000;
    private static final int ATTEMPTS = 3;
    private static final int MAX_PAYLOAD = 1200;
    private static final int BUFFER = 2048;

    private static final byte VERSION = 5;
    private static final byte NO_AUTHENTICATION = 0;
    private static final byte UDP_ASSOCIATE = 3;
    private static final byte IPV4 = 1;
    private static final byte IPV6 = 4;

    private final InetSocketAddress site;

    DemoUdp(InetSocketAddress site) {
        this.site = site;
    }

    /** Sends {@code count} datagrams one after the other; each must come back as it was. */
    void throughForward(InetSocketAddress forward, int count) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            echo(socket, forward, new byte[0], count);
        }
    }

    /** As {@link #throughForward}, by UDP ASSOCIATE (RFC 1928 section 7). */
    void throughSocks(InetSocketAddress socks, int count) throws IOException {
        try (Socket control = new Socket(socks.getAddress(), socks.getPort());
                DatagramSocket socket = new DatagramSocket()) {
            control.setSoTimeout(ECHO_MILLIS * ATTEMPTS);
            echo(socket, associate(control), header(), count);
        }
    }

    static InetSocketAddress associate(Socket control) throws IOException {
        DataInputStream in = new DataInputStream(control.getInputStream());
        control.getOutputStream().write(new byte[] {VERSION, 1, NO_AUTHENTICATION});
        if (in.readUnsignedShort() != (VERSION << 8 | NO_AUTHENTICATION)) {
            throw new IOException("SOCKS5 wants a password");
        }
        control.getOutputStream()
                .write(new byte[] {VERSION, UDP_ASSOCIATE, 0, IPV4, 0, 0, 0, 0, 0, 0});
        in.readUnsignedByte();
        int reply = in.readUnsignedByte();
        if (reply != 0) {
            throw new IOException("SOCKS5 refused UDP with reply " + reply);
        }
        in.readUnsignedByte();
        byte[] address = new byte[in.readUnsignedByte() == IPV6 ? 16 : 4];
        in.readFully(address);
        InetAddress relay = InetAddress.getByAddress(address);
        InetAddress reachable = relay.isAnyLocalAddress() ? control.getInetAddress() : relay;
        return new InetSocketAddress(reachable, in.readUnsignedShort());
    }

    /** What stands before each datagram to and from the SOCKS5 server (RFC 1928 section 7). */
    byte[] header() {
        byte[] address = site.getAddress().getAddress();
        return ByteBuffer.allocate(6 + address.length)
                .putShort((short) 0)
                .put((byte) 0)
                .put(address.length == 4 ? IPV4 : IPV6)
                .put(address)
                .putShort((short) site.getPort())
                .array();
    }

    private static void echo(DatagramSocket socket, InetSocketAddress to, byte[] header, int count)
            throws IOException {
        socket.setSoTimeout(ECHO_MILLIS);
        Random random = new Random(count);
        for (int i = 0; i < count; i++) {
            byte[] payload = new byte[1 + random.nextInt(MAX_PAYLOAD)];
            random.nextBytes(payload);
            byte[] datagram =
                    ByteBuffer.allocate(header.length + payload.length)
                            .put(header)
                            .put(payload)
                            .array();
            if (!comesBack(socket, to, datagram)) {
                throw new EOFException(
                        "datagram " + (i + 1) + " of " + count + " did not come back");
            }
        }
    }

    /** UDP may lose, so it gets another try; what comes back changed or late is not this one. */
    private static boolean comesBack(DatagramSocket socket, InetSocketAddress to, byte[] datagram)
            throws IOException {
        DatagramPacket reply = new DatagramPacket(new byte[BUFFER], BUFFER);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            socket.send(new DatagramPacket(datagram, datagram.length, to));
            try {
                socket.receive(reply);
            } catch (SocketTimeoutException lost) {
                continue;
            }
            if (Arrays.equals(
                    datagram, 0, datagram.length, reply.getData(), 0, reply.getLength())) {
                return true;
            }
        }
        return false;
    }
}
