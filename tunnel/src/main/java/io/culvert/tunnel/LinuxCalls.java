package io.culvert.tunnel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The few calls of the C library that the UDP socket, the TUN device and the clock need, by one
 * static handle.
 *
 * <p>Every call takes a capture segment ({@link #newCapture}) in which {@link #errno} finds the
 * error afterwards; one segment per user, never shared between threads. Other segments go as plain
 * addresses: the caller keeps them reachable and their arenas open. Loading this class fails with
 * {@link IllegalCallerException} where the JVM denies native access, and with {@link LinkageError}
 * where pointers don't have 64 bits or the C library lacks a function.
 */
final class LinuxCalls {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** Size of {@code struct itimerspec}. */
    static final int ITIMERSPEC = 32;

    /** More than any of strerror's sentences has, bytes. */
    private static final int LONGEST_TEXT = 256;

    private static final long NULL = 0;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURES_ERRNO = Linker.Option.captureCallState("errno");
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final long ERRNO = CAPTURE.byteOffset(PathElement.groupElement("errno"));

    /**
     * Every function by one shape: each shape costs a start some ten classes and four milliseconds.
     * Where pointers have 64 bits, Linux's calling conventions hand over five integers or pointers
     * in a register each, and who is called looks at no more registers and bits than it declares.
     */
    private static final MethodHandle CALL = shape();

    private static final MemorySegment SOCKET = function("socket");
    private static final MemorySegment BIND = function("bind");
    private static final MemorySegment GETSOCKNAME = function("getsockname");
    private static final MemorySegment SETSOCKOPT = function("setsockopt");
    private static final MemorySegment GETSOCKOPT = function("getsockopt");
    private static final MemorySegment RECVMSG = function("recvmsg");
    private static final MemorySegment SENDMSG = function("sendmsg");
    private static final MemorySegment RECVMMSG = function("recvmmsg");
    private static final MemorySegment SENDMMSG = function("sendmmsg");
    private static final MemorySegment CLOSE = function("close");
    private static final MemorySegment CLOCK_GETTIME = function("clock_gettime");
    private static final MemorySegment READ = function("read");
    private static final MemorySegment WRITEV = function("writev");
    private static final MemorySegment SETSID = function("setsid");
    private static final MemorySegment TIMERFD_CREATE = function("timerfd_create");
    private static final MemorySegment TIMERFD_SETTIME = function("timerfd_settime");
    private static final MemorySegment SETPRIORITY = function("setpriority");
    private static final MemorySegment STRERROR = function("strerror");

    private LinuxCalls() {}

    private static MethodHandle shape() {
        if (ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
            throw new UnsatisfiedLinkError("Linux is called where pointers have 64 bits");
        }
        return LINKER.downcallHandle(
                FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG), CAPTURES_ERRNO);
    }

    private static MemorySegment function(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    private static long call(
            MemorySegment function, MemorySegment capture, long a, long b, long c, long d, long e) {
        try {
            return (long) CALL.invokeExact(function, capture, a, b, c, d, e);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static long address(MemorySegment memory) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("not native memory: " + memory);
        }
        return memory.address();
    }

    static MemorySegment newCapture(Arena arena) {
        return arena.allocate(CAPTURE);
    }

    /** The error number left by the last failed call that used this capture segment. */
    static int errno(MemorySegment capture) {
        return capture.get(INT, ERRNO);
    }

    /** What a call that fails with {@code errno} leaves behind. */
    static void errno(MemorySegment capture, int errno) {
        capture.set(INT, ERRNO, errno);
    }

    /** The C library's sentence for an error number. */
    static String describe(int errno) {
        try (Arena arena = Arena.ofConfined()) {
            long text = call(STRERROR, newCapture(arena), errno, 0, 0, 0, 0);
            return MemorySegment.ofAddress(text).reinterpret(LONGEST_TEXT).getString(0)
                    + " (errno "
                    + errno
                    + ")";
        }
    }

    static int socket(MemorySegment capture, int domain, int type, int protocol) {
        return (int) call(SOCKET, capture, domain, type, protocol, 0, 0);
    }

    static int bind(MemorySegment capture, int fd, MemorySegment address, int length) {
        return (int) call(BIND, capture, fd, address(address), length, 0, 0);
    }

    static int getsockname(
            MemorySegment capture, int fd, MemorySegment address, MemorySegment length) {
        return (int) call(GETSOCKNAME, capture, fd, address(address), address(length), 0, 0);
    }

    static int setsockopt(
            MemorySegment capture, int fd, int level, int option, MemorySegment value, int length) {
        return (int) call(SETSOCKOPT, capture, fd, level, option, address(value), length);
    }

    static int getsockopt(
            MemorySegment capture,
            int fd,
            int level,
            int option,
            MemorySegment value,
            MemorySegment length) {
        return (int) call(GETSOCKOPT, capture, fd, level, option, address(value), address(length));
    }

    static long recvmsg(MemorySegment capture, int fd, MemorySegment header, int flags) {
        return call(RECVMSG, capture, fd, address(header), flags, 0, 0);
    }

    static long sendmsg(MemorySegment capture, int fd, MemorySegment header, int flags) {
        return call(SENDMSG, capture, fd, address(header), flags, 0, 0);
    }

    /** Waits no longer than {@link #recvmsg}: a non-blocking socket gives what it has. */
    static int recvmmsg(
            MemorySegment capture, int fd, MemorySegment headers, int count, int flags) {
        return (int) call(RECVMMSG, capture, fd, address(headers), count, flags, NULL);
    }

    static int sendmmsg(
            MemorySegment capture, int fd, MemorySegment headers, int count, int flags) {
        return (int) call(SENDMMSG, capture, fd, address(headers), count, flags, 0);
    }

    static int close(MemorySegment capture, int fd) {
        return (int) call(CLOSE, capture, fd, 0, 0, 0, 0);
    }

    static int clockGettime(MemorySegment capture, int clock, MemorySegment timespec) {
        return (int) call(CLOCK_GETTIME, capture, clock, address(timespec), 0, 0, 0);
    }

    /** Has the calling thread give way to others (setpriority(2): on Linux it is the thread's). */
    static int nice(MemorySegment capture, int value) {
        return (int) call(SETPRIORITY, capture, LinuxConstants.PRIO_PROCESS, 0, value, 0, 0);
    }

    static long read(MemorySegment capture, int fd, MemorySegment buffer) {
        return call(READ, capture, fd, address(buffer), buffer.byteSize(), 0, 0);
    }

    /** Writes what {@code count} {@code iovec}s point at. */
    static long writev(MemorySegment capture, int fd, MemorySegment iov, int count) {
        return call(WRITEV, capture, fd, address(iov), count, 0, 0);
    }

    static int open(MemorySegment capture, MemorySegment path, int flags) {
        try {
            return (int) Variadic.OPEN.invokeExact(capture, path, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int ioctl(MemorySegment capture, int fd, long request, MemorySegment argument) {
        try {
            return (int) Variadic.IOCTL.invokeExact(capture, fd, request, argument);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Leaves the session of the terminal, whose end would be the process's. */
    static int setsid(MemorySegment capture) {
        return (int) call(SETSID, capture, 0, 0, 0, 0, 0);
    }

    /** A timer on the wall clock; its descriptor, or negative. */
    static int newClockTimer(MemorySegment capture) {
        int flags = LinuxConstants.TFD_NONBLOCK | LinuxConstants.TFD_CLOEXEC;
        return (int) call(TIMERFD_CREATE, capture, LinuxConstants.CLOCK_REALTIME, flags, 0, 0, 0);
    }

    /**
     * Sets a timer to an instant and has any jump of its clock cancel it.
     *
     * @param itimerspec {@link #ITIMERSPEC} bytes to work in
     */
    static int cancelOnSet(
            MemorySegment capture, int fd, MemorySegment itimerspec, long epochSecond) {
        // interval seconds(8) nanoseconds(8), value seconds(8) nanoseconds(8)
        itimerspec.fill((byte) 0);
        itimerspec.set(LONG, 16, epochSecond);
        int flags = LinuxConstants.TFD_TIMER_ABSTIME | LinuxConstants.TFD_TIMER_CANCEL_ON_SET;
        return (int) call(TIMERFD_SETTIME, capture, fd, flags, address(itimerspec), NULL, 0);
    }

    /** A downcall throws only for a wrong signature or a closed arena: our mistake. */
    private static Error unexpected(Throwable t) {
        return t instanceof Error e ? e : new AssertionError("native call failed", t);
    }

    /** Some conventions hand over the variable arguments of a function in another way. */
    private static final class Variadic {
        static final MethodHandle OPEN =
                link("open", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT));
        static final MethodHandle IOCTL =
                link("ioctl", FunctionDescriptor.of(INT, INT, LONG, ValueLayout.ADDRESS));

        /** Both have two fixed arguments. */
        private static MethodHandle link(String name, FunctionDescriptor descriptor) {
            return LINKER.downcallHandle(
                    function(name), descriptor, CAPTURES_ERRNO, Linker.Option.firstVariadicArg(2));
        }
    }
}
