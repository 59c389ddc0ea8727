package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Receives initiations, responses and cookie replies. The cheapest check comes first, and nothing
 * changes before the last one has passed.
 */
final class HandshakeReceiver {
    private final Device device;
    private final DeviceCounters counters;
    private final NoiseIkPsk2 noise;
    private final CookieChecker cookies;
    private final RateLimiter limiter;
    private final byte[] message = new byte[InitiationMessage.LENGTH];
    private final byte[] remoteStatic = new byte[KeyText.KEY_LENGTH];
    private final byte[] timestamp = new byte[Tai64n.LENGTH];
    private int waiting;
    private long underLoadUntil = Constants.LONG_AGO;

    HandshakeReceiver(Device device, SipHash hash) {
        this.device = device;
        counters = device.counters;
        noise = device.noise;
        cookies = new CookieChecker(device.crypto, device.entropy);
        limiter = new RateLimiter(hash);
    }

    /** Takes the number of handshakes that wait; the load lasts a second longer than it is seen. */
    void load(int handshakesWaiting, long now) {
        waiting = handshakesWaiting;
        if (isOverloaded()) {
            underLoadUntil = now + Constants.UNDER_LOAD_LINGER;
        }
    }

    void receive(
            int type,
            MemorySegment m,
            long offset,
            int length,
            InetSocketAddress source,
            long now) {
        int expected =
                switch (type) {
                    case InitiationMessage.TYPE -> InitiationMessage.LENGTH;
                    case ResponseMessage.TYPE -> ResponseMessage.LENGTH;
                    case CookieReplyMessage.TYPE -> CookieReplyMessage.LENGTH;
                    default -> -1;
                };
        if (length != expected) {
            counters.drop(Drop.MALFORMED);
            return;
        }
        LocalIdentity local = device.identity();
        if (local == null) {
            counters.drop(Drop.NO_PRIVATE_KEY);
            return;
        }
        MemorySegment.copy(m, Wire.BYTE, offset, message, 0, length);
        Drop refusal =
                switch (type) {
                    case InitiationMessage.TYPE -> initiation(local, source, now);
                    case ResponseMessage.TYPE -> response(local, source, now);
                    default -> cookieReply(now);
                };
        if (refusal != null) {
            counters.drop(refusal);
        }
    }

    RateLimiter limiter() {
        return limiter;
    }

    void destroy() {
        cookies.destroy();
    }

    private @Nullable Drop initiation(LocalIdentity local, InetSocketAddress source, long now) {
        Drop refusal = checkMacs(local, InitiationMessage.MAC1, source, now);
        if (refusal != null) {
            return refusal;
        }
        if (!noise.openStatic(local, message, remoteStatic)) {
            return Drop.NOT_AUTHENTIC;
        }
        Peer peer = device.peer(PublicKey.of(remoteStatic));
        if (peer == null) {
            noise.wipe();
            return Drop.UNKNOWN_PEER;
        }
        Handshake handshake = peer.handshake;
        if (!noise.openTimestamp(handshake, message, timestamp)) {
            return Drop.NOT_AUTHENTIC;
        }
        if (Arrays.compareUnsigned(timestamp, handshake.latestTimestamp) <= 0) {
            noise.wipe();
            return Drop.OLD_TIMESTAMP;
        }
        if (now < handshake.nextInitiationAt) {
            noise.wipe();
            return Drop.INITIATION_FLOOD;
        }
        noise.commitInitiation(handshake, message);
        handshake.remoteIndex = Wire.intLe(message, InitiationMessage.SENDER);
        System.arraycopy(timestamp, 0, handshake.latestTimestamp, 0, Tai64n.LENGTH);
        handshake.nextInitiationAt = now + Constants.INITIATION_INTERVAL;
        handshake.state = Handshake.State.INITIATION_CONSUMED;
        counters.initiationsReceived++;
        received(peer, InitiationMessage.LENGTH, source, now);
        peer.wantsResponse = true;
        device.output.add(peer);
        return null;
    }

    private @Nullable Drop response(LocalIdentity local, InetSocketAddress source, long now) {
        Drop refusal = checkMacs(local, ResponseMessage.MAC1, source, now);
        if (refusal != null) {
            return refusal;
        }
        int receiver = Wire.intLe(message, ResponseMessage.RECEIVER);
        if (!(device.indices.find(receiver) instanceof Handshake handshake)
                || handshake.state != Handshake.State.INITIATION_CREATED) {
            return Drop.UNKNOWN_INDEX;
        }
        // one thread owns the device, so the state can't change while this is computed
        if (!noise.consumeResponse(handshake, local, message)) {
            return Drop.NOT_AUTHENTIC;
        }
        handshake.remoteIndex = Wire.intLe(message, ResponseMessage.SENDER);
        Peer peer = handshake.peer();
        peer.beginSession(noise, true, now);
        counters.responsesReceived++;
        received(peer, ResponseMessage.LENGTH, source, now);
        peer.handshakeComplete(now);
        // data or else a keepalive: without either the responder couldn't send
        peer.queueKeepalive(now);
        return null;
    }

    private @Nullable Drop cookieReply(long now) {
        int receiver = Wire.intLe(message, CookieReplyMessage.RECEIVER);
        IndexTable.Owner owner = device.indices.find(receiver);
        if (owner == null) {
            return Drop.UNKNOWN_INDEX;
        }
        if (!owner.peer().cookies.consume(message, now)) {
            return Drop.NOT_AUTHENTIC;
        }
        counters.cookieRepliesReceived++;
        return null;
    }

    /** Null when the message deserves the three scalar multiplications it costs. */
    private @Nullable Drop checkMacs(
            LocalIdentity local, int mac1, InetSocketAddress source, long now) {
        if (!cookies.validMac1(local, message, mac1)) {
            return Drop.INVALID_MAC1;
        }
        if (!isOverloaded() && now >= underLoadUntil) {
            return null;
        }
        if (cookies.validMac2(message, mac1, source, now)) {
            return limiter.allow(source.getAddress(), now) ? null : Drop.RATE_LIMITED;
        }
        if (device.output.isCookieRepliesFull()) {
            return Drop.COOKIE_REPLIES_FULL;
        }
        device.output.addCookieReply(cookies.reply(local, message, mac1, source, now), source);
        return Drop.COOKIE_SENT;
    }

    private boolean isOverloaded() {
        return waiting >= Constants.UNDER_LOAD_HANDSHAKES;
    }

    private void received(Peer peer, int length, InetSocketAddress source, long now) {
        // what was sent before must not seem to have been sent after
        device.batch.settle();
        peer.roam(source);
        peer.rxBytes += length;
        peer.timers.anyAuthenticatedPacketReceived();
        peer.timers.anyAuthenticatedPacketTraversal(now);
    }
}
