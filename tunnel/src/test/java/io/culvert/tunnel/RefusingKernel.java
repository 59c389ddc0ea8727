package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;

/** A {@code sendmsg} that fails as often as it is told to, and otherwise is the real one. */
final class RefusingKernel implements KernelCalls {
    private volatile int errno;
    private volatile int times;
    private int calls;
    private int accepted;
    private int acceptFirst;

    /** The next {@code times} calls fail with {@code errno}. */
    void refuse(int errno, int times) {
        this.errno = errno;
        this.times = times;
    }

    /** Lets this many calls through before refusing. */
    void acceptFirst(int calls) {
        acceptFirst = calls;
    }

    int calls() {
        return calls;
    }

    int accepted() {
        return accepted;
    }

    @Override
    public long sendmsg(MemorySegment capture, int fd, MemorySegment header, int flags) {
        calls++;
        if (acceptFirst > 0) {
            acceptFirst--;
        } else if (times > 0) {
            refuse(errno, times - 1);
            LinuxCalls.errno(capture, errno);
            return -1;
        }
        accepted++;
        return LinuxCalls.sendmsg(capture, fd, header, flags);
    }
}
