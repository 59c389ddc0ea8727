package io.culvert.simnet;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The socket edge of a host: queues what arrives, makes trains of it, and pulls what is to be sent.
 */
public final class HostIo {
    /** Most bytes that Linux coalesces into one {@code UDP_GRO} read. */
    private static final int TRAIN_BYTES = 65_535;

    /** Most datagrams of one, {@code UDP_MAX_SEGMENTS} before Linux 6.9. */
    private static final int TRAIN_DATAGRAMS = 64;

    /** Chance that a train ends though more would fit, as when the kernel saw a gap in time. */
    private static final double TRAIN_CUT = 0.05;

    /** More datagrams than this in one turn cannot come from any window. */
    private static final int SENT_PER_TURN = 1_000_000;

    private static final byte POISON = (byte) 0xA5;
    private static final int GUARD = 16;

    private static final class Arrival {
        private final byte[] data;
        private final int length;
        private final InetSocketAddress source;

        Arrival(byte[] data, int length, InetSocketAddress source) {
            this.data = data;
            this.length = length;
            this.source = source;
        }
    }

    private final HostEngine engine;
    private final HostProfile profile;
    private final SeededRandom random;
    private final Queue<Arrival> arrivals = new ArrayDeque<>();
    private final MemorySegment input = Arena.ofAuto().allocate(TRAIN_BYTES, 64);
    private final MemorySegment output;
    private int waiting;
    private long received;
    private long receivedBytes;
    private long overflowed;
    private long sent;
    private long sentBytes;

    HostIo(HostEngine engine, HostProfile profile, SeededRandom random) {
        this.engine = engine;
        this.profile = profile;
        this.random = random;
        output = Arena.ofAuto().allocate(engine.capacity() + 2L * GUARD, 64);
        output.fill(POISON);
    }

    /** Datagrams given to the engine. */
    public long received() {
        return received;
    }

    public long receivedBytes() {
        return receivedBytes;
    }

    /** Datagrams dropped because the socket's receive buffer was full. */
    public long overflowed() {
        return overflowed;
    }

    /** Datagrams that the engine sent. */
    public long sent() {
        return sent;
    }

    public long sentBytes() {
        return sentBytes;
    }

    /** Queues a datagram; false when the receive buffer is full and it was dropped. */
    boolean arrived(byte[] data, int length, InetSocketAddress source) {
        if (waiting + length > profile.receiveBuffer()) {
            overflowed++;
            return false;
        }
        waiting += length;
        arrivals.add(new Arrival(data, length, source));
        return true;
    }

    /** Gives everything that has arrived to the engine. */
    void receive(long now) {
        for (Arrival first = arrivals.poll(); first != null; first = arrivals.poll()) {
            int length = first.length;
            put(first, 0);
            int last = first.length;
            for (int count = 1; profile.trains() && count < TRAIN_DATAGRAMS; count++) {
                Arrival next = arrivals.peek();
                if (next == null
                        || !follows(first, last, length, next)
                        || random.chance(TRAIN_CUT)) {
                    break;
                }
                arrivals.remove();
                put(next, length);
                last = next.length;
                length += last;
            }
            engine.receive(input, 0, length, first.length, first.source, now);
            // The memory was only lent: whoever still reads it shall notice.
            input.asSlice(0, length).fill(POISON);
        }
    }

    private static boolean follows(Arrival first, int last, int length, Arrival next) {
        return last == first.length
                && next.length <= first.length
                && length + next.length <= TRAIN_BYTES
                && next.source.equals(first.source);
    }

    private void put(Arrival arrival, int at) {
        MemorySegment.copy(arrival.data, 0, input, ValueLayout.JAVA_BYTE, at, arrival.length);
        waiting -= arrival.length;
        received++;
        receivedBytes += arrival.length;
    }

    /** Sends what the engine has; true when the socket was full before the engine was done. */
    boolean send(VirtualSocket socket, long now) {
        int burst = profile.sendBurst() == 0 ? Integer.MAX_VALUE : profile.sendBurst();
        for (int count = 0; count < burst; count++) {
            int length = engine.pull(output, GUARD, engine.capacity(), now);
            if (length == 0) {
                return false;
            }
            checkGuards(length);
            @Nullable InetSocketAddress destination = engine.destination();
            if (destination == null) {
                throw new IllegalStateException(
                        socket.name() + " sends " + length + " bytes to nowhere");
            }
            sent++;
            sentBytes += length;
            socket.send(output, GUARD, length, destination);
            if (count > SENT_PER_TURN) {
                throw new IllegalStateException(
                        "livelock: " + socket.name() + " never stops sending");
            }
        }
        return true;
    }

    private void checkGuards(int length) {
        if (length < 0 || length > engine.capacity()) {
            throw new IllegalStateException(
                    "a datagram of " + length + " bytes where " + engine.capacity() + " fit");
        }
        long behind = GUARD + (long) engine.capacity();
        for (int i = 0; i < GUARD; i++) {
            if (output.get(ValueLayout.JAVA_BYTE, i) != POISON
                    || output.get(ValueLayout.JAVA_BYTE, behind + i) != POISON) {
                throw new IllegalStateException("written outside of the place for the datagram");
            }
        }
    }
}
