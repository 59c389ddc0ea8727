package io.culvert.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** HOST PORT COUNT: opens all connections, leaves them idle, then has each echo a line. */
final class Crowd {
    private Crowd() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[1]);
        int count = Integer.parseInt(arguments[2]);
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket(arguments[0], port);
            socket.setSoTimeout(20_000);
            sockets.add(socket);
        }
        System.out.println("open " + sockets.size());
        int answered = 0;
        for (int i = 0; i < count; i++) {
            byte[] line = ("connection " + i + "\n").getBytes(UTF_8);
            sockets.get(i).getOutputStream().write(line);
        }
        for (int i = 0; i < count; i++) {
            byte[] line = ("connection " + i + "\n").getBytes(UTF_8);
            byte[] back = sockets.get(i).getInputStream().readNBytes(line.length);
            if (Arrays.equals(line, back)) {
                answered++;
            }
        }
        System.out.println("answered " + answered);
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
