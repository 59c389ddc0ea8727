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

    default int socket(MemorySegment capture, int domain, int type, int protocol) {
        return LinuxCalls.socket(capture, domain, type, protocol);
    }

    default int bind(MemorySegment capture, int fd, MemorySegment address, int length) {
        return LinuxCalls.bind(capture, fd, address, length);
    }
}
