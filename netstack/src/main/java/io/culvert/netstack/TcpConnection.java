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
    private final TcpLifecycle lifecycle;
    private final TcpHandshake handshake;
    private final TcpReceiver receiver;
    private final TcpSender sender;
    private final TcpTimers timers;
    private final TcpPathMtu pathMtu;
    private final int timestampOffset;
    private final int flowLabel;
    private final @Nullable TcpListener listener;
    private @Nullable TcpHandler handler;
    private int pending;
    private long lastHeard;

    // Links and marks of the layer's lists.
    @Nullable TcpConnection nextControl;
    @Nullable TcpConnection nextInRound;
    @Nullable TcpConnection nextDirty;
    boolean inControl;
    boolean inRound;
    boolean isDirty;
    int deficit;

    // Whose it is, if it was forwarded; for the limits of TcpForwarding.
    long partyHi;
    long partyLo;
    private boolean forwarded;

    // Bookkeeping of ChallengeAcks.
    int challengeSecond;
    int challenges;

    private int trafficClass;
    private @Nullable Unreachable unreachable;

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
        this.listener = listener;
        this.handler = handler;
        timestampOffset = layer.secrets.timestampOffset(this);
        flowLabel = layer.secrets.flowLabel(this);
        TcpSettings settings = layer.settings;
        lifecycle = new TcpLifecycle(this, layer, state, listener);
        timers = new TcpTimers(this, layer.stack.timers);
        pathMtu = new TcpPathMtu(this, layer.stack.config.mtu(), settings.mssClamp());
        handshake = new TcpHandshake(this, settings, state == TcpState.SYN_RECEIVED);
        receiver = new TcpReceiver(this, settings, layer.stack.pool);
        long seed = layer.secrets.congestionSeed(this, initialSequence);
        SendBuffer buffer =
                new SendBuffer(layer.stack.pool, layer.releases, layer.stack.config.sendBudget());
        sender = new TcpSender(this, settings, buffer, seed);
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
        return isOver() || isClosedByApplication() ? 0 : sender.space();
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
        if (sender.finWanted() && !isOver()) {
            throw new IllegalStateException("write after the output was shut down");
        }
        if (isOver() || length == 0) {
            lease.release();
            return;
        }
        sender.write(memory, offset, length, lease);
        activate();
    }

    /** Sends FIN behind what was written; receiving goes on. */
    public void shutdownOutput() {
        lifecycle.shutdownOutput();
    }

    /** In-order bytes ready to read. */
    public int available() {
        return isClosedByApplication() ? 0 : receiver.buffer.available();
    }

    /**
     * Hands out the next contiguous bytes and opens the receive window by them. The chunk is
     * retained for the caller, who releases it. False: nothing there.
     */
    public boolean read(Received out) {
        if (isClosedByApplication() || !receiver.read(out)) {
            return false;
        }
        if (isOver()) {
            lifecycle.signalEnd();
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
        lifecycle.close();
    }

    /** Ends the connection at once, with RST. */
    public void abort() {
        lifecycle.abort();
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
        if (!isOver()) {
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
     * How long data may stay unacknowledged before the connection ends (RFC 9293, 3.8.3), however
     * often it was repeated by then; after {@link #close} its repetitions are bounded too. 0: as
     * long as retransmission tries.
     */
    public void userTimeout(long nanos) {
        if (!isOver()) {
            timers.userTimeout(nanos, layer.stack.now());
        }
    }

    /**
     * DSCP of what is sent from now on (RFC 2474); 0 at first.
     *
     * @param value the whole byte; its two ECN bits are ignored
     */
    public void trafficClass(int value) {
        trafficClass = value & 0xfc;
    }

    /**
     * What a router or the peer said last about a segment of this connection: the reason of {@link
     * CloseCause#UNREACHABLE} and {@link CloseCause#REFUSED}, where it was ICMP; of an established
     * connection, which ICMP doesn't end, a hint at why the peer no longer answers (RFC 1122,
     * 4.2.3.9). Null: nothing.
     */
    public @Nullable Unreachable unreachable() {
        return unreachable;
    }

    public TcpInfo info() {
        return TcpInfo.of(this);
    }

    @Override
    public String toString() {
        return local() + " - " + remote() + " " + state();
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

    TcpLifecycle lifecycle() {
        return lifecycle;
    }

    TcpState state() {
        return lifecycle.state();
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
        return lifecycle.isOver();
    }

    boolean isClosedByApplication() {
        return lifecycle.isClosedByApplication();
    }

    int trafficClass() {
        return trafficClass;
    }

    int flowLabel() {
        return flowLabel;
    }

    void unreachable(Unreachable kind) {
        unreachable = kind;
    }

    boolean isForwarded() {
        return forwarded;
    }

    /** It was accepted for a client that asked for any destination. */
    void forwardedFor(TcpForwardRequest request) {
        forwarded = true;
        partyHi = request.partyHi;
        partyLo = request.partyLo;
    }

    void heard(long now) {
        lastHeard = now;
    }

    long lastHeard() {
        return lastHeard;
    }

    void activate() {
        if (!isOver() && state().isSynchronized()) {
            layer.scheduler.activate(this);
        }
    }

    void signal(int event) {
        pending |= event;
        layer.stack.events.add(this);
    }

    @Override
    void deliver() {
        try {
            if (take(CONNECTED)) {
                announce();
            }
            TcpHandler h = handler;
            if (take(READABLE) && h != null && !isClosedByApplication()) {
                h.readable(this);
            }
            if (take(WRITABLE) && h != null && !isClosedByApplication() && !isOver()) {
                h.writable(this);
            }
            if (take(CLOSED)) {
                ended();
            }
        } finally {
            if (pending != 0) {
                layer.stack.events.add(this); // a handler threw
            }
        }
    }

    private boolean take(int event) {
        boolean is = (pending & event) != 0;
        pending &= ~event;
        return is;
    }

    private void announce() {
        if (handler == null && listener != null) {
            handler = listener.accept(this);
        }
        if (handler != null && !isClosedByApplication()) {
            handler.connected(this);
        }
    }

    private void ended() {
        receiver.clear();
        layer.forget(this);
        layer.releases.deliver(); // closed() comes last
        CloseCause cause = lifecycle.cause();
        if (handler != null && cause != null) {
            handler.closed(this, cause);
        }
    }

    void established(long now) {
        lastHeard = now;
        lifecycle.established();
        signal(CONNECTED);
        sender.signalWritable();
        activate();
    }

    /** The path's MTU changed. */
    void pathChanged() {
        if (state().isSynchronized()) {
            sender.changeMss(pathMtu.mss());
            activate();
        }
    }
}
