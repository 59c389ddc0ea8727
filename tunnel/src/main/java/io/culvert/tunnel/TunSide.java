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
import org.jspecify.annotations.Nullable;

/**
 * A {@link TunDevice} as the plain side of a tunnel: what the kernel sends is pulled packet by
 * packet where it will be encrypted, what comes for it is written in runs.
 */
final class TunSide implements PacketSide, TunMerger.Writer {
    /** A packet of the largest size and the header before it. */
    private static final int BUFFER = VirtioNetHeader.SIZE + 65536;

    /**
     * Edge-triggered: while the UDP socket is full the device stays unread, and must not wake the
     * loop again and again.
     */
    private static final EpollIoOps READ = EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLET);

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final TunNetwork network;
    private final TunDevice device;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER, 64);
    private final TunSegments segments = new TunSegments();
    private final TunMerger merger;
    private final TunCounters counters = new TunCounters();
    private @Nullable Runnable lost;
    private @Nullable IoRegistration registration;
    private boolean readable = true;
    private boolean closed;

    TunSide(TunNetwork network) {
        this.network = network;
        device = network.device();
        merger = new TunMerger(arena, device.largeDatagrams(), this);
    }

    /** Begins to listen to the device for that tunnel. */
    void start(IoEventLoop loop, TunnelLoop tunnel) {
        if (closed) {
            return;
        }
        // Not at once: this is noticed in the middle of a turn.
        lost = () -> loop.execute(() -> tunnel.failed(gone()));
        Future<IoRegistration> registered = loop.register(new Handle(tunnel));
        registered.addListener((Future<IoRegistration> f) -> {
            if (!f.isSuccess()) {
                tunnel.failed(f.cause());
                return;
            }
            registration = f.getNow();
            if (closed) {
                f.getNow().cancel();
            } else {
                f.getNow().submit(READ);
            }
        });
    }

    private IOException gone() {
        return new IOException("the interface " + device.name() + " is gone");
    }

    @Override
    public void input(MemorySegment slab, long offset, int length, int party, long now) {
        if (device.large()) {
            merger.add(slab, offset, length);
        } else {
            merger.addPlain(slab, offset, length);
        }
    }

    @Override
    public void endTrain() {
        merger.flush();
    }

    @Override
    public void write(MemorySegment iov, int count, int bytes) {
        if (device.write(iov, count)) {
            counters.written++;
            counters.writtenBytes += bytes;
        } else {
            counters.writeErrors++;
        }
    }

    @Override
    public int pull(MemorySegment slab, long offset, int capacity, long now) {
        while (true) {
            while (segments.hasNext()) {
                int length = segments.next(slab, offset, capacity);
                if (length > 0) {
                    return length;
                }
                counters.dropped++;
            }
            if (!readable) {
                return 0;
            }
            int length = device.read(buffer);
            if (length <= 0) {
                readable = false;
                if (length < 0) {
                    deviceGone();
                }
                return 0;
            }
            counters.read++;
            counters.readBytes += length;
            if (!segments.begin(buffer, 0, length)) {
                counters.dropped++;
            }
        }
    }

    private void deviceGone() {
        Runnable tell = lost;
        lost = null;
        if (tell != null) {
            tell.run();
        }
    }

    @Override
    public TunnelStats.Tun interfaceStats() {
        return new TunnelStats.Tun(
                device.name(),
                counters.read,
                counters.readBytes,
                counters.written,
                counters.writtenBytes,
                counters.writeErrors,
                counters.dropped);
    }

    @Override
    public void endBatch(long now) {}

    @Override
    public void deliver() {}

    @Override
    public long nextDeadline() {
        return Long.MAX_VALUE;
    }

    @Override
    public void handleTimers(long now) {}

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        readable = false;
        if (registration != null) {
            registration.cancel();
        }
        try {
            network.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "a routing rule is left behind: {0}", e.getMessage());
        }
        arena.close();
    }

    /** The device as the epoll loop sees it. */
    private final class Handle implements EpollIoHandle {
        private final FileDescriptor fd = new FileDescriptor(device.fd());
        private final TunnelLoop tunnel;

        Handle(TunnelLoop tunnel) {
            this.tunnel = tunnel;
        }

        @Override
        public FileDescriptor fd() {
            return fd;
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            if (!closed) {
                readable = true;
                tunnel.wake();
            }
        }

        /** The event loop is shutting down, which the tunnel's socket says as well. */
        @Override
        public void close() {}
    }
}
