package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;

/**
 * The five timers of a peer and the events that move them (paper, section 6; the kernel's {@code
 * timers.c}, whose names the events bear). They keep these promises:
 *
 * <ul>
 *   <li>an initiation that stays without a response is repeated every 5 s and a bit, 19 times;
 *   <li>whoever received data and has nothing to say for 10 s says so with a keepalive;
 *   <li>whoever sent data and hears nothing at all for 15 s and a bit begins a new handshake;
 *   <li>540 s after the last session began, nothing secret of any session is left;
 *   <li>if asked to, the peer hears something every so many seconds.
 * </ul>
 *
 * A timer is a deadline in the device's time; a deadline that passed is handled whenever {@link
 * #fire} comes.
 */
final class PeerTimers {
    private final Peer peer;
    private final Device device;

    long retransmitHandshake = NEVER;
    long sendKeepalive = NEVER;
    long newHandshake = NEVER;
    long zeroKeys = NEVER;
    long persistentKeepalive = NEVER;

    private boolean needAnotherKeepalive;
    private int handshakeAttempts;
    private boolean sentLastMinuteHandshake;

    /** Place and key in the device's {@link DeadlineQueue}, which alone writes them. */
    int queueIndex = -1;

    long queuedDeadline = NEVER;

    PeerTimers(Peer peer, Device device) {
        this.peer = peer;
        this.device = device;
    }

    /** An initiation, response, keepalive or data packet was sent, or received and authentic. */
    void anyAuthenticatedPacketTraversal(long now) {
        if (peer.persistentKeepaliveNanos() != 0) {
            persistentKeepalive = arm(now + peer.persistentKeepaliveNanos());
        }
    }

    void anyAuthenticatedPacketSent() {
        sendKeepalive = NEVER;
        device.batch.touch(peer);
    }

    void anyAuthenticatedPacketReceived() {
        newHandshake = NEVER;
        peer.where.heard();
        device.batch.touch(peer);
    }

    void dataSent(long now) {
        if (newHandshake == NEVER) {
            newHandshake =
                    arm(
                            now
                                    + Constants.KEEPALIVE_TIMEOUT
                                    + Constants.REKEY_TIMEOUT
                                    + device.jitter.next());
        }
    }

    /** {@code packets} of data came since the last call, keepalives not counted. */
    void dataReceived(int packets, long now) {
        int more = packets;
        if (sendKeepalive == NEVER) {
            sendKeepalive = arm(now + Constants.KEEPALIVE_TIMEOUT);
            more--;
        }
        if (more > 0) {
            needAnotherKeepalive = true;
        }
    }

    void handshakeInitiated(long now) {
        peer.where.initiated();
        retransmitHandshake = arm(now + Constants.REKEY_TIMEOUT + device.jitter.next());
    }

    void sessionDerived(long now) {
        zeroKeys = arm(now + Constants.ZERO_KEYS_AFTER);
    }

    /** The other side is known to have the session too. */
    void handshakeComplete() {
        retransmitHandshake = NEVER;
        handshakeAttempts = 0;
        sentLastMinuteHandshake = false;
        device.batch.touch(peer);
    }

    /** There is a new reason to talk: the attempts that count begin again. */
    void newReasonToHandshake() {
        handshakeAttempts = 0;
    }

    /** Tells, once per session, that an initiator that only receives has to renew it. */
    boolean lastMinuteHandshakeDue() {
        boolean first = !sentLastMinuteHandshake;
        sentLastMinuteHandshake = true;
        return first;
    }

    boolean isRetrying() {
        return retransmitHandshake != NEVER;
    }

    /**
     * A keepalive waits to be sent. Whatever leaves arms the timer of persistent keepalives; if
     * nothing does, because the gate is closed, they go on when it opens.
     */
    void keepaliveQueued(long now) {
        if (persistentKeepalive == NEVER
                && peer.persistentKeepaliveNanos() != 0
                && now < peer.initiationAllowedAt()
                && !isRetrying()) {
            persistentKeepalive = arm(peer.initiationAllowedAt() + device.jitter.next());
        }
    }

    void persistentKeepaliveOff() {
        persistentKeepalive = NEVER;
        device.batch.touch(peer);
    }

    void stop() {
        retransmitHandshake = NEVER;
        sendKeepalive = NEVER;
        newHandshake = NEVER;
        zeroKeys = NEVER;
        persistentKeepalive = NEVER;
        needAnotherKeepalive = false;
        handshakeAttempts = 0;
        sentLastMinuteHandshake = false;
        device.batch.touch(peer);
    }

    long deadline() {
        return Math.min(
                Math.min(Math.min(retransmitHandshake, sendKeepalive), newHandshake),
                Math.min(zeroKeys, persistentKeepalive));
    }

    /** Handles every deadline that has passed, earliest first. */
    void fire(long now) {
        for (long due = deadline(); due <= now; due = deadline()) {
            if (due == retransmitHandshake) {
                retransmitHandshake = NEVER;
                expiredRetransmitHandshake(now);
            } else if (due == sendKeepalive) {
                sendKeepalive = NEVER;
                expiredSendKeepalive(now);
            } else if (due == newHandshake) {
                newHandshake = NEVER;
                peer.where.silent(now);
                peer.sourceAddressStale();
                peer.queueInitiation(false, now);
            } else if (due == zeroKeys) {
                zeroKeys = NEVER;
                peer.expireSessions();
            } else {
                persistentKeepalive = NEVER;
                peer.queueKeepalive(now);
            }
        }
    }

    private void expiredRetransmitHandshake(long now) {
        if (handshakeAttempts > Constants.MAX_TIMER_HANDSHAKES) {
            sendKeepalive = NEVER;
            peer.where.unanswered(now);
            peer.giveUpHandshake();
            if (zeroKeys == NEVER) {
                zeroKeys = arm(now + Constants.ZERO_KEYS_AFTER);
            }
        } else if (now < peer.initiationAllowedAt()) {
            // we answered the other side meanwhile; should that come to nothing, try again then
            retransmitHandshake = arm(peer.initiationAllowedAt() + device.jitter.next());
        } else {
            handshakeAttempts++;
            peer.where.unanswered(now);
            peer.sourceAddressStale();
            peer.queueInitiation(true, now);
        }
    }

    private void expiredSendKeepalive(long now) {
        peer.queueKeepalive(now);
        if (needAnotherKeepalive) {
            needAnotherKeepalive = false;
            sendKeepalive = arm(now + Constants.KEEPALIVE_TIMEOUT);
        }
    }

    private long arm(long deadline) {
        device.batch.touch(peer);
        return peer.isRunning() ? deadline : NEVER;
    }
}
