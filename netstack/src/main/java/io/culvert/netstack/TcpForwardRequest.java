package io.culvert.netstack;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A client's wish for a connection to any destination. Nothing was answered yet: dial first, then
 * {@link #accept} or {@link #refuse}, once. What the client repeats in the meantime is absorbed.
 */
public final class TcpForwardRequest extends TcpSyn {
    private final TcpForwarding forwarding;

    /** The client's handshake is complete: a cookie came back. */
    final boolean isAnswered;

    private boolean announced;
    private boolean decided;
    private boolean cancelled;
    private @Nullable Runnable onCancel;

    /** Whose it is, for the limits; see {@link Packet#party}. */
    final long partyHi;

    final long partyLo;
    long lastSeen;
    @Nullable TcpForwardRequest previous;
    @Nullable TcpForwardRequest next;

    TcpForwardRequest(
            TcpForwarding forwarding,
            TcpFlow addresses,
            TcpSegment s,
            Packet p,
            int initialSequence) {
        super(addresses, s, initialSequence);
        partyHi = p.partyHi;
        partyLo = p.partyLo;
        this.forwarding = forwarding;
        isAnswered = false;
    }

    /**
     * @param s a client's ACK that brings a cookie
     */
    TcpForwardRequest(TcpForwarding forwarding, TcpFlow addresses, TcpSegment s, Packet p) {
        super(addresses, s, s.acknowledgment - 1, SynCookies.isTimed(s.acknowledgment - 1));
        partyHi = p.partyHi;
        partyLo = p.partyLo;
        this.forwarding = forwarding;
        isAnswered = true;
    }

    /** The client. */
    public InetSocketAddress source() {
        return IpAddress.toSocketAddress(remoteHi, remoteLo, remotePort());
    }

    /** Where it wants to go. */
    public InetSocketAddress destination() {
        return IpAddress.toSocketAddress(localHi, localLo, localPort());
    }

    /**
     * Answers the client; {@link TcpHandler#connected} follows its handshake, and data may be
     * written at once. If the client has left, the connection is closed from the start; so it is
     * when too many clients have not completed their handshake, and then a client that does is a
     * new request.
     *
     * @throws IllegalStateException if the request was decided before
     */
    public TcpConnection accept(TcpHandler handler) {
        decide();
        return forwarding.accept(this, handler, !cancelled);
    }

    /**
     * Tells the client no.
     *
     * @throws IllegalStateException if the request was decided before
     */
    public void refuse(Refusal how) {
        decide();
        if (!cancelled) {
            forwarding.refuse(this, how);
        }
    }

    /**
     * What to do when the client resets or gives up before a decision; called from {@link
     * NetStack#deliver}.
     */
    public void onCancel(Runnable run) {
        onCancel = run;
        if (cancelled && !decided) {
            forwarding.announce(this);
        }
    }

    private void decide() {
        if (decided) {
            throw new IllegalStateException("request " + this + " was decided before");
        }
        decided = true;
    }

    /** The client left. */
    void cancel() {
        cancelled = true;
        forwarding.announce(this);
    }

    @Override
    void deliver() {
        if (!announced && !cancelled) {
            announced = true;
            forwarding.ask(this);
        } else if (cancelled && !decided && onCancel != null) {
            Runnable run = onCancel;
            onCancel = null;
            run.run();
        }
    }

    @Override
    public String toString() {
        return source() + " - " + destination();
    }
}
