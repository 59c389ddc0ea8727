package io.culvert.tunnel;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;

/** Knows which addresses this machine has a route to: a datagram tells nobody it went nowhere. */
final class RouteProbe {
    private RouteProbe() {}

    /** The same addresses, those without a route last. Nothing is sent. */
    static List<InetSocketAddress> routedFirst(List<InetSocketAddress> addresses) {
        List<InetSocketAddress> routed = new ArrayList<>();
        List<InetSocketAddress> unrouted = new ArrayList<>();
        for (InetSocketAddress address : addresses) {
            (addresses.size() == 1 || hasRoute(address) ? routed : unrouted).add(address);
        }
        routed.addAll(unrouted);
        return routed;
    }

    /** Connecting a UDP socket only asks the routing table. */
    private static boolean hasRoute(InetSocketAddress address) {
        try (DatagramChannel probe = DatagramChannel.open()) {
            probe.connect(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
