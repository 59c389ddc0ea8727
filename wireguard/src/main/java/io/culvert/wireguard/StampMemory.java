package io.culvert.wireguard;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The last timestamps sent to peers that were removed. A peer that comes back must not be sent an
 * older one: its responder may never have forgotten it. Holds the latest removals only.
 */
final class StampMemory {
    private static final int CAPACITY = 4096;

    private final Map<PublicKey, Long> stamps =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<PublicKey, Long> eldest) {
                    return size() > CAPACITY;
                }
            };

    void remember(PublicKey peer, long stamp) {
        if (stamp != Constants.LONG_AGO) {
            stamps.put(peer, stamp);
        }
    }

    /** Forgets and returns the stamp of a peer, or {@link Constants#LONG_AGO}. */
    long recall(PublicKey peer) {
        Long stamp = stamps.remove(peer);
        return stamp == null ? Constants.LONG_AGO : stamp;
    }
}
