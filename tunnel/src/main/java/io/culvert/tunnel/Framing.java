package io.culvert.tunnel;

import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a datagram looks like on the network, where that differs from what the protocol says:
 * applied at the socket's edge, so that the engine knows nothing of it.
 *
 * <p>The three bytes behind the message type, which the protocol has as zero and Cloudflare's WARP
 * reads as a client's name ({@code reserved}), are written after the MACs were made and cleared
 * before they are checked. A peer has its own or else the device's. Not thread-safe.
 */
final class Framing {
    /** Number of reserved bytes. */
    static final int RESERVED_LENGTH = 3;

    private static final int TYPE_MASK = 0xff;
    private static final ValueLayout.OfInt TYPE_WORD =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The reserved bytes in their place in the type word. */
    private final int device;

    /** The same of each peer that has its own. */
    private final Map<PublicKey, Integer> peers = new HashMap<>();

    private @Nullable Peer lastRecipient;
    private int lastWord;

    Framing(TunnelConfig config) {
        device = word(config.reserved());
        for (TunnelConfig.Peer peer : config.peers()) {
            reserved(peer.publicKey(), peer.reserved());
        }
    }

    /** Sets the reserved bytes of a peer; null = the device's. */
    void reserved(PublicKey peer, byte @Nullable [] own) {
        lastRecipient = null;
        if (own == null) {
            peers.remove(peer);
        } else {
            peers.put(peer, word(own));
        }
    }

    private static int word(byte @Nullable [] reserved) {
        return reserved == null
                ? 0
                : (reserved[0] & 0xff) << 8
                        | (reserved[1] & 0xff) << 16
                        | (reserved[2] & 0xff) << 24;
    }

    /**
     * Frames a datagram as the engine made it.
     *
     * @param recipient null for a cookie reply, of which it isn't known whose it is
     */
    void outgoing(MemorySegment m, long offset, @Nullable Peer recipient) {
        int word = reserved(recipient);
        if (word != 0) {
            m.set(TYPE_WORD, offset, (m.get(TYPE_WORD, offset) & TYPE_MASK) | word);
        }
    }

    @SuppressWarnings("ReferenceEquality") // trains of one peer look it up once
    private int reserved(@Nullable Peer recipient) {
        if (recipient == null || peers.isEmpty()) {
            return device;
        }
        if (recipient != lastRecipient) {
            lastRecipient = recipient;
            lastWord = peers.getOrDefault(recipient.publicKey(), device);
        }
        return lastWord;
    }

    /**
     * Takes a train as it came and makes of it what the engine expects. What the reserved bytes
     * held doesn't matter: the session says who sent it.
     */
    void incoming(MemorySegment m, long offset, int length, int segmentSize) {
        for (int at = 0; at + Integer.BYTES <= length; at += segmentSize) {
            m.set(TYPE_WORD, offset + at, m.get(TYPE_WORD, offset + at) & TYPE_MASK);
        }
    }
}
