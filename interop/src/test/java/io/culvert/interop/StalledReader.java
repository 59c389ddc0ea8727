package io.culvert.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** HOST PORT BYTES SECONDS: asks for BYTES, reads nothing for SECONDS, then reads a little more. */
final class StalledReader {
    private static final int TASTE = 64 << 20;

    private StalledReader() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (Socket socket = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            String request = "GET /bytes/" + arguments[2] + " HTTP/1.1\r\nHost: origin\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(US_ASCII));
            InputStream in = socket.getInputStream();
            in.readNBytes(1000);
            // Standing still is the point here: nothing happens that could be waited for.
            boolean opened =
                    new CountDownLatch(1).await(Integer.parseInt(arguments[3]), TimeUnit.SECONDS);
            socket.setSoTimeout(20_000);
            byte[] buffer = new byte[1 << 16];
            int tasted = 0;
            while (!opened && tasted < TASTE) {
                tasted += in.readNBytes(buffer, 0, Math.min(buffer.length, TASTE - tasted));
            }
            System.out.println("after the pause " + tasted);
        }
    }
}
