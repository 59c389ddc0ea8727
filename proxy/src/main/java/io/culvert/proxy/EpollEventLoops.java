package io.culvert.proxy;

import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Netty's epoll loops with fewer system calls, and without a defect of 4.2.18.
 *
 * <p>What a socket wants to hear of is told to epoll once before it is asked again, however often
 * it changed until then, and not at all if it didn't, or is closed: of a short connection this is
 * every second call. Before it sleeps, a loop waits a little ({@link BriefWait}).
 *
 * <p>The defect: a socket that wants no event for a while (its peer has half-closed and reading is
 * off) is taken out of epoll, but Netty doesn't remember that: its next wish, be it to read on or
 * to write when the kernel's buffer is full, ends in ENOENT and closes the connection. Here such a
 * socket stays in epoll, edge-triggered for nothing: what epoll reports unasked, errors and
 * hang-ups, then comes once instead of all the time.
 */
final class EpollEventLoops extends MultiThreadIoEventLoopGroup {

    /**
     * What a turn has for a tunnel leaves at its end: a turn of many sockets keeps the peer
     * waiting, and its core idle (docs/decisions/0012, 0013).
     */
    private static final int SOCKETS_A_TURN = 32;

    EpollEventLoops(int threads, ThreadFactory threadFactory) {
        super(
                threads,
                threadFactory,
                new Factory(
                        EpollIoHandler.newFactory(
                                SOCKETS_A_TURN, DefaultSelectStrategyFactory.INSTANCE)));
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory factory, Object... args) {
        return new SingleThreadIoEventLoop(this, executor, factory) {
            @Override
            public boolean isIoType(Class<? extends IoHandler> type) {
                return type.equals(EpollIoHandler.class);
            }
        };
    }

    private record Factory(IoHandlerFactory epoll) implements IoHandlerFactory {
        @Override
        public IoHandler newHandler(ThreadAwareExecutor executor) {
            return new Handler(epoll.newHandler(executor), executor);
        }

        @Override
        public boolean isChangingThreadSupported() {
            return epoll.isChangingThreadSupported();
        }
    }

    private static final class Handler implements IoHandler {
        private final IoHandler epoll;
        private final ThreadAwareExecutor loop;
        private final List<Registration> changed = new ArrayList<>();
        private final BriefWait wait = new BriefWait(System::nanoTime, Thread::yield);
        private final NonBlocking context = new NonBlocking();
        private final IntSupplier look;
        private int events;

        Handler(IoHandler epoll, ThreadAwareExecutor loop) {
            this.epoll = epoll;
            this.loop = loop;
            look = () -> epoll.run(context);
        }

        @Override
        public void initialize() {
            epoll.initialize();
        }

        @Override
        public int run(IoHandlerContext loopContext) {
            // One that fails is closed, which may change others.
            for (int i = 0; i < changed.size(); i++) {
                changed.get(i).tell();
            }
            changed.clear();
            int more = 0;
            if (events > 0 && loopContext.canBlock()) {
                context.of = loopContext;
                more = wait.events(look, context);
            }
            events = more > 0 ? more : epoll.run(loopContext);
            return events;
        }

        @Override
        public void prepareToDestroy() {
            epoll.prepareToDestroy();
        }

        @Override
        public void destroy() {
            epoll.destroy();
        }

        @Override
        public IoRegistration register(IoHandle handle) throws Exception {
            wait.socketCame();
            return new Registration(this, handle, epoll.register(handle));
        }

        @Override
        public void wakeup() {
            epoll.wakeup();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return epoll.isCompatible(type);
        }
    }

    /** The loop's context for a look that doesn't wait; and whether the loop has nothing to do. */
    private static final class NonBlocking implements IoHandlerContext, BooleanSupplier {
        private @Nullable IoHandlerContext of;

        private IoHandlerContext of() {
            return Objects.requireNonNull(of);
        }

        @Override
        public boolean getAsBoolean() {
            return of().canBlock();
        }

        @Override
        public boolean canBlock() {
            return false;
        }

        @Override
        public long delayNanos(long currentTimeNanos) {
            return of().delayNanos(currentTimeNanos);
        }

        @Override
        public long deadlineNanos() {
            return of().deadlineNanos();
        }

        @Override
        public void reportActiveIoTime(long activeNanos) {
            of().reportActiveIoTime(activeNanos);
        }

        @Override
        public boolean shouldReportActiveIoTime() {
            return of().shouldReportActiveIoTime();
        }
    }

    private static final class Registration implements IoRegistration {
        private final Handler handler;
        private final IoHandle handle;
        private final IoRegistration epoll;
        private EpollIoOps wanted = EpollIoOps.NONE;
        private EpollIoOps told = EpollIoOps.NONE;
        private boolean changed;

        Registration(Handler handler, IoHandle handle, IoRegistration epoll) {
            this.handler = handler;
            this.handle = handle;
            this.epoll = epoll;
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // as Netty declares it
        public <T> T attachment() {
            return epoll.attachment();
        }

        @Override
        public long submit(IoOps ops) {
            if (!handler.loop.isExecutorThread(Thread.currentThread())) {
                handler.loop.execute(() -> submit(ops));
            } else if (isValid()) {
                wanted = (EpollIoOps) (ops.equals(EpollIoOps.NONE) ? EpollIoOps.EPOLLET : ops);
                if (!changed) {
                    changed = true;
                    handler.changed.add(this);
                }
            } else {
                return -1;
            }
            return ((EpollIoOps) ops).value();
        }

        void tell() {
            changed = false;
            if (wanted.equals(told) || !isValid()) {
                return;
            }
            told = wanted;
            try {
                epoll.submit(wanted);
            } catch (UncheckedIOException e) {
                close(e);
            }
        }

        private void close(UncheckedIOException why) {
            Log.debug("epoll: " + why.getMessage());
            try {
                handle.close();
            } catch (Exception e) { // as Netty declares it
                Log.debug("epoll: " + e);
            }
        }

        @Override
        public boolean isValid() {
            return epoll.isValid();
        }

        @Override
        public boolean cancel() {
            return epoll.cancel();
        }
    }
}
