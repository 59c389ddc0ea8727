package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;

/** Calls of the kernel that fail as often as they are told to, and otherwise are the real ones. */
final class RefusingKernel implements KernelCalls {
    private int errno;
    private int times;
    private int batchErrno;
    private int receiveErrno;
    private int receiveTimes;
    private int calls;
    private int accepted;
    private int acceptFirst;
    private int most = Integer.MAX_VALUE;

    /** The next {@code times} calls that send fail with {@code errno}. */
    synchronized void refuse(int errno, int times) {
        this.errno = errno;
        this.times = times;
    }

    /** Lets this many messages through before refusing. */
    synchronized void acceptFirst(int messages) {
        acceptFirst = messages;
    }

    /** All calls of {@code sendmmsg} and {@code recvmmsg} fail with {@code errno}. */
    synchronized void refuseBatches(int errno) {
        batchErrno = errno;
    }

    /** A call takes this many messages at most. */
    synchronized void atMost(int messages) {
        most = messages;
    }

    /** Calls that sent or were to send. */
    synchronized int calls() {
        return calls;
    }

    /** Messages that were let through. */
    synchronized int accepted() {
        return accepted;
    }

    /** The next {@code times} calls that receive fail with {@code errno}. */
    synchronized void failToReceive(int errno, int times) {
        receiveErrno = errno;
        receiveTimes = times;
    }

    @Override
    public synchronized long recvmsg(
            MemorySegment capture, int fd, MemorySegment header, int flags) {
        return refusesToReceive(capture) ? -1 : LinuxCalls.recvmsg(capture, fd, header, flags);
    }

    @Override
    public synchronized int recvmmsg(
            MemorySegment capture, int fd, MessageVector messages, int count) {
        if (batchErrno != 0) {
            return fail(capture, batchErrno);
        }
        return count > 0 && refusesToReceive(capture)
                ? -1
                : LinuxCalls.recvmmsg(capture, fd, messages.array, Math.min(count, most), 0);
    }

    private boolean refusesToReceive(MemorySegment capture) {
        if (receiveTimes == 0) {
            return false;
        }
        receiveTimes--;
        return fail(capture, receiveErrno) < 0;
    }

    @Override
    public synchronized long sendmsg(
            MemorySegment capture, int fd, MemorySegment header, int flags) {
        return admit(1) == 0
                ? fail(capture, errno)
                : LinuxCalls.sendmsg(capture, fd, header, flags);
    }

    @Override
    public synchronized int sendmmsg(
            MemorySegment capture, int fd, MessageVector messages, int count) {
        if (batchErrno != 0) {
            return fail(capture, batchErrno);
        }
        if (count == 0) {
            return LinuxCalls.sendmmsg(capture, fd, messages.array, 0, 0);
        }
        int admitted = admit(count);
        return admitted == 0
                ? fail(capture, errno)
                : LinuxCalls.sendmmsg(capture, fd, messages.array, admitted, 0);
    }

    /** How many of {@code count} messages this call takes; what isn't taken first is refused. */
    private int admit(int count) {
        calls++;
        int admitted = Math.min(count, most);
        if (times > 0) {
            admitted = Math.min(admitted, acceptFirst);
            acceptFirst -= admitted;
        }
        if (admitted == 0) {
            times--;
        }
        accepted += admitted;
        return admitted;
    }

    private static int fail(MemorySegment capture, int errno) {
        LinuxCalls.errno(capture, errno);
        return -1;
    }
}
