package io.culvert.tunnel;

import io.culvert.netstack.Counters;
import io.culvert.wireguard.DeviceCounters;
import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel at one moment.
 *
 * @param local where the UDP socket is bound
 * @param transport which UDP implementation runs, with which accelerations
 * @param peers in the order in which they were added
 * @param flows TCP connections, UDP sockets and forwarded flows that live in the stack
 * @param channels channels open, listening ones included
 * @param memoryInUse bytes of received data and small writes now held, by the application too
 * @param memoryCapacity the budget for that
 * @param udp what the UDP socket did
 * @param tun what the network interface did that is in the stack's place; null = there is none
 * @param healing what the tunnel did to come back by itself
 * @param stack what the TCP/IP stack did; a live view
 * @param device what WireGuard did; a live view
 */
public record TunnelStats(
        InetSocketAddress local,
        String transport,
        List<PeerStats> peers,
        int flows,
        int channels,
        long memoryInUse,
        long memoryCapacity,
        Udp udp,
        @Nullable Tun tun,
        Healing healing,
        Counters stack,
        DeviceCounters device) {
    /**
     * One peer.
     *
     * @param endpoint where the peer talks from; null when it isn't known
     * @param lastHandshake null before the first
     * @param receivedBytes datagram bytes, protocol included
     * @param sentBytes datagram bytes, protocol included
     * @param resolution what is known of the name that is its endpoint; null if that is an address
     */
    public record PeerStats(
            PublicKey publicKey,
            @Nullable InetSocketAddress endpoint,
            @Nullable Instant lastHandshake,
            long receivedBytes,
            long sentBytes,
            @Nullable Resolution resolution) {}

    /**
     * A peer's name.
     *
     * @param addresses what it resolved to the last time; empty before the first
     * @param resolved when that was; null before the first
     * @param problem why the last attempt failed; null if it didn't
     */
    public record Resolution(
            String host,
            int port,
            List<InetSocketAddress> addresses,
            @Nullable Instant resolved,
            @Nullable String problem) {}

    /**
     * What the tunnel did to come back by itself.
     *
     * @param rebinds how often it took new sockets because nobody answered
     * @param lastRebind null before the first
     * @param resumes how often it noticed that the machine had slept
     * @param lastResume null before the first
     */
    public record Healing(
            long rebinds,
            @Nullable Instant lastRebind,
            long resumes,
            @Nullable Instant lastResume) {}

    /**
     * The UDP socket.
     *
     * @param receivedTrains reads of the socket that brought something
     * @param receivedBytes bytes of those
     * @param receiveErrors errors that ICMP or the system reported on receiving
     * @param receivePauses how often reading rested because errors came in a row
     * @param truncated datagrams dropped for being larger than any train
     * @param sentTrains trains sent
     * @param sentBytes bytes of those
     * @param sendErrors datagrams or trains that the system refused for good
     * @param socketFull how often the socket had no room
     */
    public record Udp(
            long receivedTrains,
            long receivedBytes,
            long receiveErrors,
            long receivePauses,
            long truncated,
            long sentTrains,
            long sentBytes,
            long sendErrors,
            long socketFull) {}

    /**
     * The network interface. What goes at once by it may be one large packet.
     *
     * @param readPackets from the system
     * @param readBytes of those
     * @param writtenPackets to the system
     * @param writtenBytes of those
     * @param writeErrors packets that the system refused
     * @param dropped packets of the system's that were malformed or longer than the tunnel carries
     */
    public record Tun(
            String name,
            long readPackets,
            long readBytes,
            long writtenPackets,
            long writtenBytes,
            long writeErrors,
            long dropped) {}
}
