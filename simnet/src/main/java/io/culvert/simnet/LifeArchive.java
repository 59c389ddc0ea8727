package io.culvert.simnet;

import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every datagram that a device of a world ever sent: what is genuine, and the attacker's loot. */
final class LifeArchive {
    private final Map<Long, Entry> initiations = new HashMap<>();
    private final Map<Long, Entry> responses = new HashMap<>();
    private final Map<Long, Entry> cookies = new HashMap<>();
    private final Map<Long, Entry> data = new HashMap<>();
    private final List<Entry> all = new ArrayList<>();

    /** One datagram as it was sent. */
    static final class Entry {
        final LifeNode from;
        final @Nullable PublicKey senderKey;
        final @Nullable PublicKey recipientKey;
        final int type;
        final byte[] bytes;
        final InetSocketAddress source;
        final InetSocketAddress destination;

        /** The preshared key that its sender had for the recipient then. */
        final byte[] presharedKey;

        /** Who took it as authentic. */
        @Nullable PeerModel acceptedBy;

        Entry(
                LifeNode from,
                @Nullable PublicKey recipientKey,
                int type,
                byte[] bytes,
                InetSocketAddress source,
                InetSocketAddress destination) {
            this.from = from;
            presharedKey = from.presharedKey(recipientKey);
            this.senderKey = from.device.publicKey();
            this.recipientKey = recipientKey;
            this.type = type;
            this.bytes = bytes;
            this.source = source;
            this.destination = destination;
        }
    }

    void add(Entry entry) {
        all.add(entry);
        Entry twin = of(entry.type).put(LifeMessage.identity(entry.bytes, entry.type), entry);
        if (twin != null && (entry.type != LifeMessage.DATA || twin.from == entry.from)) {
            throw new AssertionError("two messages of type " + entry.type + " look the same");
        }
    }

    /** In the order in which they were sent. */
    List<Entry> all() {
        return all;
    }

    /** The datagram that these bytes are, as far as they are protected; null for a forgery. */
    @Nullable Entry find(byte[] bytes, int length) {
        int type = LifeMessage.type(bytes, length);
        if (type == 0) {
            return null;
        }
        Entry entry = of(type).get(LifeMessage.identity(bytes, type));
        int from = LifeMessage.authenticFrom(type);
        int to = LifeMessage.authenticTo(type, length);
        boolean same =
                entry != null
                        && entry.bytes.length == length
                        && Arrays.equals(bytes, from, to, entry.bytes, from, to);
        return same ? entry : null;
    }

    private Map<Long, Entry> of(int type) {
        return switch (type) {
            case LifeMessage.INITIATION -> initiations;
            case LifeMessage.RESPONSE -> responses;
            case LifeMessage.COOKIE -> cookies;
            default -> data;
        };
    }
}
