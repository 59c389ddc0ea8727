package io.culvert.wireguard;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The marks that transport messages of a peer leave until the batch is settled. */
final class PeerActivity {
    boolean sent;
    boolean sentData;
    long sentAt;

    /** Where the last authentic message came from; null when none came. */
    @Nullable InetSocketAddress source;

    int dataReceived;
    long receivedAt;

    void sent(boolean data, long now) {
        sent = true;
        sentData |= data;
        sentAt = now;
    }

    void received(boolean data, InetSocketAddress from, long now) {
        source = from;
        receivedAt = now;
        if (data) {
            dataReceived++;
        }
    }

    void clearSent() {
        sent = false;
        sentData = false;
    }

    void clearReceived() {
        source = null;
        dataReceived = 0;
    }
}
