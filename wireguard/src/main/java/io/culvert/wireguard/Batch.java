package io.culvert.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The peers that something happened to since the last settling. Packets only leave a mark; timers
 * and endpoints are then moved once per peer, however many packets there were.
 */
final class Batch {
    private static final int INITIAL_CAPACITY = 8;

    private final DeadlineQueue deadlines;
    private @Nullable Peer[] touched = new @Nullable Peer[INITIAL_CAPACITY];
    private int size;
    private boolean received;

    Batch(DeadlineQueue deadlines) {
        this.deadlines = deadlines;
    }

    void touch(Peer peer) {
        if (peer.touched) {
            return;
        }
        peer.touched = true;
        if (size == touched.length) {
            touched = Arrays.copyOf(touched, 2 * size);
        }
        touched[size++] = peer;
    }

    void touchReceived(Peer peer) {
        received = true;
        touch(peer);
    }

    /** Settles if something was received, so that what is sent next finds it done. */
    void settleReceived() {
        if (received) {
            settle();
        }
    }

    void settle() {
        received = false;
        // settling may touch the same peers again, which keeps them in the list
        for (int i = 0; i < size; i++) {
            Peer peer = touched[i];
            touched[i] = null;
            if (peer != null) {
                peer.settle();
                deadlines.update(peer.timers);
                peer.touched = false;
            }
        }
        size = 0;
    }
}
