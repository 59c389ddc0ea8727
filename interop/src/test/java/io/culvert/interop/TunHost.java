package io.culvert.interop;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.netstack.TcpSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Our stack at the end of a TUN device, driven by a thread in real time. */
final class TunHost implements AutoCloseable {
    private static final int BATCH = 64;
    private static final int LARGEST_PACKET = 65536;

    /** Under load it may take a turn that long; nothing waits for it otherwise. */
    private static final long LONGEST_WAIT = 1_000_000_000L;

    final NetStack stack;
    private final ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 256L << 20);
    private final TunDevice device;
    private final FaultyLink toUs;
    private final FaultyLink toKernel;
    private final int mtu;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(LARGEST_PACKET);
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean closed;
    private volatile @Nullable Throwable failure;

    TunHost(KernelHost kernel, int mtu) {
        this(kernel, mtu, b -> b, FaultyLink.none(), FaultyLink.none());
    }

    TunHost(
            KernelHost kernel,
            int mtu,
            UnaryOperator<TcpSettings.Builder> tcp,
            FaultyLink toUs,
            FaultyLink toKernel) {
        device = kernel.device;
        this.mtu = mtu;
        this.toUs = toUs;
        this.toKernel = toKernel;
        stack =
                new NetStack(
                        NetStackConfig.builder()
                                .mtu(mtu)
                                .addresses(
                                        mtu < 1280
                                                ? List.of(KernelHost.OURS4)
                                                : List.of(KernelHost.OURS4, KernelHost.OURS6))
                                .secret(new byte[32])
                                .pool(pool)
                                .tcp(tcp.apply(TcpSettings.builder()).build())
                                .build());
        thread = Thread.ofPlatform().daemon().name("stack").start(this::run);
    }

    /** Runs something on the stack's thread to its end. */
    <T> T call(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        tasks.add(() -> {
            try {
                result.complete(task.call());
            } catch (Exception | AssertionError e) {
                result.completeExceptionally(e);
            }
        });
        device.wake();
        try {
            return result.orTimeout(30, TimeUnit.SECONDS).join();
        } catch (RuntimeException e) {
            Throwable cause = failure;
            if (cause != null) {
                e.addSuppressed(cause);
            }
            throw e;
        }
    }

    private void run() {
        try {
            while (!closed) {
                turn();
            }
            stack.close();
            stack.deliver();
            while (push()) {
                // the last segments: resets of what was still open
            }
        } catch (Throwable t) {
            failure = t;
        }
    }

    private void turn() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        long now = System.nanoTime();
        boolean more = pull(now);
        toUs.due(now, m -> stack.input(m, 0, (int) m.byteSize(), now));
        if (stack.nextDeadline() <= now) {
            stack.handleTimers(now);
        }
        stack.endBatch(now);
        stack.deliver();
        more |= push();
        if (!more && tasks.isEmpty()) {
            long next = Math.min(stack.nextDeadline(), toUs.nextDue());
            next = Math.min(next, toKernel.nextDue());
            long wait = Math.min(next - System.nanoTime(), LONGEST_WAIT);
            if (wait > 0) {
                device.await(wait);
            }
        }
    }

    /** True: more may wait. */
    private boolean pull(long now) {
        for (int i = 0; i < BATCH; i++) {
            int n = device.read(buffer);
            if (n == 0) {
                return false;
            }
            toUs.carry(buffer.asSlice(0, n), now, m -> stack.input(m, 0, (int) m.byteSize(), now));
        }
        return true;
    }

    private boolean push() {
        long now = System.nanoTime();
        toKernel.due(now, device::write);
        for (int i = 0; i < BATCH; i++) {
            int n = stack.pull(buffer, 0, mtu, now);
            if (n == 0) {
                return false;
            }
            toKernel.carry(buffer.asSlice(0, n), now, device::write);
        }
        return true;
    }

    /** Nothing of any connection is left behind. */
    @Override
    public void close() {
        closed = true;
        device.wake();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        arena.close();
        Throwable cause = failure;
        if (cause != null) {
            throw new AssertionError("the stack's thread failed", cause);
        }
        if (stack.liveFlows() != 0 || pool.inUse() != 0) {
            throw new AssertionError(
                    stack.liveFlows() + " flows and " + pool.inUse() + " bytes of chunks are left");
        }
    }
}
