package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection (RFC 9293). All calls belong to the stack's thread; what they cause leaves with
 * the next {@link NetStack#pull}. News come to the {@link TcpHandler}.
 */
public final class TcpConnection extends TcpFlow {
    static final int CONNECTED = 1;
    static final int READABLE = 2;
    static final int WRITABLE = 4;
    static final int CLOSED = 8;

    /** RFC 7323, 5.4: the timestamp clock ticks every millisecond. */
    static final long TIMESTAMP_TICK = 1_000_000;

    private final TcpLayer layer;
    private final TcpHandshake handshake;
    private final TcpReceiver receiver;
    private final TcpSender sender;
    private final TcpTimers timers;
    private final TcpPathMtu pathMtu;
    private final int timestampOffset;
    private final @Nullable TcpListener listener;
    private @Nullable TcpHandler handler;
    private @Nullable CloseCause cause;

    private TcpState state;
    private int pending;
    private boolean closedByApplication;
    private boolean over;
    private boolean ended;
    private long lastHeard;

    // Links and marks of the layer's lists.
    @Nullable TcpConnection nextControl;
    @Nullable TcpConnection nextInRound;
    @Nullable TcpConnection nextDirty;
    boolean inControl;
    boolean inRound;
    boolean isDirty;
    int deficit;

    // Bookkeeping of ChallengeAcks.
    int challengeSecond;
    int challenges;

    /** Whatever the application wants to keep beside the connection. */
    public @Nullable Object attachment;

    TcpConnection(
            TcpLayer layer,
            TcpFlow addresses,
            TcpState state,
            int initialSequence,
            @Nullable TcpListener listener,
            @Nullable TcpHandler handler) {
        super(addresses);
        this.layer = layer;
        this.state = state;
        this.listener = listener;
        this.handler = handler;
        timestampOffset = layer.secrets.timestampOffset(this);
        TcpSettings settings = layer.settings;
        timers = new TcpTimers(this, layer.stack.timers);
        pathMtu = new TcpPathMtu(this, layer.stack.config.mtu(), settings.mssClamp());
        handshake = new TcpHandshake(this, settings, state == TcpState.SYN_RECEIVED);
        receiver = new TcpReceiver(this, settings, layer.stack.pool);
        sender = new TcpSender(this, settings, new SendBuffer(layer.stack.pool, layer.releases));
        sender.open(initialSequence);
    }

    /** This end; of a forwarded connection: the destination the client asked for. */
    public InetSocketAddress local() {
        return IpAddress.toSocketAddress(localHi, localLo, localPort());
    }

    public InetSocketAddress remote() {
        return IpAddress.toSocketAddress(remoteHi, remoteLo, remotePort());
    }

    /** Bytes the application may write now; 0 = wait for {@link TcpHandler#writable}. */
    public int sendSpace() {
        return over || closedByApplication ? 0 : sender.space();
    }

    /**
     * Takes [offset, offset+length) on loan until {@code lease.release()}, which comes with {@link
     * NetStack#deliver} once the bytes are acknowledged or the connection is over. Small writes are
     * copied and released at once. May exceed {@link #sendSpace}, which then stays 0 for longer.
     *
     * @throws IllegalStateException after {@link #shutdownOutput} or {@link #close}
     */
    public void write(MemorySegment memory, long offset, int length, Lease lease) {
        if (length < 0) {
            throw new IllegalArgumentException("length " + length + " is negative");
        }
        if (sender.finWanted() && !over) {
            throw new IllegalStateException("write after the output was shut down");
        }
        if (over || length == 0) {
            lease.release();
            return;
        }
        sender.write(memory, offset, length, lease);
        activate();
    }

    /** Sends FIN behind what was written; receiving goes on. */
    public void shutdownOutput() {
        if (over || sender.finWanted()) {
            return;
        }
        sender.finish();
        switch (state) {
            case ESTABLISHED -> state = TcpState.FIN_WAIT_1;
            case CLOSE_WAIT -> state = TcpState.LAST_ACK;
            default -> {
                // before the handshake is complete: with it
            }
        }
        activate();
    }

    /** In-order bytes ready to read. */
    public int available() {
        return closedByApplication ? 0 : receiver.buffer.available();
    }

    /**
     * Hands out the next contiguous bytes and opens the receive window by them. The chunk is
     * retained for the caller, who releases it. False: nothing there.
     */
    public boolean read(Received out) {
        if (closedByApplication || !receiver.read(out, layer.stack.now())) {
            return false;
        }
        if (over) {
            signalEnd();
        } else if (receiver.wantsAck()) {
            layer.scheduler.control(this);
        }
        return true;
    }

    /** The peer's FIN came and everything before it was read. */
    public boolean endOfStream() {
        return receiver.isAtEnd();
    }

    /**
     * Closes both directions in order: what was written still goes out. Data that was not read, or
     * comes later, is answered with RST.
     */
    public void close() {
        if (closedByApplication) {
            return;
        }
        boolean unread = receiver.buffer.available() > 0;
        closedByApplication = true;
        if (over) {
            signalEnd();
        } else if (state == TcpState.SYN_SENT) {
            terminate(CloseCause.CLOSED);
        } else if (unread) {
            reset(CloseCause.CLOSED);
        } else {
            shutdownOutput();
            activate(); // in FIN-WAIT-2 for the deadline alone
        }
    }

    /** Ends the connection at once, with RST. */
    public void abort() {
        closedByApplication = true;
        if (over) {
            signalEnd();
        } else {
            reset(CloseCause.ABORTED);
        }
    }

    /**
     * Probes the peer when nothing was heard for {@code idleNanos}, then every {@code
     * intervalNanos}; after {@code probes} without answer the connection ends. 0 probes: off.
     */
    public void keepAlive(long idleNanos, long intervalNanos, int probes) {
        if (probes < 0 || (probes > 0 && (idleNanos <= 0 || intervalNanos <= 0))) {
            throw new IllegalArgumentException(
                    "keepAlive " + idleNanos + ", " + intervalNanos + ", " + probes);
        }
        if (!over) {
            TcpKeepAlive watch =
                    probes == 0 ? null : new TcpKeepAlive(this, idleNanos, intervalNanos, probes);
            timers.keepAlive(watch, layer.stack.now() + idleNanos);
        }
    }

    /** False: small segments wait until what was sent is acknowledged (Nagle, RFC 9293 3.7.4). */
    public void noDelay(boolean on) {
        sender.noDelay = on;
        activate();
    }

    /**
     * How long data may stay unacknowledged before the connection ends (RFC 9293, 3.8.3). 0: as
     * long as retransmission tries.
     */
    public void userTimeout(long nanos) {
        if (!over) {
            timers.userTimeout(nanos, layer.stack.now());
        }
    }

    public TcpInfo info() {
        return TcpInfo.of(this);
    }

    @Override
    public String toString() {
        return local() + " - " + remote() + " " + state;
    }

    // What follows is the engine's.

    TcpLayer layer() {
        return layer;
    }

    TcpHandshake handshake() {
        return handshake;
    }

    TcpReceiver receiver() {
        return receiver;
    }

    TcpSender sender() {
        return sender;
    }

    TcpTimers timers() {
        return timers;
    }

    TcpPathMtu pathMtu() {
        return pathMtu;
    }

    TcpState state() {
        return state;
    }

    @Nullable TcpListener listener() {
        return listener;
    }

    boolean timestamps() {
        return handshake.timestamps();
    }

    boolean sackPermitted() {
        return handshake.sackPermitted();
    }

    int timestampAt(long now) {
        return (int) (now / TIMESTAMP_TICK) + timestampOffset;
    }

    /** Nothing more leaves or arrives; the application may still have to hear of it. */
    boolean isOver() {
        return over;
    }

    boolean isClosedByApplication() {
        return closedByApplication;
    }

    void heard(long now) {
        lastHeard = now;
    }

    long lastHeard() {
        return lastHeard;
    }

    void activate() {
        if (!over && state.isSynchronized()) {
            layer.scheduler.activate(this);
        }
    }

    void signal(int event) {
        pending |= event;
        layer.stack.events.add(this);
    }

    @Override
    void deliver() {
        int news = pending;
        pending = 0;
        if ((news & CONNECTED) != 0 && listener != null && handler == null) {
            handler = listener.accept(this);
        }
        TcpHandler h = handler;
        if (h != null) {
            if ((news & CONNECTED) != 0 && !closedByApplication) {
                h.connected(this);
            }
            if ((news & READABLE) != 0 && !closedByApplication) {
                h.readable(this);
            }
            if ((news & WRITABLE) != 0 && !closedByApplication && !over) {
                h.writable(this);
            }
        }
        if ((news & CLOSED) != 0) {
            receiver.clear();
            layer.forget(this);
            if (h != null && cause != null) {
                h.closed(this, cause);
            }
        }
    }

    void simultaneousOpen() {
        state = TcpState.SYN_RECEIVED;
    }

    void established(long now) {
        lastHeard = now;
        state = sender.finWanted() ? TcpState.FIN_WAIT_1 : TcpState.ESTABLISHED;
        if (listener != null) {
            listener.completed();
        }
        signal(CONNECTED);
        sender.signalWritable();
        activate();
    }

    /** The peer's FIN is complete. */
    void peerFinished(long now) {
        switch (state) {
            case ESTABLISHED -> state = TcpState.CLOSE_WAIT;
            case FIN_WAIT_1 -> state = TcpState.CLOSING;
            case FIN_WAIT_2 -> timeWait(now);
            default -> throw new IllegalStateException("FIN in " + state);
        }
    }

    /** Our FIN was acknowledged, the peer's did not come. */
    void finAcknowledged(long now) {
        state = TcpState.FIN_WAIT_2;
        limitFinWait(now);
    }

    /** A closed connection does not wait for the peer's FIN for ever (netstack.md C4). */
    void limitFinWait(long now) {
        if (state == TcpState.FIN_WAIT_2
                && closedByApplication
                && !timers.isSet(TcpTimers.FIN_WAIT_2)) {
            timers.set(TcpTimers.FIN_WAIT_2, now + layer.settings.finWait2());
        }
    }

    void timeWait(long now) {
        layer.timeWaits.enter(this, now);
        end(TcpState.TIME_WAIT, CloseCause.CLOSED);
    }

    /** Tells the peer with RST and ends. */
    void reset(CloseCause why) {
        if (state != TcpState.SYN_SENT) {
            layer.replies.reset(this, (int) sender.next, (int) receiver.next(), true);
        }
        terminate(why);
    }

    /** The peer does not answer: end, and tell it and every NAT between (netstack.md C12). */
    void giveUp() {
        layer.counters.abortsOnTimeout++;
        reset(CloseCause.TIMEOUT);
    }

    void terminate(CloseCause why) {
        if (!over) {
            layer.remove(this);
            end(TcpState.CLOSED, why);
        }
    }

    /** Over before anything was sent. */
    void stillborn(CloseCause why) {
        end(TcpState.CLOSED, why);
    }

    private void end(TcpState last, CloseCause why) {
        if (listener != null && !state.isSynchronized()) {
            listener.completed();
        }
        over = true;
        state = last;
        cause = why;
        timers.stop();
        sender.clear();
        signalEnd();
    }

    /** Of an orderly end the application hears when it has read everything. */
    private void signalEnd() {
        if (!ended && (cause != CloseCause.CLOSED || closedByApplication || receiver.isAtEnd())) {
            ended = true;
            signal(CLOSED);
        } else if (!ended) {
            layer.unread(this);
        }
    }

    /** The path's MTU changed. */
    void pathChanged() {
        if (state.isSynchronized()) {
            sender.changeMss(pathMtu.mss(handshake.peerMss()));
            activate();
        }
    }
}
