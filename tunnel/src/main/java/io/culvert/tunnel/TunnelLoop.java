package io.culvert.tunnel;

import io.culvert.netstack.NetStack;
import io.culvert.wireguard.Device;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Drives a {@link TunnelCore} over a {@link UdpTransport} on one event loop.
 *
 * <p>A turn is: what is due, {@link TunnelCore#settle}, then {@link SendSlab#pump}. It runs after
 * each batch of datagrams with the batch's arrival time, when the timer fires, when the socket is
 * writable again, and once at the end of an iteration of the event loop in which a channel did
 * something ({@link #wake}). All methods run on the event loop.
 */
final class TunnelLoop implements UdpTransport.Receiver {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /**
     * Bytes of datagrams after which a batch is settled although the socket has more. With one
     * train on top it fits a UDP socket's queue.
     */
    private static final int SETTLE_BYTES = 1 << 18;

    /** Earliest next look at the timers while the socket is full and deadlines may lie behind. */
    private static final long SOCKET_FULL_RETRY = TimeUnit.MILLISECONDS.toNanos(1);

    private final EventLoop loop;
    private final TunnelCore core;
    private volatile UdpTransport transport;
    private final MonotonicClock clock;
    private final Framing framing;
    private final CryptoWarmUp warmUp = new CryptoWarmUp();
    private final SendSlab slab;
    private final DeviceEvents events;
    private final HandshakeDesk handshakes;
    private final UdpBinding binding;
    private final EndpointNames names;
    private final Healing healing;
    private final LoopTimer timer;
    private final LoopTimer graceTimer;
    private final OpenFlows flows = new OpenFlows();
    private final TunnelListener listener;
    private final Promise<@Nullable Void> closePromise;
    private final Runnable wakeTask = this::woken;
    private boolean wakeScheduled;
    private boolean inTurn;
    private boolean batchOpen;
    private long batchTime;
    private int batchBytes;

    /** Datagrams since the socket was last read empty, and how many of them were dropped. */
    private long datagrams;

    private long dropped;

    /** Connections are being ended in order; nothing new begins. */
    private boolean closing;

    private boolean closed;

    TunnelLoop(
            EventLoop loop,
            TunnelCore core,
            UdpTransport transport,
            MonotonicClock clock,
            TunnelConfig config) {
        this.loop = loop;
        this.core = core;
        this.transport = transport;
        this.clock = clock;
        listener = config.listener();
        framing = new Framing(config);
        slab = new SendSlab(core, transport, config.mtu(), framing, warmUp);
        handshakes =
                new HandshakeDesk(
                        core.device(),
                        loop,
                        clock,
                        HandshakePool.SHARED,
                        HandshakePool.THREADS,
                        this::wake);
        binding = new UdpBinding(core.device(), transport, config);
        names = new EndpointNames(loop, core.device(), config, clock, this::wake);
        healing = new Healing(this, binding, names, clock, listener);
        events = new DeviceEvents(core.device(), listener, healing);
        timer = new LoopTimer(loop, this::run);
        graceTimer = new LoopTimer(loop, () -> shut(null));
        closePromise = loop.newPromise();
    }

    EventLoop loop() {
        return loop;
    }

    NetStack stack() {
        return core.stack();
    }

    PacketSide inside() {
        return core.inside();
    }

    Device device() {
        return core.device();
    }

    OpenFlows flows() {
        return flows;
    }

    UdpTransport transport() {
        return transport;
    }

    /** Goes on over another transport, by which also leaves what was built before. */
    void transport(UdpTransport fresh, TunnelConfig way) throws SocketException {
        binding.transport(fresh, way);
        names.underlay(way.underlay());
        slab.transport(fresh);
        transport.close();
        transport = fresh;
        fresh.start(this);
        writable();
    }

    boolean isClosing() {
        return closing;
    }

    /** Completed when nothing is left of the tunnel, for whatever reason. */
    Future<@Nullable Void> closeFuture() {
        return closePromise;
    }

    EndpointNames names() {
        return names;
    }

    Framing framing() {
        return framing;
    }

    Healing healing() {
        return healing;
    }

    /** As {@link UdpBinding#port(int)}. Not from within a turn. */
    void listenPort(int port) throws BindException {
        binding.port(port);
        writable();
    }

    UdpBinding binding() {
        return binding;
    }

    /** Whether some peer's allowed IPs cover the address. */
    boolean routable(InetAddress destination) {
        return core.device().route(destination) != null;
    }

    long now() {
        return clock.now();
    }

    void start() {
        if (closed) {
            return;
        }
        long now = clock.now();
        healing.start(now);
        names.begin();
        core.device().up(now);
        transport.start(this);
        run();
    }

    /** A channel did something: has a turn run soon, once for everything of this iteration. */
    void wake() {
        if (inTurn || wakeScheduled || closed) {
            return;
        }
        wakeScheduled = true;
        if (loop instanceof SingleThreadIoEventLoop l) {
            l.executeAfterEventLoopIteration(wakeTask);
        } else {
            loop.execute(wakeTask);
        }
    }

    private void woken() {
        wakeScheduled = false;
        run();
    }

    private void run() {
        if (!closed) {
            turn(clock.now());
        }
    }

    @Override
    public void datagrams(
            MemorySegment memory,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress source,
            int ecn) {
        if (!batchOpen) {
            batchOpen = true;
            batchTime = clock.now();
        }
        try {
            framing.incoming(memory, offset, length, segmentSize);
            long before = core.device().counters().dropped();
            core.receive(memory, offset, length, segmentSize, source, ecn, batchTime);
            dropped += core.device().counters().dropped() - before;
            int count = (length + segmentSize - 1) / segmentSize;
            datagrams += count;
            warmUp.moved(segmentSize, count);
        } catch (RuntimeException | Error e) {
            failed(e);
            return;
        }
        batchBytes += length;
        if (batchBytes >= SETTLE_BYTES) {
            endBatch();
        }
    }

    @Override
    public boolean readComplete(boolean drained) {
        if (closed) {
            return true;
        }
        if (batchOpen) {
            endBatch();
        }
        boolean worth = dropped < datagrams;
        datagrams = 0;
        dropped = 0;
        return worth;
    }

    private void endBatch() {
        batchOpen = false;
        batchBytes = 0;
        turn(batchTime);
    }

    @Override
    public void writable() {
        slab.writable();
        run();
    }

    @Override
    public void failed(Throwable cause) {
        if (closed) {
            return;
        }
        if (cause instanceof IOException) {
            LOG.log(Level.ERROR, "the tunnel failed: {0}", cause.getMessage());
        } else {
            LOG.log(Level.ERROR, "the tunnel failed", cause); // a mistake of ours
        }
        shut(cause);
    }

    private void turn(long now) {
        if (inTurn || closed) {
            return;
        }
        SendSlab.Left left;
        boolean handshakesLeft;
        inTurn = true;
        try {
            healing.beforeTimers(now);
            if (core.nextDeadline() <= now) {
                core.handleTimers(now);
            }
            core.settle(now);
            events.drain(); // before sending: a source address that is stale must not be used
            handshakesLeft = handshakes.serve(now);
            left = slab.pump(now);
            events.drain();
        } catch (RuntimeException | Error e) {
            inTurn = false;
            failed(e);
            return;
        }
        inTurn = false;
        comeBack(left, now);
        if (handshakesLeft) {
            wake();
        }
        if (closing && flows.isEmpty()) {
            shut(null);
        }
    }

    private void comeBack(SendSlab.Left left, long now) {
        long deadline = Math.min(core.nextDeadline(), healing.nextLook(now));
        switch (left) {
            case MORE -> wake();
            case SOCKET_FULL -> timer.set(Math.max(deadline, now + SOCKET_FULL_RETRY), now);
            case NOTHING -> {
                if (deadline <= now) {
                    wake(); // news that came up while pulling or in a handler
                } else {
                    timer.set(deadline, now);
                }
            }
        }
    }

    /** Ends everything in order; completed when nothing is left. */
    Future<@Nullable Void> close(long graceNanos) {
        if (closing) {
            return closePromise;
        }
        closing = true;
        core.inside().closing();
        flows.closeAll();
        long now = clock.now();
        graceTimer.set(now + graceNanos, now);
        wake();
        return closePromise;
    }

    /** Aborts what is left and frees everything. */
    private void shut(@Nullable Throwable cause) {
        if (closed) {
            return;
        }
        closing = true;
        closed = true;
        timer.cancel();
        graceTimer.cancel();
        flows.abortAll();
        if (cause == null) {
            sendResets();
        }
        release();
        announceClosed();
        listener.closed(cause);
    }

    /** Only when the loop has polled its sockets again are ports really free. */
    private void announceClosed() {
        Runnable announce = () -> closePromise.trySuccess(null);
        if (loop instanceof SingleThreadIoEventLoop l && !l.isShuttingDown()) {
            l.executeAfterEventLoopIteration(() -> l.execute(announce));
        } else {
            announce.run();
        }
    }

    private void sendResets() {
        try {
            long now = clock.now();
            core.settle(now);
            slab.pump(now);
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "closing the engines", e);
        }
    }

    private void release() {
        try {
            core.inside().close();
            core.device().close(clock.now());
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "closing the engines", e);
        }
        names.close();
        healing.close();
        transport.close();
        slab.free();
    }

    /** What channels get told when they want something of a tunnel that is closing. */
    static SocketException closedException() {
        return new SocketException("the tunnel is closed");
    }
}
