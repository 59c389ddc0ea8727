package io.culvert.tunnel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The few calls of the C library that the UDP socket, the TUN device and the clock need, as static
 * handles.
 *
 * <p>Every call takes a capture segment ({@link #newCapture}) in which {@link #errno} finds the
 * error afterwards; one segment per user, never shared between threads. Loading this class fails
 * with {@link IllegalCallerException} where the JVM denies native access, and with {@link
 * UnsatisfiedLinkError} where the C library lacks a function.
 */
final class LinuxCalls {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** Size of {@code struct itimerspec}. */
    static final int ITIMERSPEC = 32;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(PathElement.groupElement("errno"));

    private static final MethodHandle SOCKET =
            link("socket", FunctionDescriptor.of(INT, INT, INT, INT));
    private static final MethodHandle BIND =
            link("bind", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle GETSOCKNAME =
            link(
                    "getsockname",
                    FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle SETSOCKOPT =
            link("setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle GETSOCKOPT =
            link(
                    "getsockopt",
                    FunctionDescriptor.of(
                            INT, INT, INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle RECVMSG =
            link("recvmsg", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle SENDMSG =
            link("sendmsg", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle RECVMMSG =
            link(
                    "recvmmsg",
                    FunctionDescriptor.of(
                            INT, INT, ValueLayout.ADDRESS, INT, INT, ValueLayout.ADDRESS));
    private static final MethodHandle SENDMMSG =
            link("sendmmsg", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT, INT));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle CLOCK_GETTIME =
            link("clock_gettime", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS));
    private static final MethodHandle READ =
            link("read", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG));
    private static final MethodHandle WRITEV =
            link("writev", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle OPEN =
            link(
                    "open",
                    FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL =
            link(
                    "ioctl",
                    FunctionDescriptor.of(INT, INT, LONG, ValueLayout.ADDRESS),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETSID = link("setsid", FunctionDescriptor.of(INT));
    private static final MethodHandle TIMERFD_CREATE =
            link("timerfd_create", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle TIMERFD_SETTIME =
            link(
                    "timerfd_settime",
                    FunctionDescriptor.of(INT, INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle SETPRIORITY =
            link("setpriority", FunctionDescriptor.of(INT, INT, INT, INT));
    private static final MethodHandle STRERROR =
            LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow("strerror"),
                    FunctionDescriptor.of(ValueLayout.ADDRESS, INT));

    private LinuxCalls() {}

    private static MethodHandle link(
            String name, FunctionDescriptor descriptor, Linker.Option... more) {
        Linker.Option[] options = Arrays.copyOf(more, more.length + 1);
        options[more.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
    }

    static MemorySegment newCapture(Arena arena) {
        return arena.allocate(CAPTURE);
    }

    /** The error number left by the last failed call that used this capture segment. */
    static int errno(MemorySegment capture) {
        return (int) ERRNO.get(capture, 0L);
    }

    /** What a call that fails with {@code errno} leaves behind. */
    static void errno(MemorySegment capture, int errno) {
        ERRNO.set(capture, 0L, errno);
    }

    /** The C library's sentence for an error number. */
    static String describe(int errno) {
        try {
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
            return text.reinterpret(256).getString(0) + " (errno " + errno + ")";
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int socket(MemorySegment capture, int domain, int type, int protocol) {
        try {
            return (int) SOCKET.invokeExact(capture, domain, type, protocol);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int bind(MemorySegment capture, int fd, MemorySegment address, int length) {
        try {
            return (int) BIND.invokeExact(capture, fd, address, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int getsockname(
            MemorySegment capture, int fd, MemorySegment address, MemorySegment length) {
        try {
            return (int) GETSOCKNAME.invokeExact(capture, fd, address, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int setsockopt(
            MemorySegment capture, int fd, int level, int option, MemorySegment value, int length) {
        try {
            return (int) SETSOCKOPT.invokeExact(capture, fd, level, option, value, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int getsockopt(
            MemorySegment capture,
            int fd,
            int level,
            int option,
            MemorySegment value,
            MemorySegment length) {
        try {
            return (int) GETSOCKOPT.invokeExact(capture, fd, level, option, value, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long recvmsg(MemorySegment capture, int fd, MemorySegment header, int flags) {
        try {
            return (long) RECVMSG.invokeExact(capture, fd, header, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long sendmsg(MemorySegment capture, int fd, MemorySegment header, int flags) {
        try {
            return (long) SENDMSG.invokeExact(capture, fd, header, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Waits no longer than {@link #recvmsg}: a non-blocking socket gives what it has. */
    static int recvmmsg(
            MemorySegment capture, int fd, MemorySegment headers, int count, int flags) {
        try {
            return (int)
                    RECVMMSG.invokeExact(capture, fd, headers, count, flags, MemorySegment.NULL);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int sendmmsg(
            MemorySegment capture, int fd, MemorySegment headers, int count, int flags) {
        try {
            return (int) SENDMMSG.invokeExact(capture, fd, headers, count, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int close(MemorySegment capture, int fd) {
        try {
            return (int) CLOSE.invokeExact(capture, fd);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int clockGettime(MemorySegment capture, int clock, MemorySegment timespec) {
        try {
            return (int) CLOCK_GETTIME.invokeExact(capture, clock, timespec);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Has the calling thread give way to others (setpriority(2): on Linux it is the thread's). */
    static int nice(MemorySegment capture, int value) {
        try {
            return (int) SETPRIORITY.invokeExact(capture, LinuxConstants.PRIO_PROCESS, 0, value);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static long read(MemorySegment capture, int fd, MemorySegment buffer) {
        try {
            return (long) READ.invokeExact(capture, fd, buffer, buffer.byteSize());
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Writes what {@code count} {@code iovec}s point at. */
    static long writev(MemorySegment capture, int fd, MemorySegment iov, int count) {
        try {
            return (long) WRITEV.invokeExact(capture, fd, iov, count);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int open(MemorySegment capture, MemorySegment path, int flags) {
        try {
            return (int) OPEN.invokeExact(capture, path, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int ioctl(MemorySegment capture, int fd, long request, MemorySegment argument) {
        try {
            return (int) IOCTL.invokeExact(capture, fd, request, argument);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Leaves the session of the terminal, whose end would be the process's. */
    static int setsid(MemorySegment capture) {
        try {
            return (int) SETSID.invokeExact(capture);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** A timer on the wall clock; its descriptor, or negative. */
    static int newClockTimer(MemorySegment capture) {
        try {
            return (int)
                    TIMERFD_CREATE.invokeExact(
                            capture,
                            LinuxConstants.CLOCK_REALTIME,
                            LinuxConstants.TFD_NONBLOCK | LinuxConstants.TFD_CLOEXEC);
        } catch (Throwable t) {
            throw unexpected(t);
        }
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
        try {
            return (int)
                    TIMERFD_SETTIME.invokeExact(
                            capture,
                            fd,
                            LinuxConstants.TFD_TIMER_ABSTIME
                                    | LinuxConstants.TFD_TIMER_CANCEL_ON_SET,
                            itimerspec,
                            MemorySegment.NULL);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** A downcall throws only for a wrong signature or a closed arena: our mistake. */
    private static Error unexpected(Throwable t) {
        return t instanceof Error e ? e : new AssertionError("native call failed", t);
    }
}
