package io.culvert.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A destination on this machine; each connection is served by a thread of its own. */
final class EchoServer implements AutoCloseable {

    /** What happens to one connection, which is closed afterwards. */
    interface Service {
        void serve(Socket socket) throws IOException;
    }

    /** Sends back what comes, and ends when the client ends. */
    static final Service ECHO =
            socket -> {
                socket.getInputStream().transferTo(socket.getOutputStream());
                socket.shutdownOutput();
            };

    private final ServerSocket listening;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private EchoServer(ServerSocket listening) {
        this.listening = listening;
    }

    static EchoServer start(Service service) throws IOException {
        return start(InetAddress.getLoopbackAddress(), service);
    }

    static EchoServer start(InetAddress address, Service service) throws IOException {
        EchoServer server = new EchoServer(new ServerSocket(0, 512, address));
        Thread.ofVirtual().start(() -> server.accept(service));
        return server;
    }

    int port() {
        return listening.getLocalPort();
    }

    private void accept(Service service) {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket, service));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket, Service service) {
        try (socket) {
            service.serve(socket);
        } catch (IOException e) {
            // The test ended the connection, or looks at what it did.
        } finally {
            sockets.remove(socket);
        }
    }

    /** Reads until the other side ends; the number of bytes. */
    static long drain(InputStream in) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            total += n;
        }
        return total;
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
