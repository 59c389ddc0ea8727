package io.culvert.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * The destination: HTTP on 8080 ({@code GET /hello}, {@code GET /who} for the client's address,
 * {@code GET /bytes/N}, {@code PUT or POST /digest}), TCP and UDP echo on 7, a name server on UDP
 * 53 that knows {@code origin.test}. Arguments are further names, {@code NAME=ADDRESS}, and
 * addresses of this host that have a name server of their own, which answers from there.
 */
final class Origin {
    static final int HTTP = 8080;
    static final int ECHO = 7;
    static final String HELLO = "hello from the origin\n";

    private static final Map<String, String> NAMES = new HashMap<>();

    private Origin() {}

    public static void main(String[] arguments) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(HTTP), 1024);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/hello", exchange -> answer(exchange, HELLO));
        http.createContext("/who", Origin::who);
        http.createContext("/bytes/", Origin::bytes);
        http.createContext("/digest", Origin::digest);
        http.start();
        ServerSocket echo = new ServerSocket(ECHO, 4096);
        DatagramSocket udp = new DatagramSocket(ECHO);
        Thread.ofPlatform().start(() -> serveUdp(udp, Origin::same));
        NAMES.put("origin.test.", "10.77.0.1");
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals > 0) {
                NAMES.put(argument.substring(0, equals) + '.', argument.substring(equals + 1));
            } else {
                serveNames(new InetSocketAddress(argument, 53));
            }
        }
        serveNames(new InetSocketAddress(53));
        System.out.println("origin ready");
        while (true) {
            Socket socket = echo.accept();
            Thread.ofVirtual().start(() -> echo(socket));
        }
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
        byte[] body = text.getBytes(UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static void who(HttpExchange exchange) throws IOException {
        answer(exchange, exchange.getRemoteAddress().getAddress().getHostAddress());
    }

    private static void bytes(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        long length = Long.parseLong(path.substring(path.lastIndexOf('/') + 1));
        exchange.sendResponseHeaders(200, length);
        try (OutputStream out = exchange.getResponseBody()) {
            Pattern.write(out, length);
        }
    }

    private static void digest(HttpExchange exchange) throws IOException {
        MessageDigest digest = Pattern.digest();
        byte[] buffer = new byte[1 << 16];
        InputStream in = exchange.getRequestBody();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
        }
        answer(exchange, HexFormat.of().formatHex(digest.digest()));
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
            socket.shutdownOutput();
        } catch (IOException _) {
            // The client went away: nothing to echo.
        }
    }

    /** Turns a request into its answer. */
    private interface Responder {
        byte[] answer(byte[] request);
    }

    private static void serveUdp(DatagramSocket socket, Responder responder) {
        byte[] buffer = new byte[65535];
        while (true) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] answer =
                        responder.answer(Arrays.copyOf(packet.getData(), packet.getLength()));
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException | RuntimeException e) {
                System.out.println("udp: " + e);
            }
        }
    }

    /** One that has an address of its own stands beside the one of all addresses. */
    private static void serveNames(InetSocketAddress address) throws IOException {
        DatagramSocket socket = new DatagramSocket(null);
        socket.setReuseAddress(true);
        socket.bind(address);
        Thread.ofPlatform().start(() -> serveUdp(socket, Origin::resolve));
    }

    private static byte[] same(byte[] request) {
        return request;
    }

    /** Answers A and AAAA for names that it has, NXDOMAIN for everything else (RFC 1035). */
    private static byte[] resolve(byte[] query) {
        int end = 12;
        StringBuilder name = new StringBuilder();
        while (query[end] != 0) {
            name.append(new String(query, end + 1, query[end], UTF_8)).append('.');
            end += query[end] + 1;
        }
        int type = query[end + 2];
        String host = NAMES.get(name.toString().toLowerCase(Locale.ROOT));
        boolean known = host != null;
        byte[] address = host != null ? address(host, type) : new byte[0];
        ByteBuffer out = ByteBuffer.allocate(512);
        out.put(query, 0, 2).putShort((short) (known ? 0x8180 : 0x8183));
        out.putShort((short) 1).putShort((short) (address.length > 0 ? 1 : 0)).putInt(0);
        out.put(query, 12, end + 5 - 12);
        if (address.length > 0) {
            out.putShort((short) 0xC00C).putShort((short) type).putShort((short) 1).putInt(60);
            out.putShort((short) address.length).put(address);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static byte[] address(String host, int type) {
        try {
            return switch (type) {
                case 1 -> InetAddress.getByName(host).getAddress();
                case 28 ->
                        host.equals("10.77.0.1")
                                ? InetAddress.getByName("fd77::1").getAddress()
                                : new byte[0];
                default -> new byte[0];
            };
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
