package io.culvert.wireguard;

import io.culvert.crypto.X25519Batch;
import io.culvert.wireguard.HandshakeJob.Step;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the device's thread does for a {@link HandshakeJob} before and after each computation. Since
 * anything may have happened in between, a result counts only if all it was computed from still
 * stands; nothing changes before the last check has passed.
 */
final class HandshakeSteps {
    /** The job goes on with its next step. */
    private static final @Nullable Drop NONE = null;

    private final Device device;
    private final NoiseIkPsk2 noise;
    private final byte[] timestamp = new byte[Tai64n.LENGTH];
    private int epoch;

    HandshakeSteps(Device device) {
        this.device = device;
        this.noise = device.noise;
    }

    /** Makes the results of everything begun before void. */
    void newEpoch() {
        epoch++;
    }

    int epoch() {
        return epoch;
    }

    /** Hands the DH of the job's step over to the batch; otherwise says why the job ends here. */
    @Nullable Drop begin(HandshakeJob job, X25519Batch batch) {
        LocalIdentity local = device.identity();
        if (local == null || job.epoch != epoch) {
            return Drop.SUPERSEDED;
        }
        return switch (job.step) {
            case OPEN_STATIC -> {
                System.arraycopy(local.publicBytes, 0, job.localStatic, 0, KeyText.KEY_LENGTH);
                byte[] message = job.message;
                int es = batch.add(local.privateBytes, 0, message, InitiationMessage.EPHEMERAL);
                job.expect(es, es);
                yield NONE;
            }
            case STATIC_STATIC -> {
                byte[] remote = Objects.requireNonNull(job.peer).publicKey().raw();
                int ss = batch.add(local.privateBytes, 0, remote, 0);
                job.expect(ss, ss);
                yield NONE;
            }
            case MIX_RESPONSE -> beginResponse(job, batch);
            case OPEN_RESPONSE -> beginOpenResponse(job, local, batch);
        };
    }

    private @Nullable Drop beginResponse(HandshakeJob job, X25519Batch batch) {
        Peer peer = Objects.requireNonNull(job.peer);
        HandshakeSecrets secrets = peer.handshake.secrets();
        if (secrets == null || peer.handshake.version() != job.version) {
            return Drop.SUPERSEDED;
        }
        byte[] ephemeral = secrets.ephemeralPrivate;
        device.entropy.fill(ephemeral, 0, KeyText.KEY_LENGTH);
        int first = batch.addBase(ephemeral, 0);
        batch.add(ephemeral, 0, secrets.ephemeralPublic, 0);
        job.expect(first, batch.add(ephemeral, 0, peer.publicKey().raw(), 0));
        Arrays.fill(ephemeral, (byte) 0);
        secrets.copyState(job);
        return NONE;
    }

    private @Nullable Drop beginOpenResponse(
            HandshakeJob job, LocalIdentity local, X25519Batch batch) {
        Handshake handshake = asked(job.message);
        HandshakeSecrets secrets = handshake == null ? null : handshake.secrets();
        if (handshake == null || secrets == null) {
            return Drop.UNKNOWN_INDEX;
        }
        job.peer = handshake.peer();
        job.version = handshake.version();
        byte[] message = job.message;
        int ee = batch.add(secrets.ephemeralPrivate, 0, message, ResponseMessage.EPHEMERAL);
        job.expect(ee, batch.add(local.privateBytes, 0, message, ResponseMessage.EPHEMERAL));
        secrets.copyState(job);
        return NONE;
    }

    /** The handshake that a response is for, if it still waits for one. */
    @Nullable Handshake asked(byte[] response) {
        int receiver = Wire.intLe(response, ResponseMessage.RECEIVER);
        return device.indices.find(receiver) instanceof Handshake handshake
                        && handshake.state() == Handshake.State.INITIATION_CREATED
                ? handshake
                : null;
    }

    /**
     * Applies what was computed. Returns the next step, or null when the job is done: its message
     * was dropped, or all that is left is to send.
     */
    @Nullable Step end(HandshakeJob job, long now) {
        Drop refusal;
        if (job.epoch != epoch) {
            refusal = Drop.SUPERSEDED;
        } else if (!job.succeeded && job.step != Step.STATIC_STATIC) {
            refusal = Drop.NOT_AUTHENTIC;
        } else {
            Step before = job.step;
            refusal =
                    switch (before) {
                        case OPEN_STATIC -> staticOpened(job, now);
                        case STATIC_STATIC -> staticAgreed(job, now);
                        case MIX_RESPONSE -> responseMixed(job);
                        case OPEN_RESPONSE -> responseOpened(job, now);
                    };
            if (refusal == null) {
                return job.step == before ? null : job.step;
            }
        }
        device.counters.drop(refusal);
        return null;
    }

    private @Nullable Drop staticOpened(HandshakeJob job, long now) {
        Peer peer = device.peer(PublicKey.of(job.remoteStatic));
        if (peer == null) {
            return Drop.UNKNOWN_PEER;
        }
        job.peer = peer;
        if (!peer.handshake.staticSecret.isKnown()) {
            job.step = Step.STATIC_STATIC;
            return NONE;
        }
        return consumeInitiation(job, peer, now);
    }

    private @Nullable Drop staticAgreed(HandshakeJob job, long now) {
        Peer peer = Objects.requireNonNull(job.peer);
        if (!peer.isAttached()) {
            return Drop.UNKNOWN_PEER;
        }
        peer.handshake.staticSecret.learn(job.shared, job.succeeded);
        Arrays.fill(job.shared, (byte) 0);
        return consumeInitiation(job, peer, now);
    }

    private @Nullable Drop consumeInitiation(HandshakeJob job, Peer peer, long now) {
        Handshake handshake = peer.handshake;
        byte[] staticStatic = handshake.staticSecret.bytes();
        if (staticStatic == null) {
            return Drop.NOT_AUTHENTIC;
        }
        noise.load(job.chainingKey, job.hash);
        if (!noise.openTimestamp(staticStatic, job.message, timestamp)) {
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
        HandshakeSecrets secrets = handshake.freshSecrets();
        noise.save(secrets.chainingKey, secrets.hash);
        System.arraycopy(
                job.message,
                InitiationMessage.EPHEMERAL,
                secrets.ephemeralPublic,
                0,
                KeyText.KEY_LENGTH);
        handshake.remoteIndex = Wire.intLe(job.message, InitiationMessage.SENDER);
        System.arraycopy(timestamp, 0, handshake.latestTimestamp, 0, Tai64n.LENGTH);
        handshake.nextInitiationAt = now + Constants.INITIATION_INTERVAL;
        handshake.enter(Handshake.State.INITIATION_CONSUMED);
        peer.wantsResponse = false;
        device.counters.initiationsReceived++;
        received(peer, InitiationMessage.LENGTH, Objects.requireNonNull(job.source), now);
        job.version = handshake.version();
        job.step = Step.MIX_RESPONSE;
        return NONE;
    }

    private @Nullable Drop responseMixed(HandshakeJob job) {
        Peer peer = Objects.requireNonNull(job.peer);
        Handshake handshake = peer.handshake;
        HandshakeSecrets secrets = handshake.secrets();
        if (secrets == null || handshake.version() != job.version) {
            return Drop.SUPERSEDED;
        }
        secrets.takeState(job);
        System.arraycopy(job.ephemeral, 0, secrets.ephemeralPublic, 0, KeyText.KEY_LENGTH);
        handshake.enter(Handshake.State.RESPONSE_MIXED);
        peer.wantsResponse = true;
        device.output.add(peer);
        return NONE;
    }

    private @Nullable Drop responseOpened(HandshakeJob job, long now) {
        Handshake handshake = asked(job.message);
        if (handshake == null || handshake.version() != job.version) {
            return Drop.UNKNOWN_INDEX;
        }
        noise.load(job.chainingKey, job.hash);
        if (!noise.openEmpty(handshake.presharedKey, job.message)) {
            return Drop.NOT_AUTHENTIC;
        }
        handshake.remoteIndex = Wire.intLe(job.message, ResponseMessage.SENDER);
        Peer peer = handshake.peer();
        peer.beginSession(noise, true, now);
        device.counters.responsesReceived++;
        received(peer, ResponseMessage.LENGTH, Objects.requireNonNull(job.source), now);
        peer.handshakeComplete(now);
        // data or else a keepalive: without either the responder couldn't send
        peer.queueKeepalive(now);
        return NONE;
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
