package io.culvert.proxy;

import io.culvert.tunnel.TunnelTcpChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;

/**
 * Moves bytes between a client and a destination as if they were one connection: a side that can't
 * take more stops the other from being read, the end of one direction leaves the other open, and a
 * reset on one side becomes a reset on the other. Buffers pass through without a copy, flushed once
 * per batch of reads.
 *
 * <p>Everything here runs on the client's event loop, also when the destination's channel lives on
 * another one.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failed writes to exceptionCaught
final class Relay {
    private final DuplexChannel client;
    private final DuplexChannel remote;
    private final Flow flow;
    private final Policy policy;
    private final EventLoop loop;
    private final End up;
    private final End down;
    private final IdleWatch idle;
    private boolean over;

    private Relay(DuplexChannel client, Flow flow, Policy policy) {
        this.client = client;
        this.remote = flow.remote();
        this.flow = flow;
        this.policy = policy;
        this.loop = client.eventLoop();
        this.up = new End(client, remote);
        this.down = new End(remote, client);
        this.idle = new IdleWatch(loop, () -> waiting(client) + waiting(remote), this::finish);
    }

    /**
     * Joins both channels, which are parked. Called on the client's loop; the flow ends with the
     * relay.
     */
    static void splice(DuplexChannel client, Flow flow, Policy policy) {
        Relay relay = new Relay(client, flow, policy);
        flow.remote().pipeline().addLast(Crossing.to(relay.loop, flow.remote(), relay.down));
        relay.begin();
    }

    /**
     * Joins a client to a destination whose events reach the client's loop already.
     *
     * @return the handler to give the destination's events to from now on
     */
    static ChannelInboundHandler spliceDelivered(DuplexChannel client, Flow flow, Policy policy) {
        Relay relay = new Relay(client, flow, policy);
        relay.begin();
        return relay.down;
    }

    private void begin() {
        client.pipeline().addLast(up);
        if (!client.isActive() || !remote.isActive()) {
            abort();
            return;
        }
        policy.bound(client);
        policy.bound(remote);
        idle.start(policy.connIdle());
        Parking.release(client);
        Parking.release(remote);
        client.config().setAutoRead(true);
        remote.config().setAutoRead(true);
    }

    /** Both directions ended in order. */
    private void finish() {
        if (end()) {
            client.close();
            remote.close();
        }
    }

    /** Something broke: both sides see a reset. */
    private void abort() {
        if (end()) {
            reset(client);
            reset(remote);
        }
    }

    private boolean end() {
        if (over) {
            return false;
        }
        over = true;
        idle.stop();
        flow.end();
        return true;
    }

    /** Closes with RST, which both a kernel socket and a tunnel's channel do for a linger of 0. */
    static void reset(Channel channel) {
        try {
            if (channel.isActive()) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            }
        } catch (ChannelException e) {
            Log.debug("closed before it could be reset: " + channel);
        }
        channel.close();
    }

    /** Grows and shrinks with the bytes that wait to be written. */
    private static long waiting(Channel channel) {
        return channel.bytesBeforeWritable() - channel.bytesBeforeUnwritable();
    }

    private void onLoop(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    /** The handler that reads from one side and writes to the other. */
    private final class End extends ChannelInboundHandlerAdapter {
        private final DuplexChannel self;
        private final DuplexChannel other;
        private long batch;
        private boolean ended;
        private boolean outputShut;

        /** For the other side to take what was read. */
        private boolean waits;

        End(DuplexChannel self, DuplexChannel other) {
            this.self = self;
            this.other = other;
        }

        /** The one of the other direction. */
        private End twin() {
            return this == up ? down : up;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (over || !(message instanceof ByteBuf bytes)) {
                ReferenceCountUtil.release(message);
                return;
            }
            batch += bytes.readableBytes();
            other.write(bytes, other.voidPromise());
            if (!other.isWritable()) {
                pause();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            other.flush();
            idle.moved();
            if (this == up) {
                flow.up(batch);
            } else {
                flow.down(batch);
            }
            batch = 0;
            awaitTaken();
        }

        /**
         * What the other side did not take at once waits in direct memory, and no more is read
         * until it has. From another loop that can't be seen; there Netty's marks alone hold, and
         * for what came out of a tunnel: it lies in the tunnel's memory, which has its budget.
         */
        private void awaitTaken() {
            ChannelOutboundBuffer queue = other.unsafe().outboundBuffer();
            if (over
                    || waits
                    || queue == null
                    || self instanceof TunnelTcpChannel
                    || !other.eventLoop().equals(loop)) {
                return;
            }
            long waiting = queue.totalPendingWriteBytes();
            if (waiting > 0) {
                waits = true;
                WaitingBytes.SHARED.changed(waiting);
                self.config().setAutoRead(false);
                other.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> taken(waiting));
            }
        }

        private void taken(long waited) {
            waits = false;
            WaitingBytes.SHARED.changed(-waited);
            resume();
        }

        private void resume() {
            if (!over && !waits && other.isWritable()) {
                idle.moved();
                self.config().setAutoRead(true);
            }
        }

        /** This side can take more again, or not. */
        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (self.isWritable()) {
                twin().resume();
            } else {
                other.config().setAutoRead(false);
            }
        }

        private void pause() {
            self.config().setAutoRead(false);
            // With two loops the other side may have become writable in between, unseen.
            resume();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent && !ended) {
                ended = true;
                // Shutting the output fails what is still queued, so it waits for its turn.
                other.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(written -> onLoop(() -> shutOutput(written.isSuccess())));
            }
        }

        private void shutOutput(boolean flushed) {
            if (over) {
                return;
            }
            if (!flushed) {
                abort();
                return;
            }
            if (twin().outputShut) {
                // Closing ends this direction as well, for one call less.
                finish();
                return;
            }
            other.shutdownOutput().addListener(shut -> onLoop(() -> outputIsShut()));
        }

        private void outputIsShut() {
            outputShut = true;
            if (over) {
                return;
            }
            if (up.outputShut && down.outputShut) {
                finish();
            } else {
                idle.start(this == up ? policy.downlinkOnly() : policy.uplinkOnly());
            }
        }

        /** We closed it ourselves: had the peer or the network done so, there was an exception. */
        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            finish();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!(cause instanceof IOException)) {
                Log.unexpected("relay of " + flow.session().destination(), cause);
            }
            abort();
        }
    }
}
