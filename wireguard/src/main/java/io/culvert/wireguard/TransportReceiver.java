package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Receives transport data in place (paper, section 5.4.6). Allocates nothing. */
final class TransportReceiver {
    private final Primitives crypto;
    private final IndexTable indices;
    private final AllowedIps allowedIps;
    private final Batch batch;
    private final DeviceCounters counters;

    /** Of the last packet that was handed out. */
    @Nullable Peer sender;

    TransportReceiver(Device device) {
        crypto = device.crypto;
        indices = device.indices;
        allowedIps = device.allowedIps;
        batch = device.batch;
        counters = device.counters;
    }

    /** Returns the length of the inner packet, or 0. */
    int receive(
            MemorySegment m, long offset, int length, InetSocketAddress source, int ecn, long now) {
        if (length < TransportMessage.MIN_LENGTH) {
            return drop(Drop.MALFORMED);
        }
        if (!(indices.find(TransportMessage.receiver(m, offset)) instanceof Keypair keypair)) {
            return drop(Drop.UNKNOWN_INDEX);
        }
        long counter = TransportMessage.counter(m, offset);
        if (!keypair.mayReceive(counter, now)) {
            return drop(Drop.SESSION_EXPIRED);
        }
        long packet = offset + TransportMessage.PACKET;
        int sealed = length - TransportMessage.PACKET;
        // the window moves for authentic packets only
        if (!crypto.aead.open(keypair.receiving, counter, m, packet, sealed)) {
            return drop(Drop.NOT_AUTHENTIC);
        }
        if (!keypair.replay.accept(counter)) {
            return drop(Drop.REPLAYED);
        }
        Peer peer = keypair.peer();
        int plain = sealed - TransportMessage.TAG;
        peer.activity.received(plain > 0, source, now);
        batch.touchReceived(peer);
        if (peer.keypairs.isNext(keypair)) {
            peer.confirmSession(now);
        }
        if (plain == 0) {
            peer.rxBytes += length;
            counters.keepalivesReceived++;
            return 0;
        }
        int inner = deliver(peer, m, packet, plain, length);
        if (ecn != Ecn.NOT_ECT && inner > 0) {
            Ecn.combine(m, packet, ecn);
        }
        return inner;
    }

    /** The peer has spoken, whatever it said; but only its own addresses may speak inside. */
    private int deliver(Peer peer, MemorySegment m, long packet, int plain, int length) {
        // inner checksums stay unverified: nobody could have damaged what was authentic
        int inner = InnerPacket.length(m, packet, plain);
        if (inner == 0) {
            return drop(Drop.MALFORMED_PACKET);
        }
        if (allowedIps.findSource(m, packet) != peer) {
            return drop(Drop.SOURCE_NOT_ALLOWED);
        }
        peer.rxBytes += length;
        counters.packetsReceived++;
        sender = peer;
        return inner;
    }

    private int drop(Drop reason) {
        counters.drop(reason);
        return 0;
    }
}
