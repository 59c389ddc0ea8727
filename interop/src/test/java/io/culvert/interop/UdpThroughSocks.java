package io.culvert.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;

/** SOCKS5 UDP ASSOCIATE (RFC 1928): SOCKS-PORT HOST PORT COUNT; every datagram must come back. */
final class UdpThroughSocks {
    private UdpThroughSocks() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        byte[] target = target(arguments[1], Integer.parseInt(arguments[2]));
        int count = Integer.parseInt(arguments[3]);
        try (Socket control = new Socket(InetAddress.getLoopbackAddress(), port);
                DatagramSocket udp = new DatagramSocket()) {
            udp.setSoTimeout(5000);
            InetSocketAddress relay = associate(control);
            Random random = new Random(1);
            for (int i = 0; i < count; i++) {
                byte[] payload = new byte[1 + random.nextInt(1200)];
                random.nextBytes(payload);
                byte[] datagram = Arrays.copyOf(target, target.length + payload.length);
                System.arraycopy(payload, 0, datagram, target.length, payload.length);
                udp.send(new DatagramPacket(datagram, datagram.length, relay));
                DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
                udp.receive(answer);
                int header = headerLength(answer.getData());
                byte[] back = Arrays.copyOfRange(answer.getData(), header, answer.getLength());
                if (!Arrays.equals(back, payload)) {
                    throw new IOException("datagram " + i + " came back changed");
                }
            }
        }
        System.out.println("echoed " + count);
    }

    private static InetSocketAddress associate(Socket control) throws IOException {
        OutputStream out = control.getOutputStream();
        DataInputStream in = new DataInputStream(control.getInputStream());
        out.write(new byte[] {5, 1, 0});
        expect(in.readUnsignedShort() == 0x0500, "method refused");
        out.write(new byte[] {5, 3, 0, 1, 0, 0, 0, 0, 0, 0});
        expect(in.readUnsignedShort() == 0x0500, "UDP ASSOCIATE refused");
        in.readByte();
        byte[] address = new byte[in.readByte() == 1 ? 4 : 16];
        in.readFully(address);
        return new InetSocketAddress(InetAddress.getByAddress(address), in.readUnsignedShort());
    }

    private static byte[] target(String host, int port) throws IOException {
        byte[] name = host.getBytes(US_ASCII);
        boolean literal = host.contains(":") || Character.isDigit(host.charAt(0));
        byte[] address = literal ? InetAddress.getByName(host).getAddress() : name;
        int extra = literal ? 0 : 1;
        byte[] header = new byte[4 + extra + address.length + 2];
        header[3] = (byte) (literal ? (address.length == 4 ? 1 : 4) : 3);
        if (!literal) {
            header[4] = (byte) name.length;
        }
        System.arraycopy(address, 0, header, 4 + extra, address.length);
        header[header.length - 2] = (byte) (port >> 8);
        header[header.length - 1] = (byte) port;
        return header;
    }

    private static int headerLength(byte[] datagram) {
        return switch (datagram[3]) {
            case 1 -> 10;
            case 4 -> 22;
            default -> 7 + datagram[4];
        };
    }

    private static void expect(boolean condition, String otherwise) throws IOException {
        if (!condition) {
            throw new IOException(otherwise);
        }
    }
}
