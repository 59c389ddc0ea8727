package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.MSG_TRUNC;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams received by one {@code recvmmsg}, joined to trains.
 *
 * <p>Each datagram has a place as long as the longest of the batch before, place beside place, so
 * that datagrams of that size are a train where they lie. What is longer than its place goes on in
 * memory of its own, and is put together there: a datagram may have any length at any time.
 */
final class DatagramBatch {
    /** Most datagrams a call. */
    static final int CAPACITY = 64;

    /** Places don't grow beyond: more than a datagram of WireGuard's on an Ethernet. */
    private static final int LONGEST_PLACE = 2048;

    /** Room for the longest UDP datagram. */
    private static final int WHOLE = 1 << 16;

    /**
     * The first places: 1420 bytes, the usual MTU of a tunnel, and what a transport message adds.
     */
    private static final int USUAL = 1452;

    private final MessageVector messages;
    private final MemorySegment places;
    private final MemorySegment wholes;
    private int place = USUAL;

    /** How many messages have to be made ready to receive again. */
    private int used = CAPACITY;

    private int count;
    private int next;

    // The train that next() found.
    private MemorySegment memory;
    private int offset;
    private int length;
    private int segmentSize;
    private @Nullable InetSocketAddress source;
    private int trafficClass;

    /**
     * @param arena lives as long as the transport, which takes 4 MiB of it for the longest
     *     datagrams
     */
    DatagramBatch(Arena arena) {
        messages = new MessageVector(arena, false, CAPACITY, 2);
        places = arena.allocate((long) CAPACITY * LONGEST_PLACE, 64);
        wholes = arena.allocate((long) CAPACITY * WHOLE, 64);
        memory = places;
    }

    /** Receives what there is. Returns how many datagrams; -1 for none, with an error number. */
    int receive(KernelCalls kernel, MemorySegment capture, int fd) {
        fitPlaces();
        for (int i = 0; i < used; i++) {
            messages.get(i)
                    .prepareReceive(
                            places.address() + (long) i * place,
                            place,
                            wholes.address() + (long) i * WHOLE + place,
                            WHOLE - place);
        }
        next = 0;
        int received = kernel.recvmmsg(capture, fd, messages, CAPACITY);
        count = Math.max(received, 0);
        used = count;
        return received;
    }

    private void fitPlaces() {
        int longest = 0;
        for (int i = 0; i < count; i++) {
            longest = Math.max(longest, messages.length(i));
        }
        int fitting = Math.min(longest, LONGEST_PLACE);
        if (fitting != 0 && fitting != place) {
            place = fitting;
            used = CAPACITY;
        }
    }

    /**
     * Goes on to the next train.
     *
     * @return false when there is none left
     */
    boolean next(SocketAddresses addresses, UdpCounters counters) {
        while (next < count) {
            int first = next++;
            MessageHeader message = messages.get(first);
            if ((message.flags() & MSG_TRUNC) != 0) {
                counters.truncated++;
                continue;
            }
            source = message.readSource(addresses);
            trafficClass = message.trafficClass();
            segmentSize = messages.length(first);
            length = segmentSize;
            if (source == null || length == 0) {
                continue;
            }
            if (length > place) {
                memory = wholes;
                offset = first * WHOLE;
                MemorySegment.copy(places, (long) first * place, wholes, offset, place);
            } else {
                memory = places;
                offset = first * place;
                takeTrain(addresses);
            }
            return true;
        }
        return false;
    }

    /** Takes what lies right behind, and is of the same kind. */
    @SuppressWarnings("ReferenceEquality") // the same bytes are the same object
    private void takeTrain(SocketAddresses addresses) {
        int last = segmentSize;
        while (last == place && next < count) {
            MessageHeader message = messages.get(next);
            last = messages.length(next);
            if (last == 0
                    || last > place
                    || message.readSource(addresses) != source
                    || message.trafficClass() != trafficClass) {
                return;
            }
            length += last;
            next++;
        }
    }

    MemorySegment memory() {
        return memory;
    }

    int offset() {
        return offset;
    }

    int length() {
        return length;
    }

    int segmentSize() {
        return segmentSize;
    }

    /** Whose the train is. Only after {@link #next} returned true. */
    InetSocketAddress source() {
        InetSocketAddress s = source;
        if (s == null) {
            throw new IllegalStateException("nothing was received");
        }
        return s;
    }

    int trafficClass() {
        return trafficClass;
    }
}
