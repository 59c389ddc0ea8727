package io.culvert.cli;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The ways of a TCP connection into the tunnel. */
enum DemoPath {
    SOCKS5("SOCKS5"),
    CONNECT("HTTP CONNECT"),
    PROXY("HTTP proxy"),
    FORWARD("port forward");

    private static final int CONNECT_MILLIS = 10_000;
    private static final int READ_MILLIS = 20_000;

    private final String words;

    DemoPath(String words) {
        this.words = words;
    }

    /** An open connection to the site, with what HTTP needs to know of its way. */
    record Connection(
            Socket socket, InputStream in, OutputStream out, String urlPrefix, String host)
            implements Closeable {
        void request(String method, String path, long length) throws IOException {
            DemoHttp.writeRequest(out, method + " " + urlPrefix + path, host, length);
        }

        /** Fetches a small page. */
        String get(String path) throws IOException {
            request("GET", path, 0);
            return DemoHttp.body(in, DemoHttp.answer(in));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    Connection open(DemoNetwork.Entrances entrances, InetSocketAddress site) throws IOException {
        Socket socket =
                this == SOCKS5
                        ? new Socket(new Proxy(Proxy.Type.SOCKS, entrances.socks()))
                        : new Socket(Proxy.NO_PROXY);
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(READ_MILLIS);
            socket.connect(
                    switch (this) {
                        case SOCKS5 -> site;
                        case CONNECT, PROXY -> entrances.http();
                        case FORWARD -> entrances.forward();
                    },
                    CONNECT_MILLIS);
            return talking(socket, authority(site));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private Connection talking(Socket socket, String host) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        if (this == CONNECT) {
            String request = "CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
            out.write(request.getBytes(StandardCharsets.US_ASCII));
            DemoHttp.answer(in);
        }
        String urlPrefix = this == PROXY ? "http://" + host : "";
        return new Connection(socket, in, out, urlPrefix, host);
    }

    static String authority(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    @Override
    public String toString() {
        return words;
    }
}
