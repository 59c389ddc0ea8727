package io.culvert.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Notices traffic that comes back: what leaves by a socket of ours for a port that we listen on is
 * remembered, and whoever comes from that socket for a destination that it has been sent to before
 * goes in a circle. Thread-safe.
 */
final class LoopGuard {

    /** Takes what goes in a circle: it ends here. */
    static final Outbound END =
            new BlackholeOutbound(
                    "loop",
                    new DialException(
                            Failure.DENIED, "it comes from where it goes to, in a circle"));

    /** Circles that were told of. */
    private static final int MAX_SAID = 64;

    private final Set<String> said = ConcurrentHashMap.newKeySet();

    /** Ports that inbounds listen on, of whichever network; replaced, never changed. */
    private volatile BitSet listening = new BitSet();

    /** By network and local port, what our own sockets carry to ports of ours. */
    private final Map<Integer, Trail> tcp = new ConcurrentHashMap<>();

    private final Map<Integer, Trail> udp = new ConcurrentHashMap<>();

    /** Where something has been on its way here. */
    static final class Trail {
        private final @Nullable Trail before;
        private volatile Set<Destination> destinations = Set.of();

        private Trail(@Nullable Trail before) {
            this.before = before;
        }

        private boolean contains(Destination destination) {
            for (Trail at = this; at != null; at = at.before) {
                if (at.destinations.contains(destination)) {
                    return true;
                }
            }
            return false;
        }

        /** It was sent there. */
        synchronized void went(Destination destination) {
            if (!destinations.contains(destination)) {
                Set<Destination> more = new HashSet<>(destinations);
                more.add(destination);
                destinations = more;
            }
        }
    }

    /** An inbound listens there. */
    synchronized void listens(InetSocketAddress address) {
        BitSet more = (BitSet) listening.clone();
        more.set(address.getPort());
        listening = more;
    }

    /** Whether an inbound of ours may be what answers there. */
    boolean isOurs(InetSocketAddress address) {
        return listening.get(address.getPort()) && isLocal(address.getAddress());
    }

    /** Whether the address is this machine's. */
    static boolean isLocal(InetAddress address) {
        try {
            return address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    /** The trail of what the session is about to send. */
    Trail continued(Session session) {
        return new Trail(trail(session));
    }

    /** What leaves by that local port has this trail, until {@link #closed}. */
    void opened(Network network, int localPort, Trail trail) {
        of(network).put(localPort, trail);
    }

    /** The local port is nobody's again. */
    void closed(Network network, int localPort, Trail trail) {
        of(network).remove(localPort, trail);
    }

    /** Whether the session has been where it wants to go. */
    boolean isCircle(Session session) {
        Trail trail = trail(session);
        if (trail == null || !trail.contains(session.destination())) {
            return false;
        }
        String line =
                "inbound "
                        + session.inbound().label()
                        + ": what goes to "
                        + session.destination()
                        + " comes back here in a circle: it is dropped";
        if (said.size() < MAX_SAID && said.add(line)) {
            Log.warning(line);
        }
        return true;
    }

    private @Nullable Trail trail(Session session) {
        Map<Integer, Trail> trails = of(session.destination().network());
        if (trails.isEmpty() || session.local() == null) {
            return null;
        }
        InetSocketAddress source = session.source();
        Trail trail = trails.get(source.getPort());
        return trail != null && isLocal(source.getAddress()) ? trail : null;
    }

    private Map<Integer, Trail> of(Network network) {
        return network == Network.TCP ? tcp : udp;
    }
}
