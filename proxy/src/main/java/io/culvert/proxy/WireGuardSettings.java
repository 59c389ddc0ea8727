package io.culvert.proxy;

import io.culvert.netstack.CongestionAlgorithm;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a file says about a tunnel, in or out.
 *
 * @param addresses own addresses inside
 * @param congestion of the connections inside
 * @param reserved of all that an outbound sends; null = zero
 * @param order which addresses of a target's name are used
 * @param endpointOrder the same of an endpoint's name
 * @param nameServers asked inside the tunnel for the names of targets
 * @param searchDomains where names without a dot are looked for inside
 * @param listenPort 0 = the system chooses; of an outbound only, an inbound has its own
 * @param kernelTun whether an outbound's connections are to be the system's, if it lets us
 * @param management null = none
 */
record WireGuardSettings(
        PrivateKey secretKey,
        List<InetAddress> addresses,
        int mtu,
        CongestionAlgorithm congestion,
        @Nullable ReservedBytes reserved,
        AddressOrder order,
        AddressOrder endpointOrder,
        List<InetSocketAddress> nameServers,
        List<String> searchDomains,
        int listenPort,
        List<Peer> peers,
        boolean kernelTun,
        @Nullable ManagementSocket management)
        implements InboundSettings, OutboundSettings {

    /**
     * One peer.
     *
     * @param endpoint null = it has to call first
     * @param reserved of what is sent to it; null = the tunnel's
     * @param user who it is to routing rules and the policy
     */
    record Peer(
            PublicKey publicKey,
            @Nullable PresharedKey presharedKey,
            @Nullable HostPort endpoint,
            List<Cidr> allowedIps,
            int keepAlive,
            @Nullable ReservedBytes reserved,
            PeerUser user) {
        /** As the tunnel wants it, at an address that was found for its endpoint. */
        TunnelConfig.Peer at(@Nullable InetSocketAddress address) {
            TunnelConfig.Peer peer =
                    new TunnelConfig.Peer(publicKey, presharedKey, address, allowedIps, keepAlive);
            return reserved == null ? peer : peer.withReserved(reserved.toArray());
        }
    }

    /** The same with other peers. */
    WireGuardSettings with(List<Peer> others) {
        return new WireGuardSettings(
                secretKey,
                addresses,
                mtu,
                congestion,
                reserved,
                order,
                endpointOrder,
                nameServers,
                searchDomains,
                listenPort,
                others,
                kernelTun,
                management);
    }

    /** The same with other orders, where they are not null. */
    WireGuardSettings ordered(@Nullable AddressOrder targets, @Nullable AddressOrder endpoints) {
        return new WireGuardSettings(
                secretKey,
                addresses,
                mtu,
                congestion,
                reserved,
                targets == null ? order : targets,
                endpoints == null ? endpointOrder : endpoints,
                nameServers,
                searchDomains,
                listenPort,
                peers,
                kernelTun,
                management);
    }

    /** Everything but the peers and where to listen. */
    TunnelConfig.Builder tunnel() {
        return TunnelConfig.builder()
                .privateKey(secretKey)
                .addresses(addresses)
                .mtu(mtu)
                .congestion(congestion)
                .reserved(reserved == null ? null : reserved.toArray());
    }

    /** Nothing of a key. */
    @Override
    public String toString() {
        return "wireguard " + addresses + " with " + peers.size() + " peers";
    }
}
