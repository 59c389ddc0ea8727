package io.culvert.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A box between two WireGuard peers: PORT HOST PORT is where it listens and whither it passes on;
 * without a host it swallows all. It prints each datagram as {@code milliseconds direction length
 * type}, direction {@code >} being towards the host. Commands on standard input: {@code rebind}
 * takes another port of its own, as a NAT does; {@code target HOST PORT} passes on to there from
 * now on; {@code quiet} prints no more.
 */
final class Relay {
    private final DatagramSocket inside;
    private volatile DatagramSocket outside;
    private volatile @Nullable SocketAddress client;
    private volatile @Nullable SocketAddress target;
    private volatile boolean quiet;

    private Relay(int port) throws IOException {
        inside = new DatagramSocket(port);
        outside = new DatagramSocket();
    }

    public static void main(String[] arguments) throws IOException {
        Relay relay = new Relay(Integer.parseInt(arguments[0]));
        if (arguments.length > 1) {
            relay.target = new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
            relay.passBack();
        }
        Thread.ofPlatform().start(relay::passOn);
        System.out.println("relay ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            relay.obey(line.split(" ", -1));
            System.out.println("done " + line);
        }
    }

    private void obey(String[] command) throws IOException {
        switch (command[0]) {
            case "rebind" -> {
                DatagramSocket old = outside;
                outside = new DatagramSocket();
                old.close();
                passBack();
            }
            case "target" ->
                    target = new InetSocketAddress(command[1], Integer.parseInt(command[2]));
            case "quiet" -> quiet = true;
            default -> throw new IllegalArgumentException("unknown command " + command[0]);
        }
    }

    private void passOn() {
        DatagramPacket packet = new DatagramPacket(new byte[65535], 65535);
        while (true) {
            try {
                inside.receive(packet);
                client = packet.getSocketAddress();
                record('>', packet);
                SocketAddress host = target;
                if (host != null) {
                    packet.setSocketAddress(host);
                    outside.send(packet);
                }
            } catch (IOException e) {
                // A refusal or a socket that was just exchanged: as good as lost on the way.
                System.out.println("lost: " + e.getMessage());
            }
        }
    }

    private void passBack() {
        DatagramSocket socket = outside;
        Thread.ofPlatform()
                .start(() -> {
                    try {
                        DatagramPacket packet = new DatagramPacket(new byte[65535], 65535);
                        while (!socket.isClosed()) {
                            socket.receive(packet);
                            record('<', packet);
                            packet.setSocketAddress(client);
                            inside.send(packet);
                        }
                    } catch (IOException e) {
                        System.out.println("port given up: " + e.getMessage());
                    }
                });
    }

    private void record(char direction, DatagramPacket packet) {
        if (!quiet) {
            System.out.println(
                    System.nanoTime() / 1_000_000
                            + " "
                            + direction
                            + " "
                            + packet.getLength()
                            + " "
                            + packet.getData()[0]);
        }
    }
}
