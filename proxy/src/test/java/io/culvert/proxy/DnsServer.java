package io.culvert.proxy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A name server of a few names, over UDP and TCP on the same port. Answers an A question with an
 * alias and the address behind it, an AAAA question with such an address if it has one, and a
 * question for another name with NXDOMAIN.
 */
final class DnsServer implements AutoCloseable {
    private static final int A = 1;
    private static final int AAAA = 28;
    private static final int CNAME = 5;
    private static final int NXDOMAIN = 3;
    private static final int SERVFAIL = 2;
    private static final int UDP_LIMIT = 512;

    private final ServerSocket streams = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final DatagramSocket socket =
            new DatagramSocket(streams.getLocalPort(), InetAddress.getLoopbackAddress());
    private final Map<String, List<byte[]>> names = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile int forgeries;
    private volatile boolean silent;
    private final AtomicInteger failures = new AtomicInteger();

    DnsServer() throws IOException {
        Thread.ofVirtual().start(this::run);
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    /** How many questions came. */
    int questions() {
        return asked.size();
    }

    /** The names of all questions, in the order in which they came. */
    List<String> asked() {
        return List.copyOf(asked);
    }

    /** How many TCP connections came. */
    int connections() {
        return connections.get();
    }

    void add(String name, String... addresses) {
        names.put(
                name,
                Arrays.stream(addresses)
                        .map(address -> InetAddress.ofLiteral(address).getAddress())
                        .toList());
    }

    /** Sends so many wrong answers before each right one. */
    void forgeries(int count) {
        forgeries = count;
    }

    /** Answers so many questions by SERVFAIL. */
    void failures(int count) {
        failures.set(count);
    }

    /** Answers nothing from now on, or does again. */
    void silent(boolean is) {
        silent = is;
    }

    private void run() {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        while (!socket.isClosed()) {
            try {
                packet.setLength(2048);
                socket.receive(packet);
                byte[] query = Arrays.copyOf(packet.getData(), packet.getLength());
                asked.add(name(query));
                if (silent) {
                    continue;
                }
                for (int i = 0; i < forgeries; i++) {
                    byte[] forged = query.clone();
                    forged[1] ^= (byte) (i + 1);
                    reply(packet, answer(forged, A, List.of(new byte[] {6, 6, 6, 6})));
                }
                byte[] answer = answer(query);
                reply(packet, answer.length > UDP_LIMIT ? truncated(query) : answer);
            } catch (IOException e) {
                return;
            }
        }
    }

    private void accept() {
        while (!streams.isClosed()) {
            try {
                Socket client = streams.accept();
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            while (true) {
                byte[] query = in.readNBytes(in.readUnsignedShort());
                asked.add(name(query));
                byte[] answer = answer(query);
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.write(answer.length >> 8);
                out.write(answer.length);
                out.writeBytes(answer);
                client.getOutputStream().write(out.toByteArray());
            }
        } catch (IOException e) {
            // The client has no more questions.
        }
    }

    private void reply(DatagramPacket to, byte[] answer) throws IOException {
        socket.send(new DatagramPacket(answer, answer.length, to.getSocketAddress()));
    }

    /** The answer to a message. */
    byte[] answer(byte[] query) {
        if (failures.getAndDecrement() > 0) {
            return header(query, SERVFAIL, 0).toByteArray();
        }
        List<byte[]> addresses = names.get(name(query));
        if (addresses == null) {
            return header(query, NXDOMAIN, 0).toByteArray();
        }
        int type = query[questionEnd(query) - 3];
        int length = type == A ? 4 : 16;
        List<byte[]> wanted =
                addresses.stream()
                        .filter(address -> address.length == length)
                        .filter(address -> type == A || type == AAAA)
                        .toList();
        return wanted.isEmpty() ? header(query, 0, 0).toByteArray() : answer(query, type, wanted);
    }

    private static byte[] truncated(byte[] query) {
        byte[] answer = header(query, 0, 0).toByteArray();
        answer[2] |= 2;
        return answer;
    }

    /** An alias of the name, and the alias's addresses. */
    private static byte[] answer(byte[] query, int type, List<byte[]> addresses) {
        ByteArrayOutputStream out = header(query, 0, 1 + addresses.size());
        out.writeBytes(new byte[] {(byte) 0xc0, 12, 0, CNAME, 0, 1, 0, 0, 0, 60, 0, 7});
        out.writeBytes(new byte[] {5, 'a', 'l', 'i', 'a', 's', 0});
        for (byte[] address : addresses) {
            out.writeBytes(new byte[] {5, 'a', 'l', 'i', 'a', 's', 0, 0, (byte) type, 0, 1});
            out.writeBytes(new byte[] {0, 0, 0, 60, 0, (byte) address.length});
            out.writeBytes(address);
        }
        return out.toByteArray();
    }

    private static ByteArrayOutputStream header(byte[] query, int code, int answers) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(query, 0, 2);
        out.writeBytes(new byte[] {(byte) 0x81, (byte) (0x80 | code), 0, 1});
        out.writeBytes(new byte[] {(byte) (answers >> 8), (byte) answers, 0, 0, 0, 0});
        out.write(query, 12, questionEnd(query) - 12);
        return out;
    }

    private static int questionEnd(byte[] query) {
        int i = 12;
        while (query[i] != 0) {
            i += query[i] + 1;
        }
        return i + 5;
    }

    static String name(byte[] query) {
        StringBuilder name = new StringBuilder();
        for (int i = 12; query[i] != 0; i += query[i] + 1) {
            if (!name.isEmpty()) {
                name.append('.');
            }
            name.append(new String(query, i + 1, query[i], StandardCharsets.US_ASCII));
        }
        return name.toString();
    }

    @Override
    public void close() {
        socket.close();
        try {
            streams.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
