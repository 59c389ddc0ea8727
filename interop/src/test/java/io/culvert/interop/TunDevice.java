package io.culvert.interop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A TUN device: what is written arrives at the kernel, what the kernel sends is read. */
final class TunDevice implements AutoCloseable {
    private static final int O_RDWR_NONBLOCK_CLOEXEC = 0x80802;
    private static final long TUNSETIFF = 0x400454caL;

    /** NAPI, as the kernel then takes packets in the order written, whichever CPU we are on. */
    private static final short IFF_TUN_NO_PI_NAPI = 0x1011;

    private static final int IFREQ = 40;
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80800;
    private static final int POLLIN = 1;
    private static final long SECOND = 1_000_000_000L;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment capture = TunCalls.newCapture(arena);
    private final MemorySegment wakeCapture = TunCalls.newCapture(arena);
    private final MemorySegment one = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment pollfds = arena.allocate(16, 8);
    private final MemorySegment timespec = arena.allocate(16, 8);
    private final MemorySegment woken = arena.allocate(ValueLayout.JAVA_LONG);
    private final int fd;
    private final int wake;
    private boolean closed;

    private TunDevice(String name) {
        fd = TunCalls.open(capture, arena.allocateFrom("/dev/net/tun"), O_RDWR_NONBLOCK_CLOEXEC);
        if (fd < 0) {
            throw TunCalls.failure(capture, "open /dev/net/tun");
        }
        MemorySegment ifreq = arena.allocate(IFREQ, 8);
        ifreq.setString(0, name);
        ifreq.set(ValueLayout.JAVA_SHORT, 16, IFF_TUN_NO_PI_NAPI);
        if (TunCalls.ioctl(capture, fd, TUNSETIFF, ifreq) < 0) {
            throw TunCalls.failure(capture, "TUNSETIFF " + name);
        }
        wake = TunCalls.eventfd(capture, 0, EFD_CLOEXEC_NONBLOCK);
        if (wake < 0) {
            throw TunCalls.failure(capture, "eventfd");
        }
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        pollfds.set(ValueLayout.JAVA_INT, 0, fd);
        pollfds.set(ValueLayout.JAVA_SHORT, 4, (short) POLLIN);
        pollfds.set(ValueLayout.JAVA_INT, 8, wake);
        pollfds.set(ValueLayout.JAVA_SHORT, 12, (short) POLLIN);
    }

    /** A new device of that name; it vanishes when it is closed. */
    static TunDevice open(NamespaceThread inside, String name) {
        return inside.call(() -> new TunDevice(name));
    }

    /** The kernel's next packet; its length, 0 if none waits. */
    int read(MemorySegment m) {
        long n = TunCalls.read(capture, fd, m);
        if (n < 0 && TunCalls.errno(capture) != TunCalls.EAGAIN) {
            throw TunCalls.failure(capture, "read of the TUN device");
        }
        return (int) Math.max(n, 0);
    }

    /** Hands a packet to the kernel. */
    void write(MemorySegment m) {
        if (TunCalls.write(capture, fd, m) < 0) {
            throw TunCalls.failure(capture, "write of " + m.byteSize() + " bytes to TUN device");
        }
    }

    /** Waits for a packet, a {@link #wake} or until that many nanoseconds are over. */
    void await(long nanos) {
        timespec.set(ValueLayout.JAVA_LONG, 0, nanos / SECOND);
        timespec.set(ValueLayout.JAVA_LONG, 8, nanos % SECOND);
        int _ = TunCalls.ppoll(capture, pollfds, 2, timespec);
        long _ = TunCalls.read(capture, wake, woken);
    }

    /** Ends {@link #await}; from any thread. */
    synchronized void wake() {
        if (!closed) {
            long _ = TunCalls.write(wakeCapture, wake, one);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        TunCalls.close(capture, fd);
        TunCalls.close(capture, wake);
        arena.close();
    }
}
