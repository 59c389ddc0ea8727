package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.AF_INET;
import static io.culvert.tunnel.LinuxConstants.AF_INET6;
import static io.culvert.tunnel.LinuxConstants.EADDRINUSE;
import static io.culvert.tunnel.LinuxConstants.EAFNOSUPPORT;
import static io.culvert.tunnel.LinuxConstants.SOCK_CLOEXEC;
import static io.culvert.tunnel.LinuxConstants.SOCK_DGRAM;
import static io.culvert.tunnel.LinuxConstants.SOCK_NONBLOCK;
import static io.culvert.tunnel.LinuxConstants.SOL_SOCKET;
import static io.culvert.tunnel.LinuxConstants.SOL_UDP;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;

/**
 * The descriptor of a non-blocking UDP socket, through the C library: its options and its address.
 * Not thread-safe.
 */
final class UdpDescriptor {
    private final KernelCalls kernel;
    private final MemorySegment capture;
    private final MemorySegment value;
    private final int fd;

    /** The kernel was built or booted without this address family. */
    static final class UnsupportedFamilyException extends SocketException {
        private static final long serialVersionUID = 1;

        UnsupportedFamilyException(String reason) {
            super(reason);
        }
    }

    /**
     * Opens it.
     *
     * @param arena lives as long as the socket
     * @throws UnsupportedFamilyException when the kernel doesn't know the family
     * @throws SocketException when there can't be one; says why
     */
    UdpDescriptor(boolean ipv6, KernelCalls kernel, Arena arena) throws SocketException {
        this.kernel = kernel;
        capture = LinuxCalls.newCapture(arena);
        value = arena.allocate(8, 8);
        int family = ipv6 ? AF_INET6 : AF_INET;
        fd = kernel.socket(capture, family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, SOL_UDP);
        if (fd < 0) {
            throw errno() == EAFNOSUPPORT
                    ? new UnsupportedFamilyException(reason())
                    : new SocketException("cannot open a UDP socket: " + reason());
        }
    }

    int fd() {
        return fd;
    }

    /** Takes the error number of the last call that failed. */
    MemorySegment capture() {
        return capture;
    }

    /** The error number of the last call that failed. */
    int errno() {
        return LinuxCalls.errno(capture);
    }

    /** What it means. */
    String reason() {
        return LinuxCalls.describe(errno());
    }

    /** Sets an option; returns whether the kernel took it. */
    boolean set(int level, int option, int to) {
        value.set(ValueLayout.JAVA_INT, 0, to);
        return LinuxCalls.setsockopt(capture, fd, level, option, value, 4) == 0;
    }

    /**
     * Sets an option that has to be set.
     *
     * @throws SocketException if it can't be; says why
     */
    void set(SocketOption option) throws SocketException {
        byte[] bytes = option.value();
        try (Arena once = Arena.ofConfined()) {
            MemorySegment m = once.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            int result =
                    LinuxCalls.setsockopt(
                            capture, fd, option.level(), option.number(), m, bytes.length);
            if (result != 0) {
                throw new SocketException("cannot set " + option.name() + ": " + reason());
            }
        }
    }

    /**
     * Asks for a buffer; the kernel may give less.
     *
     * @param forcing the option of those who may exceed the limit, which takes CAP_NET_ADMIN
     */
    void bufferSize(int option, int forcing, int bytes) {
        set(SOL_SOCKET, option, bytes);
        set(SOL_SOCKET, forcing, bytes);
    }

    /** Reads an option of the socket itself. */
    int get(int option) {
        value.set(ValueLayout.JAVA_INT, 4, 4);
        LinuxCalls.getsockopt(
                capture, fd, SOL_SOCKET, option, value.asSlice(0, 4), value.asSlice(4, 4));
        return value.get(ValueLayout.JAVA_INT, 0);
    }

    /**
     * Binds it.
     *
     * @throws BindException when the port is taken or the address isn't ours
     */
    void bind(InetSocketAddress local) throws BindException {
        try (Arena once = Arena.ofConfined()) {
            MemorySegment name = once.allocate(SocketAddresses.CAPACITY, 8);
            int length = SocketAddresses.write(name, local);
            if (kernel.bind(capture, fd, name, length) != 0) {
                throw new BindException(
                        errno() == EADDRINUSE ? "Address already in use" : reason());
            }
        }
    }

    /** Where it is bound. */
    InetSocketAddress local() throws SocketException {
        try (Arena once = Arena.ofConfined()) {
            MessageHeader header = new MessageHeader(once, false);
            header.resetName();
            if (LinuxCalls.getsockname(capture, fd, header.name, header.nameLength) != 0) {
                throw new SocketException(reason());
            }
            return SocketAddresses.address(header.name);
        }
    }

    void close() {
        LinuxCalls.close(capture, fd);
    }
}
