package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;

/** Makes initiations and responses when their turn to leave has come. */
final class HandshakeSender {
    private final Device device;
    private final NoiseIkPsk2 noise;
    private final byte[] message = new byte[InitiationMessage.LENGTH];
    private final byte[] timestamp = new byte[Tai64n.LENGTH];

    HandshakeSender(Device device) {
        this.device = device;
        this.noise = device.noise;
    }

    /** Writes an initiation, unless the gate or a key forbids it; returns its length or 0. */
    int initiation(Peer peer, MemorySegment out, long offset, long now) {
        LocalIdentity local = device.identity();
        Handshake handshake = peer.handshake;
        if (local == null || now < peer.initiationAllowedAt()) {
            return 0;
        }
        byte[] staticStatic = handshake.staticSecret.compute(device.crypto.x25519, local);
        if (staticStatic == null) {
            return 0;
        }
        if (peer.endpoint() == null) {
            // as good as lost on the way: retries go on, and an endpoint makes one leave at once
            initiationSent(peer, now);
            return 0;
        }
        peer.handshakeSent(now);
        HandshakeSecrets secrets = handshake.freshSecrets();
        device.entropy.fill(secrets.ephemeralPrivate, 0, KeyText.KEY_LENGTH);
        peer.lastStamp = Tai64n.stamp(device.epochNanos(now), peer.lastStamp);
        Tai64n.encode(peer.lastStamp, timestamp);
        if (!noise.createInitiation(
                device.crypto.x25519,
                secrets,
                local,
                peer.publicKey(),
                staticStatic,
                timestamp,
                message)) {
            handshake.clear();
            return 0;
        }
        handshake.enter(Handshake.State.INITIATION_CREATED);
        Wire.intLe(message, 0, InitiationMessage.TYPE);
        Wire.intLe(message, InitiationMessage.SENDER, handshake.renewIndex());
        peer.cookies.addMacs(message, InitiationMessage.MAC1, now);
        MemorySegment.copy(message, 0, out, Wire.BYTE, offset, InitiationMessage.LENGTH);
        initiationSent(peer, now);
        peer.txBytes += InitiationMessage.LENGTH;
        device.counters.initiationsSent++;
        return InitiationMessage.LENGTH;
    }

    /**
     * Answers the initiation that was consumed; returns the length or 0. The session stands before
     * the response leaves, so the first packet under it can't come too early.
     */
    int response(Peer peer, MemorySegment out, long offset, long now) {
        Handshake handshake = peer.handshake;
        if (peer.endpoint() == null) {
            return 0;
        }
        if (handshake.state() == Handshake.State.INITIATION_CONSUMED) {
            device.inlineHandshakes.mixResponse(peer, now);
        }
        peer.wantsResponse = false;
        HandshakeSecrets secrets = handshake.secrets();
        if (handshake.state() != Handshake.State.RESPONSE_MIXED || secrets == null) {
            return 0;
        }
        peer.handshakeSent(now);
        System.arraycopy(
                secrets.ephemeralPublic, 0, message, ResponseMessage.EPHEMERAL, KeyText.KEY_LENGTH);
        noise.load(secrets.chainingKey, secrets.hash);
        noise.sealEmpty(handshake.presharedKey, message);
        Wire.intLe(message, 0, ResponseMessage.TYPE);
        Wire.intLe(message, ResponseMessage.SENDER, handshake.renewIndex());
        Wire.intLe(message, ResponseMessage.RECEIVER, handshake.remoteIndex);
        peer.beginSession(noise, false, now);
        peer.cookies.addMacs(message, ResponseMessage.MAC1, now);
        MemorySegment.copy(message, 0, out, Wire.BYTE, offset, ResponseMessage.LENGTH);
        peer.timers.anyAuthenticatedPacketTraversal(now);
        peer.timers.anyAuthenticatedPacketSent();
        peer.txBytes += ResponseMessage.LENGTH;
        device.counters.responsesSent++;
        return ResponseMessage.LENGTH;
    }

    private static void initiationSent(Peer peer, long now) {
        peer.timers.anyAuthenticatedPacketTraversal(now);
        peer.timers.anyAuthenticatedPacketSent();
        peer.timers.handshakeInitiated(now);
    }
}
