package io.culvert.cli;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the demo reaches through the tunnel: a small web server and, on the same port, a UDP echo.
 *
 * <pre>
 * GET /          the page
 * GET /down/N    N bytes of the pattern
 * POST /up       compares the body with the pattern and answers "same" or where it differs
 * </pre>
 */
final class DemoSite implements Closeable {
    static final String PAGE =
            "<!doctype html><title>Culvert</title><h1>It works</h1>"
                    + "<p>This page came through a WireGuard tunnel in user space.</p>\n";

    private static final int BACKLOG = 512;
    private static final int MAX_DATAGRAM = 65_535;

    private final ServerSocket tcp;
    private final DatagramSocket udp;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    /**
     * Starts serving on a port of its own choice.
     *
     * @throws IOException if that address can't be listened on
     */
    DemoSite(InetAddress address) throws IOException {
        tcp = new ServerSocket(0, BACKLOG, address);
        udp = new DatagramSocket(new InetSocketAddress(address, tcp.getLocalPort()));
        Thread.ofVirtual().name("demo-site").start(this::accept);
        Thread.ofVirtual().name("demo-echo").start(this::echo);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) tcp.getLocalSocketAddress();
    }

    @Override
    public void close() throws IOException {
        tcp.close();
        udp.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }

    private void accept() {
        while (!tcp.isClosed()) {
            try {
                Socket connection = tcp.accept();
                connections.add(connection);
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            connection.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(connection.getInputStream());
            OutputStream out =
                    new BufferedOutputStream(connection.getOutputStream(), 2 * DemoPattern.BLOCK);
            for (DemoHttp.Head request = DemoHttp.head(in); request != null; ) {
                answer(request, in, out);
                out.flush();
                request = DemoHttp.head(in);
            }
        } catch (IOException gone) {
            // The other end decides how long it wants to talk.
        } finally {
            connections.remove(connection);
        }
    }

    private static void answer(DemoHttp.Head request, InputStream in, OutputStream out)
            throws IOException {
        String[] line = request.startLine().split(" ");
        String path = line.length > 1 ? line[1] : "";
        if (path.startsWith("/down/")) {
            long length = Long.parseLong(path.substring("/down/".length()));
            DemoHttp.writeHead(out, "200 OK", "application/octet-stream", length);
            new DemoPattern().write(out, length, bytes -> {});
        } else if (path.equals("/up")) {
            long at = new DemoPattern().firstDifference(in, request.contentLength(), bytes -> {});
            write(out, "200 OK", "text/plain", at < 0 ? "same" : "differs at byte " + at);
        } else if (path.equals("/")) {
            write(out, "200 OK", "text/html; charset=utf-8", PAGE);
        } else {
            write(out, "404 Not Found", "text/plain", "Only / is here.\n");
        }
    }

    private static void write(OutputStream out, String status, String type, String body)
            throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        DemoHttp.writeHead(out, status, type, bytes.length);
        out.write(bytes);
    }

    private void echo() {
        byte[] buffer = new byte[MAX_DATAGRAM];
        while (!udp.isClosed()) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            try {
                udp.receive(packet);
                udp.send(packet);
            } catch (IOException e) {
                // A port that is gone on the other side comes back as an error here, and is no
                // matter.
            }
        }
    }
}
