package io.culvert.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A name server of a few names. Answers an A question with an alias and the address behind it, an
 * AAAA question for a known name with nothing, and a question for another name with NXDOMAIN.
 */
final class DnsServer implements AutoCloseable {
    private static final int A = 1;
    private static final int CNAME = 5;
    private static final int NXDOMAIN = 3;
    private static final int SERVFAIL = 2;

    private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    private final Map<String, byte[]> names = new ConcurrentHashMap<>();
    private final AtomicInteger questions = new AtomicInteger();
    private volatile int forgeries;
    private final AtomicInteger failures = new AtomicInteger();

    DnsServer() throws IOException {
        Thread.ofVirtual().start(this::run);
    }

    int port() {
        return socket.getLocalPort();
    }

    int questions() {
        return questions.get();
    }

    void add(String name, String address) {
        names.put(name, InetAddress.ofLiteral(address).getAddress());
    }

    /** Sends so many wrong answers before each right one. */
    void forgeries(int count) {
        forgeries = count;
    }

    /** Answers so many questions by SERVFAIL. */
    void failures(int count) {
        failures.set(count);
    }

    private void run() {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        while (!socket.isClosed()) {
            try {
                packet.setLength(2048);
                socket.receive(packet);
                questions.incrementAndGet();
                byte[] query = Arrays.copyOf(packet.getData(), packet.getLength());
                for (int i = 0; i < forgeries; i++) {
                    byte[] forged = query.clone();
                    forged[1] ^= (byte) (i + 1);
                    reply(packet, answer(forged, new byte[] {6, 6, 6, 6}));
                }
                reply(packet, answer(query));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void reply(DatagramPacket to, byte[] answer) throws IOException {
        socket.send(new DatagramPacket(answer, answer.length, to.getSocketAddress()));
    }

    private byte[] answer(byte[] query) {
        if (failures.getAndDecrement() > 0) {
            return header(query, SERVFAIL, 0).toByteArray();
        }
        byte[] address = names.get(name(query));
        if (address == null) {
            return header(query, NXDOMAIN, 0).toByteArray();
        }
        int type = query[query.length - 3];
        return type == A ? answer(query, address) : header(query, 0, 0).toByteArray();
    }

    /** An alias of the name, and the alias's address. */
    private static byte[] answer(byte[] query, byte[] address) {
        ByteArrayOutputStream out = header(query, 0, 2);
        out.writeBytes(new byte[] {(byte) 0xc0, 12, 0, CNAME, 0, 1, 0, 0, 0, 60, 0, 7});
        out.writeBytes(new byte[] {5, 'a', 'l', 'i', 'a', 's', 0});
        out.writeBytes(new byte[] {5, 'a', 'l', 'i', 'a', 's', 0, 0, A, 0, 1, 0, 0, 0, 60, 0, 4});
        out.writeBytes(address);
        return out.toByteArray();
    }

    private static ByteArrayOutputStream header(byte[] query, int code, int answers) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(query, 0, 2);
        out.writeBytes(new byte[] {(byte) 0x81, (byte) (0x80 | code), 0, 1, 0, (byte) answers});
        out.writeBytes(new byte[4]);
        out.write(query, 12, query.length - 12);
        return out;
    }

    private static String name(byte[] query) {
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
    }
}
