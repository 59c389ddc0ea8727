package io.culvert.proxy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/** Which families of addresses this machine has beyond its own links. */
final class LocalFamilies {
    private static final long VALID_NANOS = 10_000_000_000L;

    private record Seen(boolean four, boolean six, long at) {}

    private static volatile Seen seen = look();

    private LocalFamilies() {}

    static boolean has(boolean ipv6) {
        Seen last = seen;
        if (System.nanoTime() - last.at > VALID_NANOS) {
            last = look();
            seen = last;
        }
        return ipv6 ? last.six : last.four;
    }

    private static Seen look() {
        boolean four = false;
        boolean six = false;
        try {
            for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
                for (InetAddress address : addresses(each)) {
                    six |= address instanceof Inet6Address;
                    four |= !(address instanceof Inet6Address);
                }
            }
        } catch (SocketException e) {
            // Then it is asked for both.
            return new Seen(true, true, System.nanoTime());
        }
        return new Seen(four, six, System.nanoTime());
    }

    private static List<InetAddress> addresses(NetworkInterface each) {
        return each.inetAddresses()
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .toList();
    }
}
