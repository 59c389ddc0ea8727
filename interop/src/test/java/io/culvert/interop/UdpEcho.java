package io.culvert.interop;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.Random;

/**
 * HOST PORT COUNT SIZE: sends datagrams of up to SIZE bytes one by one; every one must come back.
 */
final class UdpEcho {
    private UdpEcho() {}

    public static void main(String[] arguments) throws IOException {
        InetAddress host = InetAddress.getByName(arguments[0]);
        int port = Integer.parseInt(arguments[1]);
        int count = Integer.parseInt(arguments[2]);
        int size = Integer.parseInt(arguments[3]);
        Random random = new Random(2);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(5000);
            for (int i = 0; i < count; i++) {
                byte[] payload = new byte[1 + random.nextInt(size)];
                random.nextBytes(payload);
                socket.send(new DatagramPacket(payload, payload.length, host, port));
                DatagramPacket answer = new DatagramPacket(new byte[65535], 65535);
                socket.receive(answer);
                if (!Arrays.equals(payload, Arrays.copyOf(answer.getData(), answer.getLength()))) {
                    throw new IOException("datagram " + i + " came back changed");
                }
            }
        }
        System.out.println("echoed " + count);
    }
}
