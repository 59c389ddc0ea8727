package io.culvert.tunnel;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.Refusal;
import io.culvert.netstack.UdpDatagram;
import io.culvert.netstack.UdpHandler;
import io.culvert.netstack.UdpSocket;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramPacket;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.UnresolvedAddressException;
import org.jspecify.annotations.Nullable;

/**
 * UDP inside a tunnel as a Netty channel that reads and writes {@link DatagramPacket}s.
 *
 * <p>A <em>bound</em> channel is a socket of ours: {@code recipient()} of what is written says
 * where it goes, {@code sender()} of what is read where it came from. A <em>flow</em> is a client
 * of a forwarding tunnel: {@code sender()} of what is read is the client and {@code recipient()}
 * where the client sent it; of what is written {@code sender()} is the address from which the
 * client sees it come. Like UDP everywhere, writes never wait: what doesn't fit the queue is
 * dropped. Whoever wants to wait can: the channel isn't writable while the queue has no room for a
 * whole train of another tunnel.
 */
public final class TunnelDatagramChannel extends AbstractChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(true, 16);

    /**
     * User event: ICMP said that a destination that was written to cannot be reached.
     *
     * @param remote that destination
     */
    public record Unreachable(InetSocketAddress remote) {}

    /** Bytes of the queue below which the channel isn't writable. */
    private static final int TRAIN_ROOM = UdpTransport.MAX_TRAIN + 64 * UdpTransport.MAX_SEGMENTS;

    /** Which of Netty's conditions of writability is ours. */
    private static final int WRITABILITY = 1;

    private enum State {
        OPEN,
        BOUND,
        CLOSED
    }

    private final TunnelLoop tunnel;
    private final boolean ipv6;
    private final boolean forwarded;
    private final ChannelConfig config =
            new DefaultChannelConfig(this) {
                @Override
                protected void autoReadCleared() {
                    stopReading();
                }
            };
    private final UdpHandler events = new Events();
    private final UdpDatagram received = new UdpDatagram();
    private final Runnable readTask = this::scheduledRead;
    private volatile State state = State.OPEN;
    private volatile @Nullable UdpSocket socket;
    private boolean socketClosed;
    private boolean readPending;
    private boolean reading;
    private boolean readScheduled;

    /** A channel that is going to be bound. */
    TunnelDatagramChannel(TunnelLoop tunnel, boolean ipv6) {
        super(null);
        this.tunnel = tunnel;
        this.ipv6 = ipv6;
        forwarded = false;
    }

    /** A forwarded flow, active as soon as it is registered. */
    TunnelDatagramChannel(TunnelLoop tunnel, UdpSocket flow) {
        super(null);
        this.tunnel = tunnel;
        ipv6 = SocketAddresses.isIpv6(flow.local());
        forwarded = true;
        socket = flow;
        state = State.BOUND;
        flow.handler(events);
    }

    /**
     * Tells the client of a forwarded flow by ICMP that a destination can't be reached. Any thread;
     * does nothing on a bound channel.
     */
    public void unreachable(InetSocketAddress destination, Refusal how) {
        if (!eventLoop().inEventLoop()) {
            eventLoop().execute(() -> unreachable(destination, how));
            return;
        }
        UdpSocket s = socket;
        if (forwarded && s != null && state == State.BOUND) {
            s.unreachable(destination, how);
            tunnel.wake();
        }
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return state != State.CLOSED;
    }

    @Override
    public boolean isActive() {
        return state == State.BOUND;
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop.equals(tunnel.loop());
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        UdpSocket s = socket;
        return s == null || forwarded ? null : s.local();
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        UdpSocket s = socket;
        return s != null && forwarded ? s.local() : null;
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new DatagramUnsafe();
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        tunnel.flows().opened(this);
        promise.setSuccess();
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        if (tunnel.isClosing()) {
            throw TunnelLoop.closedException();
        }
        try {
            socket = tunnel.stack().udp(ipv6, ((InetSocketAddress) address).getPort(), events);
        } catch (IllegalStateException taken) {
            BindException failure = new BindException(taken.getMessage());
            failure.initCause(taken);
            throw failure;
        }
        state = State.BOUND;
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        state = State.CLOSED;
        tunnel.flows().closed(this);
        UdpSocket s = socket;
        if (s != null && !socketClosed) {
            s.close();
            tunnel.wake();
        }
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        UdpSocket s = socket;
        if (s == null) {
            return;
        }
        while (in.current() instanceof DatagramPacket packet) {
            ByteBuf content = packet.content();
            int length = content.readableBytes();
            MemorySegment memory =
                    MemorySegment.ofBuffer(content.nioBuffer(content.readerIndex(), length));
            s.send(peerOf(packet), memory, 0, length);
            in.remove();
        }
        if (s.sendSpace() < TRAIN_ROOM && in.getUserDefinedWritability(WRITABILITY)) {
            in.setUserDefinedWritability(WRITABILITY, false);
            s.awaitRoom();
        }
        tunnel.wake();
    }

    private InetSocketAddress peerOf(DatagramPacket packet) {
        return forwarded ? packet.sender() : packet.recipient();
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (!(message instanceof DatagramPacket packet)) {
            throw new UnsupportedOperationException(
                    "unsupported message type: " + message.getClass().getName());
        }
        @Nullable InetSocketAddress peer = peerOf(packet);
        if (peer == null || peer.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        if (packet.content().isDirect()) {
            return packet;
        }
        ByteBuf copy = TcpLending.lendable(packet.content(), alloc());
        return new DatagramPacket(copy, packet.recipient(), packet.sender());
    }

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (!reading && !readScheduled) {
            readScheduled = true;
            eventLoop().execute(readTask);
        }
    }

    private void stopReading() {
        if (isRegistered() && eventLoop().inEventLoop()) {
            readPending = false;
        }
    }

    private void scheduledRead() {
        readScheduled = false;
        if (readPending) {
            readAll();
        }
    }

    /** The queue bounds it; what comes later in the turn finds it empty. */
    private void readAll() {
        UdpSocket s = socket;
        if (reading || s == null || state != State.BOUND) {
            return;
        }
        reading = true;
        boolean more = true;
        try {
            while (more && readPending) {
                more = readBatch(s);
            }
        } finally {
            reading = false;
        }
    }

    /** Returns whether there was anything. */
    private boolean readBatch(UdpSocket s) {
        ChannelPipeline pipeline = pipeline();
        var handle = unsafe().recvBufAllocHandle();
        handle.reset(config);
        boolean any = false;
        boolean more = true;
        while (more && state == State.BOUND && s.receive(received)) {
            any = true;
            readPending = false;
            handle.attemptedBytesRead(received.length + 1); // also an empty datagram is one
            handle.lastBytesRead(received.length + 1);
            handle.incMessagesRead(1);
            pipeline.fireChannelRead(takeReceived(s));
            more = handle.continueReading();
        }
        if (any) {
            handle.readComplete();
            pipeline.fireChannelReadComplete();
        }
        return any;
    }

    private DatagramPacket takeReceived(UdpSocket s) {
        Chunk chunk = received.chunk;
        InetSocketAddress address = received.address;
        if (chunk == null || address == null) {
            throw new IllegalStateException("a datagram without content or address");
        }
        received.chunk = null;
        ByteBuf content = new ChunkByteBuf(alloc(), chunk, received.offset, received.length);
        return forwarded
                ? new DatagramPacket(content, address, s.local())
                : new DatagramPacket(content, s.local(), address);
    }

    private final class DatagramUnsafe extends AbstractUnsafe {
        @Override
        public void connect(
                SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
            promise.tryFailure(new UnsupportedOperationException("write with a recipient instead"));
        }
    }

    private final class Events implements UdpHandler {
        @Override
        public void readable(UdpSocket s) {
            if (readPending) {
                readAll();
            }
        }

        @Override
        public void writable(UdpSocket s) {
            ChannelOutboundBuffer out = unsafe().outboundBuffer();
            if (out != null) {
                out.setUserDefinedWritability(WRITABILITY, true);
            }
        }

        @Override
        public void unreachable(
                UdpSocket s, InetSocketAddress remote, io.culvert.netstack.Unreachable kind) {
            pipeline().fireUserEventTriggered(new Unreachable(remote));
        }

        @Override
        public void closed(UdpSocket s) {
            socketClosed = true;
            if (isOpen()) {
                var _ = close();
            }
        }
    }
}
