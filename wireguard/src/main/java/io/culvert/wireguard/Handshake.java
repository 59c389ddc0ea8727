package io.culvert.wireguard;

import java.util.Arrays;

/**
 * The one handshake slot of a peer, for both roles: to consume an initiation overwrites an
 * initiation of our own in flight, as in the kernel. What outlives a handshake is at the end.
 */
final class Handshake implements IndexTable.Owner {
    enum State {
        ZEROED,
        INITIATION_CREATED,
        INITIATION_CONSUMED
    }

    private final Peer peer;
    private final IndexTable indices;

    State state = State.ZEROED;
    final byte[] chainingKey = new byte[SymmetricState.HASH_LENGTH];
    final byte[] hash = new byte[SymmetricState.HASH_LENGTH];
    final byte[] ephemeralPrivate = new byte[KeyText.KEY_LENGTH];
    final byte[] remoteEphemeral = new byte[KeyText.KEY_LENGTH];
    int remoteIndex;
    private int localIndex;
    private boolean indexed;

    /** DH of the static keys, once per key change; unusable when zero. */
    final byte[] staticStatic = new byte[KeyText.KEY_LENGTH];

    boolean staticUsable;

    /** Read when a response is created or consumed; zero is none. */
    final byte[] presharedKey = new byte[KeyText.KEY_LENGTH];

    /** Greatest timestamp consumed: survives everything but the peer. */
    final byte[] latestTimestamp = new byte[Tai64n.LENGTH];

    /** Before this instant another initiation of the peer is a flood. */
    long nextInitiationAt = Constants.LONG_AGO;

    Handshake(Peer peer, IndexTable indices) {
        this.peer = peer;
        this.indices = indices;
    }

    @Override
    public Peer peer() {
        return peer;
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
        state = State.ZEROED;
        remoteIndex = 0;
        Arrays.fill(chainingKey, (byte) 0);
        Arrays.fill(hash, (byte) 0);
        Arrays.fill(ephemeralPrivate, (byte) 0);
        Arrays.fill(remoteEphemeral, (byte) 0);
    }

    void destroy() {
        clear();
        Arrays.fill(staticStatic, (byte) 0);
        Arrays.fill(presharedKey, (byte) 0);
        staticUsable = false;
    }

    private void releaseIndex() {
        if (indexed) {
            indices.remove(localIndex);
            indexed = false;
        }
    }
}
