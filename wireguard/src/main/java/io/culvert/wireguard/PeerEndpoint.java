package io.culvert.wireguard;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a peer is, where else it may be, and whether it answers there.
 *
 * <p>A peer is healthy while it was heard since the last initiation, or while its session may be
 * used and it isn't silent: silence is what makes {@link PeerTimers} begin a new handshake. Only a
 * peer that isn't healthy is looked for elsewhere.
 */
final class PeerEndpoint {
    private final Peer peer;
    private final Device device;
    private @Nullable InetSocketAddress present;
    private List<InetSocketAddress> candidates = List.of();

    /** Whether the endpoint is a name, whose addresses may change or be unknown as yet. */
    private boolean named;

    /** Whether someone said where the peer is, as opposed to a peer that calls from anywhere. */
    private boolean configured;

    private boolean silent;
    private boolean heardSinceInitiation;
    private int unanswered;
    private long heardByDeviceBefore;
    private long reportAllowedAt = Constants.LONG_AGO;

    PeerEndpoint(Peer peer, Device device) {
        this.peer = peer;
        this.device = device;
    }

    @Nullable InetSocketAddress present() {
        return present;
    }

    boolean isNamed() {
        return named;
    }

    /** Whether packets may wait although it isn't known yet where the peer is. */
    boolean isAwaited() {
        return named && present == null;
    }

    /** As {@link Peer#endpoint(InetSocketAddress)}: no other place counts any more. */
    void set(@Nullable InetSocketAddress e) {
        if (e != null) {
            requireResolved(e);
        }
        device.batch.settleReceived(); // which would undo it later
        boolean waited = present == null && e != null;
        named = false;
        configured = e != null;
        candidates = List.of();
        unanswered = 0;
        present = e == null ? null : MappedAddress.unmapped(e);
        if (waited) {
            sendWaiting();
        }
    }

    /** As {@link Peer#endpoints}. */
    void resolved(List<InetSocketAddress> addresses, long now) {
        addresses.forEach(PeerEndpoint::requireResolved);
        device.batch.settleReceived();
        named = true;
        configured = true;
        if (addresses.isEmpty()) {
            return;
        }
        candidates = alternating(addresses);
        InetSocketAddress before = present;
        if (before != null && (candidates.contains(before) || isHealthy(now))) {
            return;
        }
        unanswered = 0;
        moveTo(candidates.getFirst());
        if (peer.timers.isRetrying()) {
            peer.openGate(); // it closed for another address
        }
        sendWaiting();
    }

    private static void requireResolved(InetSocketAddress address) {
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("endpoint " + address + " is not resolved");
        }
    }

    /** It is known now where to send what had to wait. */
    private void sendWaiting() {
        peer.wantsFlush |= !peer.staged.isEmpty();
        peer.wantsInitiation |= peer.timers.isRetrying();
        if (peer.wantsFlush || peer.wantsInitiation) {
            device.output.add(peer);
        }
    }

    /** An authentic packet came from this address. */
    void roam(InetSocketAddress source) {
        InetSocketAddress before = present;
        present = source;
        if (!source.equals(before)) {
            device.emit(new DeviceEvent.EndpointChanged(peer, before, source));
        }
    }

    void heard() {
        silent = false;
        heardSinceInitiation = true;
        unanswered = 0;
        device.silence.heard();
    }

    void initiated() {
        heardSinceInitiation = false;
        if (unanswered == 0) {
            heardByDeviceBefore = device.silence.heardCount();
        }
    }

    /** Data was sent, and nothing at all came back for as long as a living peer may take. */
    void silent(long now) {
        silent = true;
        report(now);
    }

    /** The last initiation stayed without a response: the next one goes to the next address. */
    void unanswered(long now) {
        if (heardSinceInitiation || isHealthy(now)) {
            return;
        }
        unanswered++;
        if (!candidates.isEmpty()) {
            InetSocketAddress next =
                    candidates.get((candidates.indexOf(present) + 1) % candidates.size());
            if (!next.equals(present)) {
                moveTo(next);
            }
        }
        report(now);
        if (configured && present != null && unanswered > 1) {
            device.silence.suspected(peer, heardByDeviceBefore, now);
        }
    }

    /** The machine slept: what went on is asked for anew, and old silence says nothing now. */
    void resumed(long now) {
        silent = false;
        unanswered = 0;
        peer.sourceAddressStale();
        peer.openGate();
        if (peer.persistentKeepalive() != 0
                || !peer.keypairs.isEmpty()
                || !peer.staged.isEmpty()
                || peer.timers.isRetrying()) {
            peer.queueInitiation(false, now);
        }
    }

    boolean isHealthy(long now) {
        return (heardSinceInitiation && peer.timers.isRetrying())
                || (peer.hasSession(now) && !silent);
    }

    private void report(long now) {
        if (named && now >= reportAllowedAt) {
            reportAllowedAt = now + Constants.HEALING_INTERVAL;
            device.emit(new DeviceEvent.EndpointUnanswered(peer));
        }
    }

    private void moveTo(InetSocketAddress next) {
        InetSocketAddress before = present;
        present = next;
        device.emit(new DeviceEvent.EndpointTried(peer, before, next));
    }

    /** The same addresses, each once, the families in turn as long as there are both. */
    private static List<InetSocketAddress> alternating(List<InetSocketAddress> addresses) {
        Deque<InetSocketAddress> first = new ArrayDeque<>();
        Deque<InetSocketAddress> second = new ArrayDeque<>();
        boolean firstIsIpv6 = isIpv6(addresses.getFirst());
        for (InetSocketAddress named : new LinkedHashSet<>(addresses)) {
            InetSocketAddress address = MappedAddress.unmapped(named);
            (isIpv6(address) == firstIsIpv6 ? first : second).addLast(address);
        }
        List<InetSocketAddress> ordered = new ArrayList<>(addresses.size());
        while (!first.isEmpty() || !second.isEmpty()) {
            if (!first.isEmpty()) {
                ordered.add(first.removeFirst());
            }
            if (!second.isEmpty()) {
                ordered.add(second.removeFirst());
            }
        }
        return List.copyOf(ordered);
    }

    private static boolean isIpv6(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address;
    }
}
