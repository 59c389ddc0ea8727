package io.culvert.proxy;

import io.culvert.netstack.CongestionAlgorithm;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the {@code settings} of a WireGuard inbound or outbound, the same object for both. */
final class WireGuardReader {
    private static final List<String> DEFAULT_ADDRESSES =
            List.of("10.0.0.1", "fd59:7153:2388:b5fd::1");
    private static final List<String> DEFAULT_NAME_SERVERS =
            List.of("1.1.1.1", "1.0.0.1", "2606:4700:4700::1111", "2606:4700:4700::1001");
    private static final List<String> EVERYWHERE = List.of("0.0.0.0/0", "::/0");
    private static final int MIN_MTU = 576;

    /** RFC 8200 section 5. */
    private static final int MIN_IPV6_MTU = 1280;

    private static final int MAX_KEEPALIVE = 65535;
    private static final int DNS_PORT = 53;

    private final Problems problems;
    private final boolean outbound;

    /** Whether there may be peers without an endpoint. */
    private final boolean peersMayCall;

    WireGuardReader(Problems problems, boolean outbound) {
        this(problems, outbound, false);
    }

    private WireGuardReader(Problems problems, boolean outbound, boolean peersMayCall) {
        this.problems = problems;
        this.outbound = outbound;
        this.peersMayCall = peersMayCall;
    }

    /** Of an interface, which may have both kinds of peers or none. */
    static WireGuardReader ofInterface(Problems problems) {
        return new WireGuardReader(problems, true, true);
    }

    /** Reads the object; null if anything in it is (reported) wrong. */
    @Nullable WireGuardSettings read(ConfigNode settings) {
        PrivateKey secretKey = secretKey(settings.member("secretKey"));
        int mtu = mtu(settings.member("mtu"));
        List<InetAddress> addresses = addresses(settings.member("address"), mtu);
        CongestionAlgorithm congestion = congestion(settings.member("congestion"));
        ReservedBytes reserved = ReservedBytes.read(settings.member("reserved"), problems);
        AddressOrder order = order(settings.member("domainStrategy"));
        List<InetSocketAddress> nameServers = nameServers(settings.member("remoteDNS"));
        List<String> searchDomains = searchDomains(settings.member("searchDomains"));
        int listenPort = (int) settings.member("listenPort").integer(problems, 0, 65535, 0);
        ManagementSocket management = ManagementSocket.read(settings, problems);
        List<WireGuardSettings.Peer> peers =
                peers(settings.member("peers"), secretKey, management != null || peersMayCall);
        checkDirection(settings.member("isClient"));
        // Where nothing is said our own stack it is: faster, and nothing of the system is touched.
        boolean kernelTun = !settings.member("noKernelTun").bool(problems, true) && outbound;
        settings.member("kernelMode").accept();
        settings.member("workers").accept();
        if (secretKey == null) {
            return null;
        }
        return new WireGuardSettings(
                secretKey,
                addresses,
                mtu,
                congestion,
                reserved,
                order,
                order,
                nameServers,
                searchDomains,
                listenPort,
                peers,
                kernelTun,
                management);
    }

    private @Nullable PrivateKey secretKey(ConfigNode node) {
        if (!node.isPresent(problems, "this side's private key, " + KeyText.FORM)) {
            return null;
        }
        byte[] key = KeyText.read(node, problems);
        return key == null ? null : PrivateKey.of(key);
    }

    private int mtu(ConfigNode node) {
        int mtu = (int) node.integer(problems, 0, TunnelConfig.MAX_MTU, 0);
        if (mtu != 0 && mtu < MIN_MTU) {
            problems.error(
                    node,
                    "must be a whole number from "
                            + MIN_MTU
                            + " to "
                            + TunnelConfig.MAX_MTU
                            + ", not "
                            + mtu);
        }
        return mtu == 0 ? TunnelConfig.DEFAULT_MTU : mtu;
    }

    /** Culvert's own key: how TCP inside the tunnel decides how much to send. */
    private CongestionAlgorithm congestion(ConfigNode node) {
        String text = node.string(problems, "bbr");
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "bbr" -> CongestionAlgorithm.BBR;
            case "cubic" -> CongestionAlgorithm.CUBIC;
            default -> {
                problems.error(node, "must be \"bbr\" or \"cubic\", not \"" + text + "\"");
                yield CongestionAlgorithm.BBR;
            }
        };
    }

    private List<InetAddress> addresses(ConfigNode node, int mtu) {
        List<InetAddress> addresses = new ArrayList<>();
        if (node.isAbsent()) {
            DEFAULT_ADDRESSES.forEach(text -> addresses.add(Cidr.parse(text).address()));
        }
        for (ConfigNode element : node.texts(problems)) {
            InetAddress address = address(element);
            if (address != null && addresses.contains(address)) {
                problems.error(element, "stands there twice");
            } else if (address != null) {
                addresses.add(address);
            }
        }
        if (outbound
                && !peersMayCall
                && node.kind() == ConfigNode.Kind.ARRAY
                && node.elements().isEmpty()) {
            problems.error(node, "needs at least one address of this side inside the tunnel");
        }
        if (mtu < MIN_IPV6_MTU && addresses.removeIf(Inet6Address.class::isInstance)) {
            problems.warning(
                    node,
                    "IPv6 needs an mtu of at least " + MIN_IPV6_MTU + ": the tunnel has IPv4 only");
        }
        return addresses;
    }

    /** An own address: its prefix length says nothing about it. */
    private @Nullable InetAddress address(ConfigNode element) {
        String text = element.string(problems, "");
        int slash = text.indexOf('/');
        try {
            Cidr.parse(text);
            return Cidr.parse(slash < 0 ? text : text.substring(0, slash)).address();
        } catch (IllegalArgumentException e) {
            problems.error(
                    element,
                    "\"" + text + "\" is not an IP address, such as 10.0.0.2 or fd00::2/128");
            return null;
        }
    }

    private AddressOrder order(ConfigNode node) {
        String text = node.string(problems, "");
        boolean force = text.isEmpty() || text.toLowerCase(Locale.ROOT).startsWith("forceip");
        AddressOrder order = force ? AddressOrder.parse(text.isEmpty() ? "ForceIP" : text) : null;
        if (order == null) {
            problems.error(
                    node,
                    "must be ForceIP, ForceIPv4, ForceIPv6, ForceIPv4v6 or ForceIPv6v4, not \""
                            + text
                            + "\"");
            return AddressOrder.ANY;
        }
        return order;
    }

    private List<InetSocketAddress> nameServers(ConfigNode node) {
        List<InetSocketAddress> servers = new ArrayList<>();
        if (node.isAbsent()) {
            DEFAULT_NAME_SERVERS.forEach(text ->
                    servers.add(new InetSocketAddress(Cidr.parse(text).address(), DNS_PORT)));
        }
        for (ConfigNode element : node.textsOrCommas(problems)) {
            String text = element.string(problems, "");
            InetAddress bare = Destination.literal(text);
            HostPort with = bare == null ? HostPort.parse(text) : new HostPort(text, DNS_PORT);
            InetAddress address = with == null ? null : Destination.literal(with.host());
            if (with == null || address == null) {
                problems.error(
                        element,
                        "\""
                                + text
                                + "\" is not the IP address of a name server inside the tunnel");
            } else {
                servers.add(new InetSocketAddress(address, with.port()));
            }
        }
        return servers;
    }

    /** Culvert's own key, for what a wg-quick file says in {@code DNS} beside addresses. */
    private List<String> searchDomains(ConfigNode node) {
        List<String> domains = new ArrayList<>();
        for (ConfigNode element : node.textsOrCommas(problems)) {
            String text = element.string(problems, "");
            String domain = DnsQuery.ascii(text);
            if (domain == null) {
                problems.error(element, "\"" + text + "\" is not a domain");
            } else {
                domains.add(domain);
            }
        }
        return List.copyOf(domains);
    }

    /** Where a tunnel is managed, its peers may come later. */
    private List<WireGuardSettings.Peer> peers(
            ConfigNode node, @Nullable PrivateKey secretKey, boolean managed) {
        List<WireGuardSettings.Peer> peers = new ArrayList<>();
        Set<PublicKey> seen = new HashSet<>();
        if (secretKey != null) {
            seen.add(secretKey.publicKey());
        }
        List<ConfigNode> elements = node.objects(problems);
        if (outbound && !managed && node.elements().isEmpty()) {
            problems.error(node, "needs at least one peer with publicKey and endpoint");
        }
        for (ConfigNode element : elements) {
            WireGuardSettings.Peer peer = peer(element);
            if (peer != null && !seen.add(peer.publicKey())) {
                problems.error(
                        element.member("publicKey"),
                        "is this side's own key, or that of another peer of this tunnel");
            } else if (peer != null) {
                peers.add(peer);
            }
        }
        return peers;
    }

    /** Reads one element of {@code peers}; null if it has no usable key. */
    WireGuardSettings.@Nullable Peer peer(ConfigNode node) {
        ConfigNode publicKey = node.member("publicKey");
        byte[] key =
                publicKey.isPresent(problems, "the peer's public key, " + KeyText.FORM)
                        ? KeyText.read(publicKey, problems)
                        : null;
        ConfigNode preshared = node.member("preSharedKey");
        byte[] psk =
                preshared.string(problems, "").isEmpty() ? null : KeyText.read(preshared, problems);
        HostPort endpoint = endpoint(node.member("endpoint"));
        List<Cidr> allowed = allowedIps(node.member("allowedIPs"));
        int keepAlive = (int) node.member("keepAlive").integer(problems, 0, MAX_KEEPALIVE, 0);
        ReservedBytes reserved = ReservedBytes.read(node.member("reserved"), problems);
        PeerUser user =
                new PeerUser(
                        node.member("email").string(problems, ""),
                        Policies.level(node.member("level"), problems));
        return key == null
                ? null
                : new WireGuardSettings.Peer(
                        PublicKey.of(key),
                        psk == null ? null : PresharedKey.of(psk),
                        endpoint,
                        allowed,
                        keepAlive,
                        reserved,
                        user);
    }

    private @Nullable HostPort endpoint(ConfigNode node) {
        String text = node.string(problems, "");
        if (text.isEmpty()) {
            if (outbound && !peersMayCall) {
                node.isPresent(problems, "the peer's host:port");
            }
            return null;
        }
        HostPort endpoint = HostPort.parse(text);
        if (endpoint == null || endpoint.port() == 0) {
            problems.error(
                    node,
                    "\""
                            + text
                            + "\" is not host:port, such as vpn.example.net:51820 or"
                            + " [2001:db8::1]:51820");
            return null;
        }
        return outbound ? endpoint : null;
    }

    private List<Cidr> allowedIps(ConfigNode node) {
        List<Cidr> allowed = new ArrayList<>();
        if (node.isAbsent()) {
            EVERYWHERE.forEach(text -> allowed.add(Cidr.parse(text)));
        }
        for (ConfigNode element : node.texts(problems)) {
            String text = element.string(problems, "");
            try {
                allowed.add(Cidr.parse(text));
            } catch (IllegalArgumentException e) {
                problems.error(
                        element,
                        "\"" + text + "\" is not a prefix, such as 0.0.0.0/0 or 10.0.0.2/32");
            }
        }
        return allowed;
    }

    private void checkDirection(ConfigNode node) {
        if (node.bool(problems, outbound) != outbound) {
            problems.error(
                    node, "contradicts that this is an " + (outbound ? "outbound" : "inbound"));
        }
    }
}
