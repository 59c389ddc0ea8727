package io.culvert.tunnel;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Hears of Linux at once when the wall clock jumps, as it does when the machine wakes up: a timer
 * on the wall clock that is far away and cancelled by any jump (timerfd_create(2), {@code
 * TFD_TIMER_CANCEL_ON_SET}). Event loop only.
 */
final class ClockWatch implements EpollIoHandle {
    /** The year 2200, in seconds since 1970. */
    private static final long FAR = 7_258_118_400L;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final Runnable jumped;
    private final FileDescriptor fd;
    private final MemorySegment capture;
    private final MemorySegment buffer = Arena.ofAuto().allocate(LinuxCalls.ITIMERSPEC, 8);
    private @Nullable IoRegistration registration;
    private boolean closed;

    private ClockWatch(int fd, MemorySegment capture, Runnable jumped) {
        this.fd = new FileDescriptor(fd);
        this.capture = capture;
        this.jumped = jumped;
    }

    /**
     * Begins to watch; null where the kernel cannot.
     *
     * @param jumped called on the loop after a jump
     */
    static @Nullable ClockWatch start(IoEventLoop loop, Runnable jumped) {
        return start(loop, jumped, FAR);
    }

    /** As {@link #start(IoEventLoop, Runnable)}, with the instant at which it would fire anyway. */
    static @Nullable ClockWatch start(IoEventLoop loop, Runnable jumped, long epochSecond) {
        MemorySegment capture = LinuxCalls.newCapture(Arena.ofAuto());
        int fd = LinuxCalls.newClockTimer(capture);
        if (fd < 0) {
            LOG.log(Level.DEBUG, "no timer on the wall clock: {0}", LinuxCalls.errno(capture));
            return null;
        }
        ClockWatch watch = new ClockWatch(fd, capture, jumped);
        if (!watch.arm(epochSecond)) {
            watch.free();
            return null;
        }
        loop.register(watch)
                .addListener((Future<IoRegistration> f) -> {
                    if (!f.isSuccess()) {
                        watch.close();
                    } else if (watch.closed) {
                        f.getNow().cancel();
                    } else {
                        watch.registration = f.getNow();
                        f.getNow().submit(EpollIoOps.EPOLLIN);
                    }
                });
        return watch;
    }

    private boolean arm(long epochSecond) {
        return LinuxCalls.cancelOnSet(capture, fd.intValue(), buffer, epochSecond) == 0;
    }

    @Override
    public FileDescriptor fd() {
        return fd;
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
        if (!closed) {
            // ECANCELED after a jump; reading is what makes the timer quiet until the next one
            LinuxCalls.read(capture, fd.intValue(), buffer.asSlice(0, ValueLayout.JAVA_LONG));
            jumped.run();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        IoRegistration r = registration;
        if (r != null) {
            r.cancel();
        }
        free();
    }

    private void free() {
        try {
            fd.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a timer", e);
        }
    }
}
