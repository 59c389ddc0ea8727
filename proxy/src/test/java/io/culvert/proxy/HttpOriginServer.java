package io.culvert.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that remembers each request's head and answers by a script. */
final class HttpOriginServer implements AutoCloseable {
    final List<String> heads = new CopyOnWriteArrayList<>();
    final List<String> bodies = new CopyOnWriteArrayList<>();
    final EchoServer server;

    /** Answers every request on a connection with the same response. */
    HttpOriginServer(String response) throws IOException {
        this(List.of(response), false);
    }

    HttpOriginServer(List<String> responses, boolean closeAfterEach) throws IOException {
        server =
                EchoServer.start(socket -> {
                    InputStream in = socket.getInputStream();
                    for (int i = 0; ; i++) {
                        String head = HttpWire.readHead(in);
                        if (head.isEmpty()) {
                            return;
                        }
                        heads.add(head);
                        bodies.add(HttpWire.readBody(head, in));
                        String response = responses.get(i % responses.size());
                        socket.getOutputStream().write(HttpWire.bytes(response));
                        if (closeAfterEach) {
                            return;
                        }
                    }
                });
    }

    int port() {
        return server.port();
    }

    String url(String path) {
        return "http://127.0.0.1:" + port() + path;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
