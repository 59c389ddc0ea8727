package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/** Sends transport data in place (paper, section 5.4.6). Allocates nothing unless it must stage. */
final class TransportSender {
    private final Primitives crypto;
    private final AllowedIps allowedIps;
    private final Batch batch;
    private final OutputQueue output;
    private final DeviceCounters counters;
    private final int mtu;

    TransportSender(Device device, OutputQueue output) {
        crypto = device.crypto;
        allowedIps = device.allowedIps;
        batch = device.batch;
        counters = device.counters;
        mtu = device.mtu;
        this.output = output;
    }

    /** As {@link Device#seal}. */
    int seal(MemorySegment m, long offset, int packetLength, long now) {
        long packet = offset + TransportMessage.PACKET;
        Peer peer =
                InnerPacket.hasHeader(m, packet, packetLength)
                        ? allowedIps.findDestination(m, packet)
                        : null;
        if (peer == null) {
            counters.drop(Drop.NO_ROUTE);
            return Device.NO_PEER;
        }
        InetSocketAddress endpoint = peer.endpoint();
        if (endpoint == null && !peer.where.isAwaited()) {
            counters.drop(Drop.NO_ENDPOINT);
            return Device.NO_ENDPOINT;
        }
        Keypair current = peer.keypairs.current();
        // what is staged goes first
        if (endpoint == null
                || current == null
                || !current.maySend(now)
                || !peer.staged.isEmpty()) {
            if (!peer.staged.add(m, packet, packetLength)) {
                counters.drop(Drop.STAGED_OVERFLOW);
            }
            peer.flushStaged(now);
            return Device.STAGED;
        }
        output.destination = endpoint;
        output.recipient = peer;
        return encrypt(peer, current, m, offset, packetLength, now);
    }

    /**
     * Writes the peer's first staged packet, which must exist.
     *
     * @throws IllegalArgumentException if the capacity is too small for it
     */
    int sealStaged(
            Peer peer, Keypair keypair, MemorySegment out, long offset, int capacity, long now) {
        int length = peer.staged.firstLength();
        OutputQueue.requireCapacity(capacity, Device.OVERHEAD + length + Padding.of(length, mtu));
        peer.staged.removeFirst(out, offset + TransportMessage.PACKET);
        return encrypt(peer, keypair, out, offset, length, now);
    }

    private int encrypt(
            Peer peer, Keypair keypair, MemorySegment m, long offset, int length, long now) {
        long packet = offset + TransportMessage.PACKET;
        int padded = length + Padding.of(length, mtu);
        output.trafficClass = length > 0 ? Ecn.of(m, packet) : 0;
        // 16 bytes, which the tag needs anyway, instead of a loop over at most 15
        m.set(Wire.LONG_LE, packet + length, 0);
        m.set(Wire.LONG_LE, packet + length + Long.BYTES, 0);
        long counter = keypair.sendingCounter++;
        TransportMessage.header(m, offset, keypair.remoteIndex, counter);
        crypto.aead.seal(keypair.sending, counter, m, packet, padded);
        int datagram = padded + Device.OVERHEAD;
        peer.txBytes += datagram;
        peer.activity.sent(length > 0, now);
        batch.touch(peer);
        if (length > 0) {
            counters.packetsSent++;
        } else {
            counters.keepalivesSent++;
        }
        if (keypair.wantsRekeyAfterSending(now)) {
            peer.queueInitiation(false, now);
        }
        return datagram;
    }
}
