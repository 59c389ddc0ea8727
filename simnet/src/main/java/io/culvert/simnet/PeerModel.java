package io.culvert.simnet;

import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an onlooker knows a device to owe one of its peers, from the datagrams, the calls and the
 * clock alone: which sessions there are, where the peer is, what may be sent and what must be.
 * Every breach throws. Times are of the device's clock.
 */
final class PeerModel {
    private static final long LONG_AGO = Long.MIN_VALUE / 4;

    /** COOKIE_SECRET_MAX_AGE. */
    private static final long COOKIE_LIFE = 120 * PeerTimersModel.SECOND;

    final DeviceModel device;
    final Peer peer;
    final PublicKey key;
    final PeerTimersModel timers;

    @Nullable SessionModel previous;
    @Nullable SessionModel current;
    @Nullable SessionModel next;

    private boolean awaitsResponse;
    private int initiationIndex;
    private boolean owesResponse;
    private int answeredIndex;
    private long initiationTakenAt = LONG_AGO;
    private long cookieAt = LONG_AGO;

    /** Packets that the application gave for this peer and that didn't leave. */
    private long packetsToSend;

    private @Nullable InetSocketAddress endpoint;
    private long txBytes;
    private long rxBytes;

    PeerModel(DeviceModel device, Peer peer) {
        this.device = device;
        this.peer = peer;
        key = peer.publicKey();
        endpoint = peer.endpoint();
        timers = new PeerTimersModel(this);
    }

    void endpoint(@Nullable InetSocketAddress e) {
        if (endpoint == null && e != null) {
            timers.placeFound(current, device.now());
            timers.wish(); // of whatever waited, however long, for a place to go to
        }
        endpoint = e;
        timers.endpointSet();
    }

    @Nullable InetSocketAddress endpoint() {
        return endpoint;
    }

    /** An application's packet was taken, staged or sent. */
    void packetTaken() {
        packetsToSend++;
        timers.wish();
    }

    /** A cookie counts for two minutes. */
    private void requireFreshCookie(byte[] message, long now) {
        boolean mac2 = false;
        for (int i = LifeMessage.mac1(message.length) + LifeMessage.MAC_LENGTH;
                i < message.length;
                i++) {
            mac2 |= message[i] != 0;
        }
        require(!mac2 || now - cookieAt <= COOKIE_LIFE, "uses a stale cookie");
    }

    /** A cookie reply was opened; it changes nothing else. */
    void acceptedCookie(long now) {
        cookieAt = now;
    }

    void sentInitiation(byte[] message, long now) {
        requireFreshCookie(message, now);
        require(device.hasKey(), "initiates without a private key");
        timers.initiationSent(current, now);
        awaitsResponse = true;
        initiationIndex = LifeMessage.sender(message);
        device.indexOf(initiationIndex, this, null);
        txBytes += message.length;
    }

    void sentResponse(byte[] message, long now) {
        requireFreshCookie(message, now);
        require(owesResponse, "responds to nothing");
        require(
                LifeMessage.receiver(message, LifeMessage.RESPONSE) == answeredIndex,
                "responds to another index than it was asked with");
        owesResponse = false;
        SessionModel session = new SessionModel(this, false, answeredIndex, now);
        device.indexOf(LifeMessage.sender(message), this, session);
        next = session;
        previous = null;
        timers.responseSent(now);
        txBytes += message.length;
    }

    void sentData(byte[] message, long now) {
        SessionModel session = current;
        int index = LifeMessage.receiver(message, LifeMessage.DATA);
        if (session == null || session.remoteIndex != index) {
            throw violation("sends under another session than its current one");
        }
        require(session.age(now) < SessionModel.REJECT_AFTER, "sends under a session too old");
        require(!session.stopped, "sends under a session of its former private key");
        long counter = LifeMessage.counter(message);
        if (counter != session.counter) {
            throw violation("uses nonce " + counter + " instead of " + session.counter);
        }
        session.counter++;
        boolean keepalive = message.length == LifeMessage.KEEPALIVE_LENGTH;
        if (!keepalive) {
            require(--packetsToSend >= 0, "sends data that nobody gave it");
        }
        timers.dataSent(session, keepalive, now);
        txBytes += message.length;
    }

    void acceptedInitiation(byte[] message, InetSocketAddress source, long now) {
        require(
                now - initiationTakenAt >= PeerTimersModel.SECOND / 50,
                "takes initiations within 20 ms");
        roamed(source, now);
        initiationTakenAt = now;
        awaitsResponse = false;
        owesResponse = true;
        answeredIndex = LifeMessage.sender(message);
        authentic(message.length);
    }

    void acceptedResponse(byte[] message, InetSocketAddress source, long now) {
        int index = LifeMessage.receiver(message, LifeMessage.RESPONSE);
        require(awaitsResponse && index == initiationIndex, "takes a response to nothing open");
        roamed(source, now);
        awaitsResponse = false;
        SessionModel session = new SessionModel(this, true, LifeMessage.sender(message), now);
        device.indexOf(initiationIndex, this, session);
        previous = next != null ? next : current;
        next = null;
        current = session;
        timers.responseReceived();
        authentic(message.length);
    }

    /**
     * A transport message was opened.
     *
     * @param counted bytes that it adds to those received, 0 if its packet was refused
     */
    void acceptedData(
            SessionModel session, int length, int counted, InetSocketAddress source, long now) {
        require(
                session == previous || session == current || session == next,
                "receives under a session it should have dropped");
        require(session.age(now) < SessionModel.REJECT_AFTER, "receives under a session too old");
        roamed(source, now);
        if (session == next) {
            previous = current;
            current = session;
            next = null;
            timers.handshakeCompleted();
        }
        if (length > LifeMessage.KEEPALIVE_LENGTH) {
            timers.dataReceived(now);
        }
        authentic(counted);
    }

    private void roamed(InetSocketAddress source, long now) {
        if (endpoint == null) {
            timers.placeFound(current, now);
        }
        endpoint = source;
    }

    private void authentic(int counted) {
        rxBytes += counted;
        timers.authenticReceived();
    }

    /** The device's private key changed. */
    void keyChanged() {
        awaitsResponse = false;
        owesResponse = false;
        if (current != null) {
            current.stopped = true;
        }
        if (next != null) {
            next.stopped = true;
        }
        timers.keyChanged();
    }

    /** The device went down or the peer was removed. */
    void stop() {
        previous = null;
        current = null;
        next = null;
        awaitsResponse = false;
        owesResponse = false;
        packetsToSend = 0;
        timers.stop();
    }

    /** Nothing that the device says of the peer may differ from what is known. */
    void agree(long now) {
        if (!Objects.equals(peer.endpoint(), endpoint)) {
            throw violation("believes it at " + peer.endpoint() + ", not " + endpoint);
        }
        if (peer.txBytes() != txBytes || peer.rxBytes() != rxBytes) {
            throw violation(
                    "counts "
                            + peer.txBytes()
                            + " B out, "
                            + peer.rxBytes()
                            + " B in, not "
                            + txBytes
                            + ", "
                            + rxBytes);
        }
        SessionModel session = current;
        boolean may = session != null && session.maySend(now);
        if (peer.hasSession(now) != may) {
            throw violation(may ? "lost a session" : "has a session that can't be");
        }
    }

    /** Sessions and handshakes that may hold an index. */
    int indices() {
        int sessions = (previous == null ? 0 : 1) + (current == null ? 0 : 1);
        return sessions + (next == null ? 0 : 1) + 1;
    }

    void require(boolean holds, String breach) {
        if (!holds) {
            throw violation(breach);
        }
    }

    AssertionError violation(String breach) {
        return device.violation("towards " + device.world().name(key) + ": " + breach);
    }
}
