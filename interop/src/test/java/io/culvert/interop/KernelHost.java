package io.culvert.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The kernel's TCP/IP in a namespace of its own whose only way out is a TUN device: it is 10.7.0.1
 * and fd07::1, and whoever holds the device is the rest of the world.
 */
final class KernelHost implements AutoCloseable {
    static final InetAddress KERNEL4 = address("10.7.0.1");
    static final InetAddress KERNEL6 = address("fd07::1");
    static final InetAddress OURS4 = address("10.7.0.2");
    static final InetAddress OURS6 = address("fd07::2");

    /** Beyond what a test's connections have on their way at once: the kernel drops nothing. */
    private static final String QUEUE = "20000";

    private static final String TUN = "tun0";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Path directory;
    private final Namespace namespace;
    private final NamespaceThread inside;
    final TunDevice device;

    private KernelHost(int mtu) {
        try {
            directory = Files.createTempDirectory("culvert-kernel");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String id = ProcessHandle.current().pid() + "." + NUMBER.incrementAndGet();
        namespace = new Namespace("cvk" + id, directory);
        inside = new NamespaceThread(namespace.name());
        device = TunDevice.open(inside, TUN);
        String mtuText = Integer.toString(mtu);
        namespace.ip("link", "set", TUN, "mtu", mtuText, "txqueuelen", QUEUE, "up");
        namespace.ip("addr", "add", "10.7.0.1/24", "dev", TUN);
        if (mtu >= 1280) {
            namespace.ip("addr", "add", "fd07::1/64", "dev", TUN, "nodad");
        }
    }

    /** Skips the test where the machine lacks what it takes. */
    static KernelHost start(int mtu) {
        Requirements.checkKernel();
        return new KernelHost(mtu);
    }

    static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    static InetAddress kernel(boolean v6) {
        return v6 ? KERNEL6 : KERNEL4;
    }

    static InetAddress ours(boolean v6) {
        return v6 ? OURS6 : OURS4;
    }

    /** Sets {@code /proc/sys/net/NAME}. */
    void set(String name, String value) {
        Path file = Path.of("/proc/sys/net", name);
        inside.call(() -> Files.writeString(file, value));
    }

    /** {@code ip route replace ADDRESS dev tun0 ...}: what the kernel thinks of the way to us. */
    void route(InetAddress to, String... metrics) {
        String prefix = to.getHostAddress() + (to instanceof Inet6Address ? "/128" : "/32");
        String[] arguments = new String[5 + metrics.length];
        List.of("route", "replace", prefix, "dev", TUN).toArray(arguments);
        System.arraycopy(metrics, 0, arguments, 5, metrics.length);
        namespace.ip(arguments);
    }

    /** A socket of the kernel's, not yet connected. */
    SocketChannel socket(boolean v6) {
        return inside.call(() -> SocketChannel.open(family(v6)));
    }

    /** A listening socket of the kernel's on any free port, or on that one. */
    ServerSocketChannel listen(boolean v6, int port) {
        return inside.call(() -> {
            ServerSocketChannel channel = ServerSocketChannel.open(family(v6));
            channel.bind(new InetSocketAddress(kernel(v6), port), 4096);
            return channel;
        });
    }

    private static StandardProtocolFamily family(boolean v6) {
        return v6 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET;
    }

    /** What {@code nstat -as} shows, by its names: {@code TcpExtPAWSEstab}. */
    Map<String, Long> counters() {
        return inside.call(() -> {
            Map<String, Long> all = new HashMap<>();
            for (String file : List.of("snmp", "netstat")) {
                read(Files.readAllLines(Path.of("/proc/thread-self/net", file)), all);
            }
            return all;
        });
    }

    /** Lines come in pairs: a group's names, then its values. */
    private static void read(List<String> lines, Map<String, Long> into) {
        for (int i = 0; i + 1 < lines.size(); i += 2) {
            String[] names = lines.get(i).split(" ");
            String[] values = lines.get(i + 1).split(" ");
            String group = names[0].substring(0, names[0].length() - 1);
            for (int n = 1; n < names.length; n++) {
                into.put(group + names[n], Long.parseLong(values[n]));
            }
        }
    }

    /** {@code ss -tine}: every connection with the kernel's view of it. */
    String connections() {
        return namespace.exec("ss", "-tine");
    }

    @Override
    public void close() {
        inside.close();
        device.close();
        namespace.close();
        Lab.deleteTree(directory);
    }
}
