package io.culvert.simnet;

import io.culvert.simnet.Trace.Fate;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network that carries UDP datagrams between addresses, in virtual time and with seeded faults.
 *
 * <p>Each ordered pair of sockets has its own {@link Link} with its own profile and its own stream
 * of random numbers. A link that nobody set up is perfect.
 */
public final class VirtualNetwork {
    /** Bytes of an IPv4 and a UDP header, by which a datagram is larger on the wire. */
    private static final int OVERHEAD_V4 = 28;

    private static final int OVERHEAD_V6 = 48;

    private final Scheduler scheduler;
    private final SeededRandom random;
    private final Trace trace;
    private final Map<InetSocketAddress, VirtualSocket> sockets = new HashMap<>();
    private final Map<String, Link> links = new HashMap<>();
    private final List<Observer> observers = new ArrayList<>();
    private long unroutable;

    /** Sees every datagram as it leaves its sender, before any fault. */
    @FunctionalInterface
    public interface Observer {
        /** Sees one datagram; {@code data} must not be changed or kept. */
        void sent(VirtualSocket from, InetSocketAddress destination, byte[] data, int length);
    }

    public VirtualNetwork(Scheduler scheduler, SeededRandom random, Trace trace) {
        this.scheduler = scheduler;
        this.random = random;
        this.trace = trace;
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    public Trace trace() {
        return trace;
    }

    /** Datagrams to addresses at which nobody listened, on departure or on arrival. */
    public long unroutable() {
        return unroutable;
    }

    public void observe(Observer observer) {
        observers.add(observer);
    }

    /**
     * Opens a socket.
     *
     * @param name unique; the random numbers of the socket's links depend on it
     * @throws IllegalArgumentException when the address is in use
     */
    public VirtualSocket bind(
            String name, InetSocketAddress address, VirtualSocket.Receiver receiver) {
        VirtualSocket socket = new VirtualSocket(this, name, address, receiver);
        claim(address, socket);
        return socket;
    }

    /** Closes a socket: nobody listens at its address any more. */
    public void close(VirtualSocket socket) {
        sockets.remove(socket.address(), socket);
    }

    /** The link from one socket to another; it stays the same for the life of the network. */
    public Link link(VirtualSocket from, VirtualSocket to) {
        String name = from.name() + ">" + to.name();
        return links.computeIfAbsent(name, n -> new Link(n, random.stream(n), LinkProfile.PERFECT));
    }

    /** Gives both directions between two sockets their profiles. */
    public void connect(VirtualSocket a, VirtualSocket b, LinkProfile there, LinkProfile back) {
        link(a, b).profile(there);
        link(b, a).profile(back);
    }

    /**
     * Makes a datagram arrive that nobody who owns the source address needs to have sent.
     *
     * @param data is the receiver's from now on
     * @param delay nanoseconds from now
     */
    public void inject(
            InetSocketAddress source, InetSocketAddress destination, byte[] data, long delay) {
        long now = scheduler.now();
        trace.datagram(now, "attacker", Fate.DELIVERED, data, data.length, now + delay);
        scheduler.after(delay, () -> arrive(data, data.length, source, destination));
    }

    void rebind(VirtualSocket socket, InetSocketAddress next) {
        claim(next, socket);
        sockets.remove(socket.address(), socket);
        trace.note(
                scheduler.now(),
                () -> socket.name() + " moves from " + socket.address() + " to " + next);
    }

    void send(
            VirtualSocket from,
            MemorySegment memory,
            long offset,
            int length,
            InetSocketAddress destination) {
        byte[] data = new byte[length];
        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, data, 0, length);
        for (int i = 0; i < observers.size(); i++) {
            observers.get(i).sent(from, destination, data, length);
        }
        VirtualSocket to = sockets.get(destination);
        long now = scheduler.now();
        if (to == null) {
            unroutable++;
            trace.datagram(now, from.name() + ">" + destination, Fate.NO_ROUTE, data, length, now);
            return;
        }
        Link link = link(from, to);
        int overhead = destination.getAddress() instanceof Inet4Address ? OVERHEAD_V4 : OVERHEAD_V6;
        link.send(
                data,
                length,
                overhead,
                now,
                new Departure(link.name(), from.address(), destination));
    }

    private void arrive(
            byte[] data, int length, InetSocketAddress source, InetSocketAddress destination) {
        VirtualSocket to = sockets.get(destination);
        if (to == null) {
            unroutable++;
            trace.note(scheduler.now(), () -> "nobody listens at " + destination + " any more");
            return;
        }
        to.deliver(data, length, source);
    }

    private void claim(InetSocketAddress address, VirtualSocket socket) {
        @Nullable VirtualSocket owner = sockets.putIfAbsent(address, socket);
        if (owner != null) {
            throw new IllegalArgumentException(address + " belongs to " + owner.name());
        }
    }

    /** Schedules what a link lets through. */
    private final class Departure implements Link.Departures {
        private final String link;
        private final InetSocketAddress source;
        private final InetSocketAddress destination;

        Departure(String link, InetSocketAddress source, InetSocketAddress destination) {
            this.link = link;
            this.source = source;
            this.destination = destination;
        }

        @Override
        public void arrivesAt(long arrival, byte[] data, int length, Fate fate) {
            trace.datagram(scheduler.now(), link, fate, data, length, arrival);
            scheduler.at(arrival, () -> arrive(data, length, source, destination));
        }

        @Override
        public void dropped(byte[] data, int length, Fate fate) {
            trace.datagram(scheduler.now(), link, fate, data, length, scheduler.now());
        }
    }
}
