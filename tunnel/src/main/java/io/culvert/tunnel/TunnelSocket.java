package io.culvert.tunnel;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A blocking socket over a {@link TunnelTcpChannel}. Must not be used on the tunnel's event loop,
 * which would wait for itself.
 */
final class TunnelSocket extends Socket {
    private final Tunnel tunnel;
    private final NameResolver resolver;
    private volatile @Nullable Channel channel;
    private volatile @Nullable BlockingStreams streams;
    private volatile boolean closed;
    private int timeout;
    private int linger = -1;
    private boolean keepAlive;
    private boolean noDelay = true;

    TunnelSocket(Tunnel tunnel, NameResolver resolver) throws SocketException {
        super(noImplementation());
        this.tunnel = tunnel;
        this.resolver = resolver;
    }

    /** Everything a socket does is overridden here. */
    @SuppressWarnings("NullAway") // Socket allows it: "a system-default SocketImpl" is never made
    private static SocketImpl noImplementation() {
        return null;
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        connect(endpoint, 0);
    }

    @Override
    public void connect(SocketAddress endpoint, int timeoutMillis) throws IOException {
        if (closed) {
            throw new SocketException("Socket closed");
        }
        if (channel != null) {
            throw new SocketException("already connected");
        }
        if (!(endpoint instanceof InetSocketAddress address)) {
            throw new IllegalArgumentException("unsupported address " + endpoint);
        }
        if (tunnel.loop().inEventLoop()) {
            throw new SocketException("a blocking socket cannot be used on the event loop");
        }
        InetSocketAddress remote =
                address.isUnresolved()
                        ? new InetSocketAddress(
                                resolver.resolve(address.getHostString()), address.getPort())
                        : address;
        connectResolved(remote, timeoutMillis);
    }

    private void connectResolved(InetSocketAddress remote, int timeoutMillis) throws IOException {
        ChannelFuture connecting = tunnel.connect(remote, new Setup());
        channel = connecting.channel();
        try {
            if (timeoutMillis == 0) {
                connecting.await();
            } else if (!connecting.await(timeoutMillis, TimeUnit.MILLISECONDS)) {
                connecting.cancel(false);
                throw new SocketTimeoutException("Connect timed out");
            }
        } catch (InterruptedException e) {
            connecting.cancel(false);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        Throwable cause = connecting.cause();
        if (cause instanceof IOException e) {
            throw e;
        } else if (cause != null) {
            throw new SocketException("cannot connect", cause);
        }
    }

    private final class Setup extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel c) {
            c.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            c.config().setOption(ChannelOption.SO_LINGER, linger);
            c.config().setOption(ChannelOption.SO_KEEPALIVE, keepAlive);
            c.config().setOption(ChannelOption.TCP_NODELAY, noDelay);
            BlockingStreams s = new BlockingStreams(c);
            s.timeout(timeout);
            streams = s;
            c.pipeline().addLast(s);
        }
    }

    /** The local address is the tunnel's, whatever is asked for. */
    @Override
    public void bind(@Nullable SocketAddress bindpoint) {}

    @Override
    public InputStream getInputStream() throws IOException {
        return streams().input();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return streams().output();
    }

    private BlockingStreams streams() throws SocketException {
        BlockingStreams s = streams;
        if (closed) {
            throw new SocketException("Socket is closed");
        }
        if (s == null || !isConnected()) {
            throw new SocketException("Socket is not connected");
        }
        return s;
    }

    private DuplexChannel connectedChannel() throws SocketException {
        streams();
        if (channel instanceof DuplexChannel c) {
            return c;
        }
        throw new SocketException("Socket is not connected");
    }

    @Override
    public void shutdownInput() throws IOException {
        connectedChannel().shutdownInput().awaitUninterruptibly();
    }

    @Override
    public void shutdownOutput() throws IOException {
        DuplexChannel c = connectedChannel();
        // Behind what was written, which may still wait for the connection to take it.
        c.writeAndFlush(Unpooled.EMPTY_BUFFER)
                .addListener(_ -> {
                    var _ = c.shutdownOutput();
                });
    }

    @Override
    public void close() {
        closed = true;
        BlockingStreams s = streams;
        if (s != null) {
            s.close();
        }
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public boolean isConnected() {
        Channel c = channel;
        return c != null && c.remoteAddress() != null;
    }

    @Override
    public boolean isBound() {
        return isConnected();
    }

    @Override
    public boolean isInputShutdown() {
        return channel instanceof DuplexChannel c && c.isInputShutdown();
    }

    @Override
    public boolean isOutputShutdown() {
        return channel instanceof DuplexChannel c && c.isOutputShutdown();
    }

    @Override
    public @Nullable SocketAddress getRemoteSocketAddress() {
        Channel c = channel;
        return c == null ? null : c.remoteAddress();
    }

    @Override
    public @Nullable SocketAddress getLocalSocketAddress() {
        Channel c = channel;
        return c == null ? null : c.localAddress();
    }

    @Override
    public @Nullable InetAddress getInetAddress() {
        return getRemoteSocketAddress() instanceof InetSocketAddress a ? a.getAddress() : null;
    }

    @Override
    public @Nullable InetAddress getLocalAddress() {
        return getLocalSocketAddress() instanceof InetSocketAddress a ? a.getAddress() : null;
    }

    @Override
    public int getPort() {
        return getRemoteSocketAddress() instanceof InetSocketAddress a ? a.getPort() : 0;
    }

    @Override
    public int getLocalPort() {
        return getLocalSocketAddress() instanceof InetSocketAddress a ? a.getPort() : -1;
    }

    @Override
    public void setSoTimeout(int millis) {
        if (millis < 0) {
            throw new IllegalArgumentException("timeout " + millis + " is negative");
        }
        timeout = millis;
        BlockingStreams s = streams;
        if (s != null) {
            s.timeout(millis);
        }
    }

    @Override
    public int getSoTimeout() {
        return timeout;
    }

    @Override
    public void setSoLinger(boolean on, int seconds) {
        linger = on ? seconds : -1;
        option(ChannelOption.SO_LINGER, linger);
    }

    @Override
    public int getSoLinger() {
        return linger;
    }

    @Override
    public void setKeepAlive(boolean on) {
        keepAlive = on;
        option(ChannelOption.SO_KEEPALIVE, on);
    }

    @Override
    public boolean getKeepAlive() {
        return keepAlive;
    }

    @Override
    public void setTcpNoDelay(boolean on) {
        noDelay = on;
        option(ChannelOption.TCP_NODELAY, on);
    }

    @Override
    public boolean getTcpNoDelay() {
        return noDelay;
    }

    private <T> void option(ChannelOption<T> option, T value) {
        Channel c = channel;
        if (c != null) {
            c.config().setOption(option, value);
        }
    }

    // Hints that a tunnel has no use for: buffers tune themselves.

    @Override
    public void setSendBufferSize(int size) {}

    @Override
    public void setReceiveBufferSize(int size) {}

    @Override
    public void setReuseAddress(boolean on) {}

    @Override
    public void setTrafficClass(int trafficClass) {}

    @Override
    public String toString() {
        return "TunnelSocket[" + getLocalSocketAddress() + " - " + getRemoteSocketAddress() + ']';
    }
}
