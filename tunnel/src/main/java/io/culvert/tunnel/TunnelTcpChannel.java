package io.culvert.tunnel;

import io.culvert.netstack.CloseCause;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpHandler;
import io.culvert.netstack.TcpInfo;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.UnresolvedAddressException;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection inside a tunnel as a Netty channel; it lives on the tunnel's event loop.
 *
 * <p>Received bytes come as {@link ByteBuf}s over the memory in which the stack put them; what a
 * handler holds counts against the tunnel's memory. Written buffers are lent to the stack until
 * acknowledged; a write completes when the stack took it, as with a socket. Without {@code read()}
 * or auto-read nothing is taken from the stack and the sender's window closes. With {@link
 * ChannelOption#ALLOW_HALF_CLOSURE} the end of the peer's stream is an event, not the channel's.
 */
public final class TunnelTcpChannel extends AbstractChannel implements DuplexChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private enum State {
        OPEN,
        CONNECTING,
        CONNECTED,
        CLOSED
    }

    private final TunnelLoop tunnel;
    private final TunnelTcpChannelConfig config = new TunnelTcpChannelConfig(this);
    private final TcpHandler events = new Events();
    private final TunnelTcpReader reader = new TunnelTcpReader(this);
    private volatile State state = State.OPEN;
    private volatile @Nullable TcpConnection connection;
    private volatile boolean outputShutdown;
    private @Nullable ConnectAttempt attempt;
    private boolean connectionEnded;

    /** A channel that is going to connect. */
    TunnelTcpChannel(TunnelLoop tunnel) {
        this(tunnel, null);
    }

    /** A channel of a connection that came in, parent null for a forwarded one. */
    TunnelTcpChannel(TunnelLoop tunnel, @Nullable Channel parent) {
        super(parent);
        this.tunnel = tunnel;
    }

    /**
     * Takes over an incoming connection. Established ones become active when registered; of others
     * the promise is completed with the handshake.
     */
    void adopt(TcpConnection incoming, @Nullable ChannelPromise established) {
        connection = incoming;
        if (established == null) {
            state = State.CONNECTED;
        } else {
            attempt = new ConnectAttempt(this, incoming.remote(), established);
            state = State.CONNECTING;
        }
        tunnel.flows().connectionBegan(this);
        applyOptions();
    }

    TcpHandler events() {
        return events;
    }

    /** A snapshot of the connection's state. Event loop only. */
    public TcpInfo info() {
        return established().info();
    }

    private TcpConnection established() {
        TcpConnection c = connection;
        if (c == null) {
            throw new IllegalStateException("not connected");
        }
        return c;
    }

    @Nullable TcpConnection connection() {
        return connection;
    }

    TunnelLoop tunnel() {
        return tunnel;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    TunnelTcpChannelConfig tcpConfig() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return state != State.CLOSED;
    }

    @Override
    public boolean isActive() {
        return state == State.CONNECTED;
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return loop.equals(tunnel.loop());
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        TcpConnection c = connection;
        return c == null ? null : c.local();
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        TcpConnection c = connection;
        return c == null || state == State.CONNECTING ? null : c.remote();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new TcpUnsafe();
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        tunnel.flows().opened(this);
        promise.setSuccess();
    }

    @Override
    protected void doBind(SocketAddress localAddress) {
        throw new UnsupportedOperationException("the tunnel chooses the local address");
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        boolean connecting = state == State.CONNECTING;
        state = State.CLOSED;
        ConnectAttempt pending = attempt;
        if (pending != null) {
            attempt = null;
            pending.fail(new ClosedChannelException());
        }
        tunnel.flows().closed(this);
        TcpConnection c = connection;
        if (connecting || config.closeResets()) {
            abortConnection();
        } else if (c != null && !connectionEnded) {
            c.close();
            tunnel.wake();
        }
    }

    /** Resets the connection whether or not its channel is still open. Event loop only. */
    void abortConnection() {
        TcpConnection c = connection;
        if (c != null && !connectionEnded) {
            c.abort();
            tunnel.wake();
        }
    }

    @Override
    protected void doBeginRead() {
        reader.beginRead();
    }

    void stopReading() {
        reader.stopReading();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) {
        if (TcpLending.write(established(), in)) {
            tunnel.wake();
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf buffer) {
            return TcpLending.lendable(buffer, alloc());
        }
        throw new UnsupportedOperationException(
                "unsupported message type: " + message.getClass().getName());
    }

    @Override
    protected void doShutdownOutput() {
        outputShutdown = true;
        TcpConnection c = connection;
        if (c != null && !connectionEnded) {
            c.shutdownOutput();
            tunnel.wake();
        }
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown || !isOpen();
    }

    @Override
    public boolean isInputShutdown() {
        return reader.isInputShutdown() || !isOpen();
    }

    @Override
    public boolean isShutdown() {
        return isInputShutdown() && isOutputShutdown();
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        onLoop(() -> ((TcpUnsafe) unsafe()).shutdownOutput(promise));
        return promise;
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        onLoop(() -> {
            reader.shutdownInput();
            promise.trySuccess();
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        var _ = shutdownInput();
        return shutdownOutput(promise);
    }

    private void onLoop(Runnable work) {
        if (tunnel.loop().inEventLoop()) {
            work.run();
        } else {
            tunnel.loop().execute(work);
        }
    }

    /** Takes changed options to the connection. Any thread. */
    void applyOptions() {
        TcpConnection c = connection;
        if (c != null) {
            onLoop(() -> config.apply(c));
        }
    }

    private final class TcpUnsafe extends AbstractUnsafe {
        @Override
        public void connect(
                SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            if (state == State.CONNECTED) {
                promise.tryFailure(new AlreadyConnectedException());
            } else if (state == State.CONNECTING) {
                promise.tryFailure(new ConnectionPendingException());
            } else if (!(remote instanceof InetSocketAddress to) || to.isUnresolved()) {
                fail(promise, new UnresolvedAddressException());
            } else if (tunnel.isClosing()) {
                fail(promise, TunnelLoop.closedException());
            } else if (!tunnel.routable(to.getAddress())) {
                fail(promise, ConnectFailure.noPeer(to));
            } else {
                begin(to, promise);
            }
        }

        private void fail(ChannelPromise promise, Exception cause) {
            promise.tryFailure(cause);
            close(voidPromise());
        }

        private void begin(InetSocketAddress to, ChannelPromise promise) {
            ConnectAttempt beginning = new ConnectAttempt(TunnelTcpChannel.this, to, promise);
            attempt = beginning;
            state = State.CONNECTING;
            connection = tunnel.stack().connect(to, events);
            tunnel.flows().connectionBegan(TunnelTcpChannel.this);
            applyOptions();
            beginning.limit(config.getConnectTimeoutMillis());
            tunnel.wake();
        }

        void established() {
            ConnectAttempt successful = attempt;
            attempt = null;
            state = State.CONNECTED;
            boolean wanted = successful == null || successful.succeed();
            pipeline().fireChannelActive();
            if (!wanted) {
                close(voidPromise());
            }
        }

        void writable() {
            flush0();
        }

        void broken(CloseCause cause) {
            ConnectAttempt failed = attempt;
            if (failed != null) {
                attempt = null;
                failed.fail(ConnectFailure.connecting(cause, failed.remote()));
            } else if (state == State.CONNECTED) {
                pipeline().fireExceptionCaught(ConnectFailure.established(cause));
            }
            close(voidPromise());
        }
    }

    /** What the stack says, always from its deliver() and so on the event loop. */
    private final class Events implements TcpHandler {
        @Override
        public void connected(TcpConnection c) {
            if (state == State.CONNECTING) {
                ((TcpUnsafe) unsafe()).established();
            }
        }

        @Override
        public void readable(TcpConnection c) {
            reader.readable();
        }

        @Override
        public void writable(TcpConnection c) {
            if (state == State.CONNECTED) {
                ((TcpUnsafe) unsafe()).writable();
            }
        }

        @Override
        public void closed(TcpConnection c, CloseCause cause) {
            connectionEnded = true;
            tunnel.flows().connectionEnded(TunnelTcpChannel.this);
            if (state == State.CLOSED) {
                return;
            }
            if (cause == CloseCause.CLOSED && state == State.CONNECTED) {
                reader.readable(); // the end of the stream, if it wasn't read yet
            } else {
                reader.readRest();
                ((TcpUnsafe) unsafe()).broken(cause);
            }
        }
    }
}
