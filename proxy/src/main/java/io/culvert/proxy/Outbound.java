package io.culvert.proxy;

import io.culvert.tunnel.TunnelStats;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A way out. Thread-safe: called on whatever loop the inbound's connection lives. */
interface Outbound extends Lifecycle<OutboundSettings> {

    /** The name that rules use; empty if the file gives none. */
    String tag();

    /** As the file spells it. */
    String protocol();

    Traffic traffic();

    /** The loop that its connections live on, or null if any loop will do. */
    default @Nullable EventLoop home() {
        return null;
    }

    /**
     * Dials the session's destination.
     *
     * @param loop on which the answer is given, and where the connection should live if it can
     * @return the connected channel, not reading yet, with half-closure allowed and {@link Parking}
     *     as its last handler; or a {@link DialException}. Cancelling gives the attempt up.
     */
    Future<DuplexChannel> connect(Session session, EventLoop loop);

    /**
     * Opens a way for datagrams to any number of destinations, the same for all (full cone). Never
     * fails: what can't be sent is dropped, as a network does.
     *
     * @param loop on which the port is used and the receiver is called
     */
    UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver);

    /**
     * Pings the session's destination; a name stands for the first of its addresses.
     *
     * @param loop on which the answer is given
     * @return done when the host answered; else fails with a {@link DialException} or what {@link
     *     DialException#of} understands
     */
    default Future<?> ping(Session session, Ping ping, EventLoop loop) {
        return loop.newFailedFuture(
                new DialException(Failure.BLACKHOLED, "outbound " + tag() + " carries no pings"));
    }

    /**
     * Begins what doesn't wait for the first connection; called outside of the event loops.
     *
     * @throws StartException if it can't; {@link #close} follows
     */
    @Override
    default void start() throws StartException {}

    /**
     * How to go on by another way below, and with the users of these settings, so that connections
     * live on.
     *
     * @return as {@link #update}
     */
    default @Nullable Runnable reroute(OutboundSettings settings, Dialer below) {
        return null;
    }

    /** Why it takes nothing, whatever is asked; null if it may. */
    default @Nullable DialException refusal() {
        return null;
    }

    /** The address that everything ends at, wherever it was to go; null if destinations count. */
    default @Nullable InetAddress pinned() {
        return null;
    }

    /** The tunnel's statistics, if this outbound is one and it is open. */
    default Optional<TunnelStats> tunnelStats() {
        return Optional.empty();
    }

    /** Releases everything; connections still open are closed in order where possible. */
    @Override
    Future<?> close();
}
