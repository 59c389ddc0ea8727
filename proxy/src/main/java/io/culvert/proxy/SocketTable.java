package io.culvert.proxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.StringTokenizer;

/**
 * The kernel's lists of sockets ({@code /proc/net/tcp} and its like; proc(5)). Reading them blocks.
 */
final class SocketTable {
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};
    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int INODE = 9;

    private final Path directory;
    private final ByteOrder order;

    /**
     * Tables in a directory.
     *
     * @param order in which this machine has a number's bytes, and so these tables an address's
     */
    SocketTable(Path directory, ByteOrder order) {
        this.directory = directory;
        this.order = order;
    }

    /**
     * The socket from whose address something came. Several may have the same; the one that is
     * connected to where it came to goes first.
     *
     * @param source an address of this machine
     * @param targets where it may be connected to
     * @return its inode, or 0 if there is none
     */
    long inode(Network network, InetSocketAddress source, List<InetSocketAddress> targets)
            throws IOException {
        String file = network == Network.TCP ? "tcp" : "udp";
        boolean four = source.getAddress() instanceof Inet4Address;
        long found = four ? inode(file, network, false, source, targets) : 0;
        return found != 0 ? found : inode(file + "6", network, true, source, targets);
    }

    private long inode(
            String file,
            Network network,
            boolean six,
            InetSocketAddress source,
            List<InetSocketAddress> targets)
            throws IOException {
        Path table = directory.resolve(file);
        if (!Files.isReadable(table)) {
            return 0; // a kernel without IPv6
        }
        String local = text(source, six);
        // A datagram may come from a socket that isn't bound to an address.
        String anywhere =
                (six ? "0".repeat(32) : "0".repeat(8)) + local.substring(local.length() - 5);
        List<String> remotes = targets.stream().map(target -> text(target, six)).toList();
        long usual = 0;
        long unbound = 0;
        try (BufferedReader lines = Files.newBufferedReader(table, StandardCharsets.US_ASCII)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.contains(local) && !line.contains(anywhere)) {
                    continue;
                }
                String[] fields = fields(line);
                boolean bound = fields[LOCAL].equals(local);
                long inode = inode(fields[INODE]);
                if (bound && inode != 0 && remotes.contains(fields[REMOTE])) {
                    return inode;
                }
                if (bound && usual == 0) {
                    usual = inode;
                } else if (network == Network.UDP && fields[LOCAL].equals(anywhere)) {
                    unbound = inode;
                }
            }
        }
        return usual != 0 ? usual : unbound;
    }

    private static String[] fields(String line) {
        String[] fields = new String[INODE + 1];
        StringTokenizer words = new StringTokenizer(line);
        for (int i = 0; i < fields.length; i++) {
            fields[i] = words.hasMoreTokens() ? words.nextToken() : "";
        }
        return fields;
    }

    private static long inode(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9') && !text.isEmpty()
                ? Long.parseLong(text)
                : 0;
    }

    /** As the kernel writes it: the address in words of 32 bits, a colon, the port. */
    private String text(InetSocketAddress socket, boolean six) {
        InetAddress address = socket.getAddress();
        byte[] bytes = address == null ? new byte[4] : address.getAddress();
        ByteBuffer words = ByteBuffer.allocate(six ? 16 : 4);
        if (six && bytes.length == 4) {
            words.put(MAPPED);
        }
        if (words.remaining() < bytes.length) {
            return "";
        }
        words.put(bytes).flip().order(order);
        StringBuilder text = new StringBuilder();
        HexFormat hex = HexFormat.of().withUpperCase();
        while (words.hasRemaining()) {
            text.append(hex.toHexDigits(words.getInt()));
        }
        return text.append(':').append(hex.toHexDigits((short) socket.getPort())).toString();
    }
}
