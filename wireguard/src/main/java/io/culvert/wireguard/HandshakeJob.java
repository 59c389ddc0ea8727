package io.culvert.wireguard;

import io.culvert.crypto.X25519Batch;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A received handshake message on its way through the steps that cost a DH. {@link HandshakeSteps}
 * begins and ends each step on the device's thread; {@link #compute} in between touches nothing but
 * the job and may run on another.
 */
final class HandshakeJob {
    enum Step {
        /** Of an initiation: es, then the initiator's static key. */
        OPEN_STATIC,
        /** Of an initiation: ss, of a peer that is talked to for the first time. */
        STATIC_STATIC,
        /** Of an initiation that was consumed: a fresh ephemeral key, ee and se of the response. */
        MIX_RESPONSE,
        /** Of a response: ee and se. */
        OPEN_RESPONSE
    }

    /** Most DH of one step. */
    static final int MAX_AGREEMENTS = 3;

    Step step = Step.OPEN_STATIC;
    final byte[] message = new byte[InitiationMessage.LENGTH];
    @Nullable InetSocketAddress source;

    /** The device's own keys and sessions of that time: {@link HandshakeSteps#newEpoch}. */
    int epoch;

    /** Once it is known, the peer and the state of its slot at the beginning of the step. */
    @Nullable Peer peer;

    int version;

    /** Of the receiver of an initiation. */
    final byte[] localStatic = new byte[KeyText.KEY_LENGTH];

    final byte[] chainingKey = new byte[SymmetricState.HASH_LENGTH];
    final byte[] hash = new byte[SymmetricState.HASH_LENGTH];

    /** Result of OPEN_STATIC. */
    final byte[] remoteStatic = new byte[KeyText.KEY_LENGTH];

    /** Result of MIX_RESPONSE: our ephemeral public key. */
    final byte[] ephemeral = new byte[KeyText.KEY_LENGTH];

    /** The last DH: ss in STATIC_STATIC. */
    final byte[] shared = new byte[KeyText.KEY_LENGTH];

    private final byte[] firstShared = new byte[KeyText.KEY_LENGTH];

    /** Numbers in the batch of the step's first and last computation, which are neighbours. */
    private int first;

    private int last;

    /** Whether the step came to something; else the message is not authentic. */
    boolean succeeded;

    /** Begins with the message that was put in. */
    void begin(int presentEpoch) {
        epoch = presentEpoch;
        peer = null;
        step = message[0] == InitiationMessage.TYPE ? Step.OPEN_STATIC : Step.OPEN_RESPONSE;
    }

    /** Says which of the batch's computations belong to the step. */
    void expect(int firstNumber, int lastNumber) {
        first = firstNumber;
        last = lastNumber;
        succeeded = false;
    }

    void compute(X25519Batch batch, NoiseIkPsk2 noise) {
        boolean usable = batch.result(last, shared, 0);
        succeeded =
                switch (step) {
                    case OPEN_STATIC -> usable && openStatic(noise);
                    case STATIC_STATIC -> usable;
                    case MIX_RESPONSE -> {
                        boolean made = batch.result(first, ephemeral, 0);
                        boolean ee = batch.result(first + 1, firstShared, 0);
                        yield made && ee && usable && mixResponse(noise, ephemeral, 0);
                    }
                    case OPEN_RESPONSE -> {
                        boolean ee = batch.result(first, firstShared, 0);
                        yield ee
                                && usable
                                && mixResponse(noise, message, ResponseMessage.EPHEMERAL);
                    }
                };
        Arrays.fill(firstShared, (byte) 0);
        if (step != Step.STATIC_STATIC) {
            Arrays.fill(shared, (byte) 0);
        }
    }

    private boolean openStatic(NoiseIkPsk2 noise) {
        boolean authentic = noise.openStatic(localStatic, message, shared, remoteStatic);
        noise.save(chainingKey, hash);
        return authentic;
    }

    private boolean mixResponse(NoiseIkPsk2 noise, byte[] responderEphemeral, int offset) {
        noise.load(chainingKey, hash);
        noise.mixResponse(responderEphemeral, offset, firstShared, shared);
        noise.save(chainingKey, hash);
        return true;
    }

    /** Forgets the message and everything that was computed for it. */
    void wipe() {
        source = null;
        peer = null;
        succeeded = false;
        Arrays.fill(message, (byte) 0);
        Arrays.fill(chainingKey, (byte) 0);
        Arrays.fill(hash, (byte) 0);
        Arrays.fill(remoteStatic, (byte) 0);
        Arrays.fill(ephemeral, (byte) 0);
        Arrays.fill(shared, (byte) 0);
        Arrays.fill(firstShared, (byte) 0);
    }
}
