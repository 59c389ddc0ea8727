package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;

/** A {@code sendmsg} that fails as often as it is told to, and otherwise is the real one. */
final class RefusingKernel implements KernelCalls {
    private int errno;
    private int times;
    private int receiveErrno;
    private int receiveTimes;
    private int calls;
    private int accepted;
    private int acceptFirst;

    /** The next {@code times} calls fail with {@code errno}. */
    synchronized void refuse(int errno, int times) {
        this.errno = errno;
        this.times = times;
    }

    /** Lets this many calls through before refusing. */
    synchronized void acceptFirst(int calls) {
        acceptFirst = calls;
    }

    int calls() {
        return calls;
    }

    int accepted() {
        return accepted;
    }

    /** The next {@code times} calls of {@code recvmsg} fail with {@code errno}. */
    synchronized void failToReceive(int errno, int times) {
        receiveErrno = errno;
        receiveTimes = times;
    }

    @Override
    public synchronized long recvmsg(
            MemorySegment capture, int fd, MemorySegment header, int flags) {
        if (receiveTimes > 0) {
            failToReceive(receiveErrno, receiveTimes - 1);
            LinuxCalls.errno(capture, receiveErrno);
            return -1;
        }
        return LinuxCalls.recvmsg(capture, fd, header, flags);
    }

    @Override
    public synchronized long sendmsg(
            MemorySegment capture, int fd, MemorySegment header, int flags) {
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
