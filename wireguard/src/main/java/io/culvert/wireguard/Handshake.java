package io.culvert.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The one handshake slot of a peer, for both roles: to consume an initiation overwrites an
 * initiation of our own in flight, as in the kernel. What outlives a handshake is at the end.
 */
final class Handshake implements IndexTable.Owner {
    enum State {
        ZEROED,
        INITIATION_CREATED,
        INITIATION_CONSUMED,
        /** The response lacks nothing but the preshared key, which is read when it leaves. */
        RESPONSE_MIXED
    }

    private final Peer peer;
    private final IndexTable indices;

    private State state = State.ZEROED;
    private @Nullable HandshakeSecrets secrets;
    private int version;
    int remoteIndex;
    private int localIndex;
    private boolean indexed;

    final StaticSecret staticSecret;

    /** Read when a response leaves or is consumed; zero is none. */
    final byte[] presharedKey = new byte[KeyText.KEY_LENGTH];

    /** Greatest timestamp consumed: survives everything but the peer. */
    final byte[] latestTimestamp = new byte[Tai64n.LENGTH];

    /** Before this instant another initiation of the peer is a flood. */
    long nextInitiationAt = Constants.LONG_AGO;

    Handshake(Peer peer, IndexTable indices) {
        this.peer = peer;
        this.indices = indices;
        staticSecret = new StaticSecret(peer.publicKey());
    }

    @Override
    public Peer peer() {
        return peer;
    }

    State state() {
        return state;
    }

    /** Moves on; results of work that was begun before are void. */
    void enter(State next) {
        state = next;
        version++;
    }

    /** Changes with every step of the slot, so that late results are known for what they are. */
    int version() {
        return version;
    }

    /** Secrets of the handshake in progress; made when one begins, null in between. */
    @Nullable HandshakeSecrets secrets() {
        return secrets;
    }

    /** Secrets to fill for a handshake that begins. */
    HandshakeSecrets freshSecrets() {
        HandshakeSecrets fresh = secrets;
        if (fresh == null) {
            fresh = new HandshakeSecrets();
            secrets = fresh;
        } else {
            fresh.wipe();
        }
        return fresh;
    }

    /** Gives up the old local index and draws a fresh one. */
    int renewIndex() {
        releaseIndex();
        localIndex = indices.allot(this);
        indexed = true;
        return localIndex;
    }

    /** Ends the handshake in a session: the index becomes the keypair's, secrets are forgotten. */
    void become(Keypair keypair) {
        indices.replace(localIndex, keypair);
        indexed = false;
        clear();
    }

    int localIndex() {
        return localIndex;
    }

    /** Forgets the handshake in progress, if any. */
    void clear() {
        releaseIndex();
        enter(State.ZEROED);
        remoteIndex = 0;
        if (secrets != null) {
            secrets.wipe();
            secrets = null;
        }
    }

    void destroy() {
        clear();
        staticSecret.forget();
        Arrays.fill(presharedKey, (byte) 0);
    }

    private void releaseIndex() {
        if (indexed) {
            indices.remove(localIndex);
            indexed = false;
        }
    }
}
