package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;

/**
 * Those calls of {@link LinuxCalls} that a kernel may refuse in ways no test machine does by
 * itself: exchangeable, so that a test can be that kernel.
 */
interface KernelCalls {
    /** The machine's own. */
    KernelCalls REAL = LinuxCalls::sendmsg;

    long sendmsg(MemorySegment capture, int fd, MemorySegment header, int flags);

    default long recvmsg(MemorySegment capture, int fd, MemorySegment header, int flags) {
        return LinuxCalls.recvmsg(capture, fd, header, flags);
    }

    /** Sends messages; how many have left, or -1 when the first was refused. */
    default int sendmmsg(MemorySegment capture, int fd, MessageVector messages, int count) {
        return LinuxCalls.sendmmsg(capture, fd, messages.array, count, 0);
    }

    /** Receives as many messages as there are, at most {@code count}; -1 for none. */
    default int recvmmsg(MemorySegment capture, int fd, MessageVector messages, int count) {
        return LinuxCalls.recvmmsg(capture, fd, messages.array, count, 0);
    }

    default int socket(MemorySegment capture, int domain, int type, int protocol) {
        return LinuxCalls.socket(capture, domain, type, protocol);
    }

    default int bind(MemorySegment capture, int fd, MemorySegment address, int length) {
        return LinuxCalls.bind(capture, fd, address, length);
    }
}
