package io.culvert.simnet;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * A NAT in front of one device: one port outside, forgotten when the device is silent for too long,
 * and open only to those it sent something to not long ago (RFC 4787: endpoint-independent mapping,
 * address- and port-dependent filtering).
 */
final class LifeNat {
    private final SeededRandom random;
    private final long timeout;
    private final Map<InetSocketAddress, Long> contacts = new HashMap<>();
    private long lastUse;

    LifeNat(SeededRandom random, long timeoutNanos) {
        this.random = random;
        timeout = timeoutNanos;
    }

    /** Something leaves: the mapping is renewed, or made anew at another port. */
    void outbound(VirtualSocket socket, InetSocketAddress destination, long now) {
        if (now - lastUse > timeout) {
            forget(socket);
        }
        lastUse = now;
        contacts.put(destination, now);
    }

    boolean admits(InetSocketAddress source, long now) {
        Long contact = contacts.get(source);
        return contact != null && now - contact <= timeout;
    }

    /** The box starts anew, or another connection is used. */
    void forget(VirtualSocket socket) {
        contacts.clear();
        int port = random.between(1024, 65_535);
        socket.rebind(
                new InetSocketAddress(
                        socket.address().getAddress(),
                        port == socket.address().getPort() ? port ^ 1 : port));
    }
}
