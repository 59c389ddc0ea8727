package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.*;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A network interface of the system's whose packets are ours (TUN, {@code
 * Documentation/networking/tuntap.rst}). It is there until {@link #close} or the end of the
 * process, however that comes, and takes its addresses and routes along.
 *
 * <p>Made on any thread; afterwards the event loop's alone.
 */
public final class TunDevice {
    /** An interface's name with the byte that ends it, {@code IFNAMSIZ}. */
    static final int NAME_SIZE = 16;

    private static final int IFREQ = 40;

    /** With all of these the kernel gives and takes packets up to 64 KiB. */
    private static final int TSO = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

    private static final int USO = TUN_F_USO4 | TUN_F_USO6;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment capture = LinuxCalls.newCapture(arena);
    private final int fd;
    private final String name;
    private final boolean large;
    private final boolean largeDatagrams;
    private boolean closed;

    private TunDevice(String wanted) throws IOException {
        int made = -1;
        try {
            made =
                    LinuxCalls.open(
                            capture,
                            arena.allocateFrom("/dev/net/tun"),
                            O_RDWR | O_NONBLOCK | O_CLOEXEC);
            if (made < 0) {
                throw failure("open /dev/net/tun");
            }
            MemorySegment ifreq = arena.allocate(IFREQ, 8);
            byte[] bytes = wanted.getBytes(StandardCharsets.US_ASCII);
            MemorySegment.copy(bytes, 0, ifreq, ValueLayout.JAVA_BYTE, 0, bytes.length);
            int flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL;
            ifreq.set(ValueLayout.JAVA_SHORT, NAME_SIZE, (short) flags);
            if (LinuxCalls.ioctl(capture, made, TUNSETIFF, ifreq) < 0) {
                throw failure("make the interface " + wanted);
            }
            fd = made;
            name = ifreq.getString(0);
            largeDatagrams = offload(TSO | USO);
            large = largeDatagrams || offload(TSO);
        } catch (IOException | RuntimeException e) {
            if (made >= 0) {
                LinuxCalls.close(capture, made);
            }
            arena.close();
            throw e;
        }
    }

    /**
     * Makes an interface.
     *
     * @param name of 1 to 15 bytes; {@code wg%d} takes the first number that is free
     * @throws IOException with one sentence: no native access, no {@code /dev/net/tun}, no right
     *     (CAP_NET_ADMIN), or the name is taken
     */
    public static TunDevice open(String name) throws IOException {
        if (name.isEmpty()
                || name.length() >= NAME_SIZE
                || !name.chars().allMatch(TunDevice::isSane)) {
            throw new IllegalArgumentException("not the name of an interface: " + name);
        }
        String reason = UdpTransportChoice.reasonAgainstNative();
        if (reason != null) {
            throw new IOException(reason);
        }
        return new TunDevice(name);
    }

    private static boolean isSane(int c) {
        return c > ' ' && c < 0x7f && c != '/' && c != ':';
    }

    private boolean offload(int features) {
        MemorySegment value = MemorySegment.ofAddress(features);
        return LinuxCalls.ioctl(capture, fd, TUNSETOFFLOAD, value) == 0;
    }

    private IOException failure(String what) {
        int errno = LinuxCalls.errno(capture);
        return new IOException(
                "cannot "
                        + what
                        + ": "
                        + switch (errno) {
                            case ENOENT -> "it is not there";
                            case EPERM, EACCES -> "not permitted, it needs CAP_NET_ADMIN";
                            case EBUSY, EEXIST -> "there is one of that name";
                            default -> LinuxCalls.describe(errno);
                        });
    }

    /** The interface's name. */
    public String name() {
        return name;
    }

    /** Whether the kernel gives and takes packets that are to be cut. */
    boolean large() {
        return large;
    }

    /** The same of UDP, since Linux 6.2. */
    boolean largeDatagrams() {
        return largeDatagrams;
    }

    int fd() {
        return fd;
    }

    /**
     * Reads the next packet with the {@link VirtioNetHeader} before it.
     *
     * @return bytes; 0 when there is none; negative when the interface is gone
     */
    int read(MemorySegment buffer) {
        long n = LinuxCalls.read(capture, fd, buffer);
        if (n >= 0) {
            return (int) n;
        }
        int errno = LinuxCalls.errno(capture);
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }

    /** Writes a packet; false when the kernel doesn't take it. */
    boolean write(MemorySegment iov, int count) {
        return LinuxCalls.writev(capture, fd, iov, count) >= 0;
    }

    /** Removes the interface. The event loop has to have let go of it. */
    public void close() {
        if (!closed) {
            closed = true;
            LinuxCalls.close(capture, fd);
            arena.close();
        }
    }
}
