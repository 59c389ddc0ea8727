package io.culvert.wireguard;

import io.culvert.wireguard.HandshakeJob.Step;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Takes handshake messages through their steps at once, on the device's thread. */
final class InlineHandshakes {
    private final Device device;
    private final HandshakeSteps steps;
    private final HandshakeWork work;

    InlineHandshakes(Device device, HandshakeSteps steps) {
        this.device = device;
        this.steps = steps;
        work = new HandshakeWork(1, device.noise, null);
    }

    /** Processes a message that has passed all cheap checks. */
    void process(byte[] message, InetSocketAddress source, long now) {
        HandshakeJob job = work.add();
        System.arraycopy(message, 0, job.message, 0, message.length);
        job.source = source;
        job.begin(steps.epoch());
        Step next;
        do {
            next = compute(job, now);
        } while (next == Step.STATIC_STATIC);
        Peer peer = job.peer;
        if (next == Step.MIX_RESPONSE && peer != null) {
            // the rest when its turn to leave has come: a newer initiation may be on its heels
            peer.wantsResponse = true;
            device.output.add(peer);
        }
        work.wipe();
    }

    /** Makes a response to the initiation that was consumed, up to the preshared key. */
    void mixResponse(Peer peer, long now) {
        HandshakeJob job = work.add();
        job.begin(steps.epoch());
        job.peer = peer;
        job.version = peer.handshake.version();
        job.step = Step.MIX_RESPONSE;
        compute(job, now);
        work.wipe();
    }

    private @Nullable Step compute(HandshakeJob job, long now) {
        Drop refusal = steps.begin(job, work.batch());
        if (refusal != null) {
            device.counters.drop(refusal);
            return null;
        }
        work.run();
        return steps.end(job, now);
    }
}
