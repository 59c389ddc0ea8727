package io.culvert.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Reads from a source that never ends. */
final class SourceReader {
    private static final int PATIENCE_MILLIS = 5000;
    private static final int CHUNK = 1 << 17;

    private SourceReader() {}

    /** What arrived within that time of the first byte, in Mb/s. */
    static double megabits(InetSocketAddress source, Duration time) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(source, PATIENCE_MILLIS);
            InputStream in = socket.getInputStream();
            byte[] chunk = new byte[CHUNK];
            long bytes = in.read(chunk);
            long begun = System.nanoTime();
            long elapsed = 0;
            while (elapsed < time.toNanos()) {
                int read = in.read(chunk);
                if (read < 0) {
                    throw new IOException(source + " ended after " + bytes + " bytes");
                }
                bytes += read;
                elapsed = System.nanoTime() - begun;
            }
            return bytes * 8 / (elapsed / 1e3);
        }
    }
}
