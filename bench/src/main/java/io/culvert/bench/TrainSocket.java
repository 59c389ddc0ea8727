package io.culvert.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;

/**
 * A non-blocking IPv4 UDP socket that takes and sends whole trains of datagrams ({@code UDP_GRO},
 * {@code UDP_SEGMENT}), from and to plain addresses of memory. For one thread.
 */
final class TrainSocket {
    /** Most datagrams of one train: {@code UDP_MAX_SEGMENTS} before Linux 6.9. */
    static final int MOST = 64;

    /** Most bytes of one train: an IPv4 datagram's. */
    static final int MOST_BYTES = 65_507;

    private static final int SOCKET_BUFFER = 16 << 20;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    // struct sockaddr_in: family, port and address are its first eight bytes
    private static final int NAME_SIZE = 16;

    // struct msghdr
    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int IOV = 16;
    private static final int IOV_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int HEADER_SIZE = 56;

    // struct cmsghdr: length(8), level, type, data
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int CONTROL_CAPACITY = 64;

    private final SocketCalls calls;
    private final int fd;
    private final MemorySegment in;
    private final MemorySegment inName;
    private final MemorySegment inIov;
    private final MemorySegment inControl;
    private final MemorySegment out;
    private final MemorySegment outName;
    private final MemorySegment outIov;
    private final MemorySegment outControl;
    private final boolean connected;
    private int segment;
    private int pieces;
    private int firstLength;

    private TrainSocket(SocketCalls calls, Arena arena, boolean connected) throws IOException {
        this.calls = calls;
        this.connected = connected;
        fd = calls.socket();
        in = arena.allocate(HEADER_SIZE, 8);
        inName = arena.allocate(NAME_SIZE, 8);
        inIov = arena.allocate(16, 8);
        inControl = arena.allocate(CONTROL_CAPACITY, 8);
        out = arena.allocate(HEADER_SIZE, 8);
        outName = arena.allocate(NAME_SIZE, 8);
        outIov = arena.allocate(16L * MOST, 8);
        outControl = arena.allocate(CONTROL_CAPACITY, 8);
        prepare();
        MemorySegment value = arena.allocate(INT);
        value.set(INT, 0, SOCKET_BUFFER);
        calls.option(fd, SocketCalls.SOL_SOCKET, SocketCalls.SO_RCVBUFFORCE, value);
        calls.option(fd, SocketCalls.SOL_SOCKET, SocketCalls.SO_SNDBUFFORCE, value);
        value.set(INT, 0, 1);
        calls.option(fd, SocketCalls.SOL_UDP, SocketCalls.UDP_GRO, value);
    }

    private void prepare() {
        in.set(LONG, NAME, inName.address());
        in.set(LONG, IOV, inIov.address());
        in.set(LONG, IOV_COUNT, 1);
        in.set(LONG, CONTROL, inControl.address());
        out.set(LONG, IOV, outIov.address());
        out.set(LONG, CONTROL, outControl.address());
        if (!connected) {
            out.set(LONG, NAME, outName.address());
            out.set(INT, NAME_LENGTH, NAME_SIZE);
        }
        outControl.set(LONG, 0, CMSG_DATA + 2);
        outControl.set(INT, CMSG_LEVEL, SocketCalls.SOL_UDP);
        outControl.set(INT, CMSG_TYPE, SocketCalls.UDP_SEGMENT);
    }

    static TrainSocket bound(SocketCalls calls, Arena arena, InetSocketAddress address)
            throws IOException {
        TrainSocket socket = new TrainSocket(calls, arena, false);
        calls.bind(socket.fd, encoded(arena, address));
        return socket;
    }

    static TrainSocket connected(SocketCalls calls, Arena arena, InetSocketAddress address)
            throws IOException {
        TrainSocket socket = new TrainSocket(calls, arena, true);
        calls.connect(socket.fd, encoded(arena, address));
        return socket;
    }

    private static MemorySegment encoded(Arena arena, InetSocketAddress address) {
        MemorySegment name = arena.allocate(NAME_SIZE, 8);
        name.set(SHORT, 0, (short) SocketCalls.AF_INET);
        name.set(BYTE, 2, (byte) (address.getPort() >> 8));
        name.set(BYTE, 3, (byte) address.getPort());
        MemorySegment.copy(address.getAddress().getAddress(), 0, name, BYTE, 4, 4);
        return name;
    }

    int fd() {
        return fd;
    }

    /** Takes a train or a single datagram; its bytes, or negative when there is nothing. */
    int receive(long address, int capacity) {
        inIov.set(LONG, 0, address);
        inIov.set(LONG, 8, capacity);
        in.set(INT, NAME_LENGTH, NAME_SIZE);
        in.set(LONG, CONTROL_LENGTH, CONTROL_CAPACITY);
        int bytes = (int) calls.recvmsg(fd, in);
        segment = bytes;
        boolean train =
                in.get(LONG, CONTROL_LENGTH) > CMSG_DATA
                        && inControl.get(INT, CMSG_LEVEL) == SocketCalls.SOL_UDP
                        && inControl.get(INT, CMSG_TYPE) == SocketCalls.UDP_GRO;
        if (bytes > 0 && train) {
            segment = inControl.get(INT, CMSG_DATA);
        }
        return bytes;
    }

    /** Length of each datagram of the train last received; its last one may be shorter. */
    int segment() {
        return segment;
    }

    /** Where the train last received came from, in a form that {@link #begin} takes. */
    long source() {
        return inName.get(LONG, 0);
    }

    /** Begins a train; a connected socket disregards {@code to}. */
    void begin(long to) {
        outName.set(LONG, 0, to);
        pieces = 0;
    }

    /** Adds a datagram: all as long as the first, but for the last, which may be shorter. */
    void add(long address, int length) {
        if (pieces == 0) {
            firstLength = length;
        }
        outIov.set(LONG, 16L * pieces, address);
        outIov.set(LONG, 16L * pieces + 8, length);
        pieces++;
    }

    /** Sends the train; false when the system doesn't take it. */
    boolean send() {
        out.set(LONG, IOV_COUNT, pieces);
        outControl.set(SHORT, CMSG_DATA, (short) firstLength);
        out.set(LONG, CONTROL_LENGTH, pieces == 1 ? 0 : CMSG_DATA + 8);
        boolean sent = calls.sendmsg(fd, out) >= 0;
        // The first error may be one noted for an earlier datagram, which reporting clears.
        return sent || calls.sendmsg(fd, out) >= 0;
    }

    void close() {
        calls.close(fd);
    }
}
