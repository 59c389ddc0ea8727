package io.culvert.simnet;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.UdpDatagram;
import io.culvert.netstack.UdpHandler;
import io.culvert.netstack.UdpSocket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends numbered datagrams of varied size to one or more destinations and checks what comes back:
 * each datagram at most once, unchanged, and from the destination to which it went.
 */
public final class SimUdpClient implements UdpHandler {
    /** A number at the beginning of each datagram. */
    private static final int MIN_LENGTH = 8;

    private final SimHost host;
    private final List<InetSocketAddress> destinations;
    private final SeededRandom random;
    private final int count;
    private final int maxLength;
    private final long everyNanos;
    private final MemorySegment memory;
    private final int[] lengths;
    private final BitSet answered = new BitSet();
    private final Set<InetSocketAddress> unreachable = new HashSet<>();
    private final UdpDatagram datagram = new UdpDatagram();
    private final StreamPattern pattern;
    private @Nullable UdpSocket socket;
    private int sent;
    private boolean isStopped;
    private boolean isClosed;

    /**
     * A client that hasn't begun.
     *
     * @param destinations of one address family, taken in turn
     * @param count datagrams to send
     * @param maxLength bytes of payload at most; beyond the MTU they are fragmented
     * @param everyNanos time between two datagrams
     */
    public SimUdpClient(
            SimHost host,
            List<InetSocketAddress> destinations,
            SeededRandom random,
            int count,
            int maxLength,
            long everyNanos) {
        this.host = host;
        this.destinations = destinations;
        this.random = random;
        this.count = count;
        this.maxLength = maxLength;
        this.everyNanos = everyNanos;
        memory = Arena.ofAuto().allocate(maxLength, 8);
        lengths = new int[count];
        pattern = new StreamPattern(random.nextLong());
    }

    /** Opens the socket and sends the first datagram, in the host's next turn. */
    public SimUdpClient start() {
        host.execute(() -> {
            boolean ipv6 = destinations.getFirst().getAddress().getAddress().length == 16;
            socket = host.stack().udp(ipv6, 0, this);
            sendOne();
        });
        return this;
    }

    /** Sends no more. */
    public void stop() {
        isStopped = true;
    }

    /** Closes the socket, in the host's next turn. */
    public void close() {
        host.execute(() -> socket().close());
    }

    public int sent() {
        return sent;
    }

    /** Datagrams that came back. */
    public int answered() {
        return answered.cardinality();
    }

    /** Destinations that were reported unreachable. */
    public Set<InetSocketAddress> unreachable() {
        return unreachable;
    }

    public boolean isClosed() {
        return isClosed;
    }

    private UdpSocket socket() {
        UdpSocket open = socket;
        if (open == null) {
            throw new IllegalStateException("not started");
        }
        return open;
    }

    private void sendOne() {
        if (isStopped || isClosed || sent == count) {
            return;
        }
        int number = sent++;
        int length = random.between(MIN_LENGTH, maxLength);
        lengths[number] = length;
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, number);
        pattern.fill(number, memory, MIN_LENGTH, length - MIN_LENGTH);
        socket().send(destination(number), memory, 0, length);
        host.after(everyNanos, this::sendOne);
    }

    private InetSocketAddress destination(int number) {
        return destinations.get(number % destinations.size());
    }

    @Override
    public void readable(UdpSocket from) {
        while (from.receive(datagram)) {
            Chunk chunk = datagram.chunk;
            if (chunk == null) {
                throw new AssertionError("a datagram without memory");
            }
            check(chunk.memory().asSlice(datagram.offset, datagram.length));
            chunk.release();
        }
    }

    private void check(MemorySegment m) {
        long number = m.byteSize() < MIN_LENGTH ? -1 : m.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        if (number < 0 || number >= sent) {
            throw new AssertionError("datagram " + number + " was never sent");
        }
        int id = (int) number;
        if (answered.get(id)) {
            throw new AssertionError("datagram " + id + " came twice");
        }
        answered.set(id);
        if (m.byteSize() != lengths[id]
                || pattern.mismatch(id, m, MIN_LENGTH, lengths[id] - MIN_LENGTH) >= 0) {
            throw new AssertionError("datagram " + id + " has changed");
        }
        if (!destination(id).equals(datagram.address)) {
            throw new AssertionError(
                    "datagram "
                            + id
                            + " to "
                            + destination(id)
                            + " came back from "
                            + datagram.address);
        }
    }

    @Override
    public void unreachable(
            UdpSocket from, InetSocketAddress remote, io.culvert.netstack.Unreachable kind) {
        unreachable.add(remote);
    }

    @Override
    public void closed(UdpSocket from) {
        if (isClosed) {
            throw new AssertionError("closed twice");
        }
        isClosed = true;
    }

    @Override
    public String toString() {
        return answered()
                + " of "
                + sent
                + " answered by "
                + destinations
                + (isClosed ? ", closed" : "");
    }
}
