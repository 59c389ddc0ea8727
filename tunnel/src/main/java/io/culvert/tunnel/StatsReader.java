package io.culvert.tunnel;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.Counters;
import io.culvert.wireguard.Peer;
import java.time.Instant;

/** Reads what a tunnel counted. Event loop only. */
final class StatsReader {
    private StatsReader() {}

    /**
     * Reads.
     *
     * @param stack whether the tunnel has one of ours
     */
    static TunnelStats read(TunnelLoop tunnel, boolean stack, UdpCounters u, ChunkPool pool) {
        return new TunnelStats(
                tunnel.transport().local(),
                tunnel.transport().description(),
                tunnel.device().peers().stream().map(p -> peer(tunnel, p)).toList(),
                stack ? tunnel.stack().liveFlows() : 0,
                tunnel.flows().channelCount(),
                pool.inUse(),
                pool.capacity(),
                new TunnelStats.Udp(
                        u.receivedTrains,
                        u.receivedBytes,
                        u.receiveErrors,
                        u.receivePauses,
                        u.truncated,
                        u.sentTrains,
                        u.sentBytes,
                        u.sendErrors,
                        u.socketFull),
                tunnel.inside().interfaceStats(),
                tunnel.healing().stats(),
                stack ? tunnel.stack().counters() : new Counters(),
                tunnel.device().counters());
    }

    private static TunnelStats.PeerStats peer(TunnelLoop tunnel, Peer peer) {
        long handshake = peer.lastHandshake();
        return new TunnelStats.PeerStats(
                peer.publicKey(),
                peer.endpoint(),
                handshake == 0 ? null : Instant.EPOCH.plusNanos(handshake),
                peer.rxBytes(),
                peer.txBytes(),
                tunnel.names().resolution(peer));
    }
}
