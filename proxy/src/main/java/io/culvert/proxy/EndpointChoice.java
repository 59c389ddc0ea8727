package io.culvert.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.util.List;

/** Picks the address of a peer's endpoint: a datagram tells nobody when it goes nowhere. */
final class EndpointChoice {
    private EndpointChoice() {}

    /**
     * The first address that this machine has a route to, or simply the first. Nothing is sent:
     * connecting a UDP socket only asks the routing table.
     *
     * @param addresses in order of preference; not empty
     */
    static InetSocketAddress of(List<InetAddress> addresses, int port) {
        for (InetAddress address : addresses) {
            InetSocketAddress candidate = new InetSocketAddress(address, port);
            if (addresses.size() == 1 || hasRoute(candidate)) {
                return candidate;
            }
        }
        return new InetSocketAddress(addresses.getFirst(), port);
    }

    private static boolean hasRoute(InetSocketAddress address) {
        try (DatagramChannel probe = DatagramChannel.open()) {
            probe.connect(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
