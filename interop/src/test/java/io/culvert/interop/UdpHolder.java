package io.culvert.interop;

import java.io.IOException;
import java.net.DatagramSocket;

/** PORT: holds a UDP port until it is ended. */
final class UdpHolder {
    private UdpHolder() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (DatagramSocket socket = new DatagramSocket(Integer.parseInt(arguments[0]))) {
            System.out.println("bound " + socket.getLocalPort());
            Thread.currentThread().join();
        }
    }
}
