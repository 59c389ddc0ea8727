package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A client of the management interface, on the tunnel's loop. It is read in small pieces, and not
 * at all while a reply waits for it, so that it never holds up the tunnel or takes its memory,
 * whatever it does. Buffers are zeroed after use: there may be keys in them.
 */
final class UapiConnection extends ChannelInboundHandlerAdapter {
    /** Bytes read in a turn of the loop: some hundred lines. */
    static final int READ_BYTES = 1 << 14;

    /** Bytes of a reply written in a turn of the loop. */
    private static final int WRITE_BYTES = 1 << 16;

    /**
     * By which {@link UapiSession#writeReply} may exceed what it is asked for: a peer and the end.
     */
    private static final int WRITE_EXCESS = 1 << 10;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final TunnelLoop tunnel;
    private final UapiSession session;
    private final long idleNanos;
    private final Runnable onClose;
    private final LoopTimer idleTimer;
    private final Deque<ByteBuf> unread = new ArrayDeque<>();
    private ChannelHandlerContext context;
    private long active;
    private boolean ended;
    private boolean endTold;
    private boolean closing;

    /**
     * The connection of a channel that this is added to.
     *
     * @param idleNanos after which it is closed
     */
    @SuppressWarnings("NullAway.Init") // the context comes before any event
    UapiConnection(TunnelLoop tunnel, UapiSession session, long idleNanos, Runnable onClose) {
        this.tunnel = tunnel;
        this.session = session;
        this.idleNanos = idleNanos;
        this.onClose = onClose;
        idleTimer = new LoopTimer(tunnel.loop(), this::closeIfIdle);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        touch();
        idleTimer.set(active + idleNanos, active);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        unread.add((ByteBuf) message);
        touch();
        proceed();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            ended = true;
            proceed();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        proceed();
    }

    /** Reads until a reply is due, and writes one piece of it. */
    private void proceed() {
        if (closing) {
            return;
        }
        read();
        if (session.hasReply() && context.channel().isWritable()) {
            write();
            context.channel().eventLoop().execute(this::proceed);
        }
        if (session.isRefused() || (endTold && !session.hasReply())) {
            closing = true;
            context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
        context.channel().config().setAutoRead(unread.isEmpty() && !session.hasReply());
        tunnel.wake();
    }

    private void read() {
        long now = tunnel.now();
        while (!unread.isEmpty() && !session.hasReply() && !session.isRefused()) {
            ByteBuf in = unread.getFirst();
            session.read(in, now);
            if (!in.isReadable()) {
                wipe(unread.removeFirst());
            }
        }
        if (ended && !endTold && unread.isEmpty() && !session.hasReply()) {
            endTold = true;
            session.endOfInput(now);
        }
    }

    private void write() {
        ByteBuf out = context.alloc().directBuffer(WRITE_BYTES + WRITE_EXCESS);
        session.writeReply(out, WRITE_BYTES);
        out.retain(); // to be wiped once the channel has done with it
        context.writeAndFlush(out)
                .addListener(_ -> {
                    wipe(out);
                    touch();
                });
    }

    private static void wipe(ByteBuf buffer) {
        buffer.setZero(0, buffer.capacity());
        buffer.release();
    }

    private void touch() {
        active = tunnel.now();
    }

    private void closeIfIdle() {
        long now = tunnel.now();
        if (now - active >= idleNanos) {
            LOG.log(Level.DEBUG, "an idle uapi connection is closed");
            var _ = context.close();
        } else {
            idleTimer.set(active + idleNanos, now);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        closing = true;
        idleTimer.cancel();
        unread.forEach(UapiConnection::wipe);
        unread.clear();
        if (!tunnel.isClosing()) {
            session.endOfInput(tunnel.now()); // where the loop knows no half-closed sockets
        }
        session.close();
        onClose.run();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.log(Level.DEBUG, "a uapi connection failed: {0}", cause.getMessage());
        var _ = ctx.close();
    }
}
