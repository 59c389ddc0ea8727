package io.culvert.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls of Linux's C library that the path emulator needs. The tunnel's own are not reachable
 * from here, and shall not be: what measures shares no code with what is measured.
 */
final class SocketCalls {
    // <linux/socket.h>, <asm-generic/socket.h>, <linux/udp.h>: the same on x86-64 and aarch64
    static final int AF_INET = 2;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOL_SOCKET = 1;
    static final int SO_SNDBUFFORCE = 32;
    static final int SO_RCVBUFFORCE = 33;
    static final int SOL_UDP = 17;
    static final int UDP_SEGMENT = 103;
    static final int UDP_GRO = 104;
    static final short POLLIN = 1;

    /** {@code SCHED_FIFO} of {@code <sched.h>}. */
    private static final int SCHED_FIFO = 1;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout POINTER = ValueLayout.ADDRESS;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(PathElement.groupElement("errno"));

    private static final MethodHandle SOCKET = link("socket", INT, INT, INT, INT);
    private static final MethodHandle BIND = link("bind", INT, INT, POINTER, INT);
    private static final MethodHandle CONNECT = link("connect", INT, INT, POINTER, INT);
    private static final MethodHandle SETSOCKOPT =
            link("setsockopt", INT, INT, INT, INT, POINTER, INT);
    private static final MethodHandle RECVMSG = link("recvmsg", LONG, INT, POINTER, INT);
    private static final MethodHandle SENDMSG = link("sendmsg", LONG, INT, POINTER, INT);
    private static final MethodHandle PPOLL = link("ppoll", INT, POINTER, LONG, POINTER, POINTER);
    private static final MethodHandle CLOSE = link("close", INT, INT);
    private static final MethodHandle SCHED_SETSCHEDULER =
            link("sched_setscheduler", INT, INT, INT, POINTER);

    private final MemorySegment capture;

    /** For one thread; {@code arena} lives as long as this. */
    SocketCalls(Arena arena) {
        capture = arena.allocate(CAPTURE);
    }

    private static MethodHandle link(String name, ValueLayout result, ValueLayout... parameters) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, parameters),
                Linker.Option.captureCallState("errno"));
    }

    /** A non-blocking UDP socket; its descriptor. */
    int socket() throws IOException {
        try {
            int type = SOCK_DGRAM | SOCK_NONBLOCK;
            return checked("socket", (int) SOCKET.invokeExact(capture, AF_INET, type, SOL_UDP));
        } catch (Throwable t) {
            throw mended(t);
        }
    }

    void bind(int fd, MemorySegment address) throws IOException {
        try {
            int length = (int) address.byteSize();
            checked("bind", (int) BIND.invokeExact(capture, fd, address, length));
        } catch (Throwable t) {
            throw mended(t);
        }
    }

    void connect(int fd, MemorySegment address) throws IOException {
        try {
            int length = (int) address.byteSize();
            checked("connect", (int) CONNECT.invokeExact(capture, fd, address, length));
        } catch (Throwable t) {
            throw mended(t);
        }
    }

    void option(int fd, int level, int option, MemorySegment value) throws IOException {
        try {
            checked(
                    "setsockopt " + option,
                    (int) SETSOCKOPT.invokeExact(capture, fd, level, option, value, 4));
        } catch (Throwable t) {
            throw mended(t);
        }
    }

    /** Bytes received, or negative. */
    long recvmsg(int fd, MemorySegment header) {
        try {
            return (long) RECVMSG.invokeExact(capture, fd, header, 0);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Bytes sent, or negative. */
    long sendmsg(int fd, MemorySegment header) {
        try {
            return (long) SENDMSG.invokeExact(capture, fd, header, 0);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Number of descriptors with something to read. */
    int ppoll(MemorySegment descriptors, long count, MemorySegment timeout) {
        try {
            return (int)
                    PPOLL.invokeExact(capture, descriptors, count, timeout, MemorySegment.NULL);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    void close(int fd) {
        try {
            int _ = (int) CLOSE.invokeExact(capture, fd);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /**
     * Lets the calling thread go before all threads of ordinary priority, and sleep to the point.
     *
     * @return whether the system allows it
     */
    boolean realtime(MemorySegment priority) {
        try {
            return (int) SCHED_SETSCHEDULER.invokeExact(capture, 0, SCHED_FIFO, priority) == 0;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private int checked(String call, int result) throws IOException {
        if (result < 0) {
            throw new IOException(call + " failed: errno " + (int) ERRNO.get(capture, 0L));
        }
        return result;
    }

    private static IOException mended(Throwable t) {
        if (t instanceof IOException e) {
            return e;
        }
        throw unexpected(t);
    }

    /** A downcall throws only for a wrong signature or a closed arena: our mistake. */
    private static Error unexpected(Throwable t) {
        return t instanceof Error e ? e : new AssertionError("native call failed", t);
    }
}
