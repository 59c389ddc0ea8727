package io.culvert.wireguard;

import org.jspecify.annotations.Nullable;

/**
 * The sessions of a peer in transition. Any of the three decrypts, <i>current</i> alone encrypts. A
 * responder's new session waits in <i>next</i> until a packet proves that the initiator has it too.
 */
final class Keypairs {
    private final IndexTable indices;
    private @Nullable Keypair previous;
    private @Nullable Keypair current;
    private @Nullable Keypair next;

    Keypairs(IndexTable indices) {
        this.indices = indices;
    }

    @Nullable Keypair current() {
        return current;
    }

    boolean isNext(Keypair keypair) {
        return keypair == next;
    }

    /** The response that made it confirmed it: the new session is used at once. */
    void addAsInitiator(Keypair keypair) {
        drop(previous);
        if (next != null) {
            // next is the session the other side used last: it outlives current
            previous = next;
            next = null;
            drop(current);
        } else {
            previous = current;
        }
        current = keypair;
    }

    void addAsResponder(Keypair keypair) {
        drop(next);
        next = keypair;
        drop(previous);
        previous = null;
    }

    /** The first authenticated packet under <i>next</i> makes it <i>current</i>. */
    void confirmNext() {
        previous = current; // there was none since next came
        current = next;
        next = null;
    }

    /** Next goes first, so that nothing can confirm it any more. */
    void clear() {
        drop(next);
        next = null;
        drop(previous);
        previous = null;
        drop(current);
        current = null;
    }

    /** The private key changed: what is under way may still arrive. */
    void stopSending() {
        if (next != null) {
            next.sendingAllowed = false;
        }
        if (current != null) {
            current.sendingAllowed = false;
        }
    }

    boolean isEmpty() {
        return previous == null && current == null && next == null;
    }

    private void drop(@Nullable Keypair keypair) {
        if (keypair != null) {
            indices.remove(keypair.localIndex);
            keypair.destroy();
        }
    }
}
