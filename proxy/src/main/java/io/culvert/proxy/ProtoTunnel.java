package io.culvert.proxy;

import io.culvert.wireguard.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The {@code settings} of a WireGuard inbound or outbound as Xray's Protocol Buffers messages. It
 * asks the node for what it writes, so that what nobody asked for remains.
 */
final class ProtoTunnel {

    /** The field of an outbound's peers. */
    static final int PEERS = 3;

    /** The field of an inbound's peers, who are users. */
    static final int USERS = 5;

    private static final String PROXY = "xray.proxy.wireguard.";

    private final ConfigNode settings;
    private final Problems known = new Problems();

    ProtoTunnel(ConfigNode settings) {
        this.settings = settings;
    }

    /**
     * {@code xray.proxy.wireguard.DeviceConfig}, typed.
     *
     * @param field in which it has its peers
     */
    ProtoWriter write(WireGuardSettings tunnel, int field) {
        settings.member("workers").accept();
        settings.member("kernelMode").accept();
        boolean inbound = field == USERS;
        ProtoWriter message =
                new ProtoWriter()
                        .text(1, key(settings.member("secretKey")))
                        .texts(
                                2,
                                tunnel.addresses().stream()
                                        .map(InetAddress::getHostAddress)
                                        .toList());
        settings.member("address").accept();
        peers(tunnel, inbound).forEach(peer -> message.message(field, peer));
        message.number(4, tunnel.mtu());
        settings.member("mtu").accept();
        ReservedBytes reserved = tunnel.reserved();
        if (reserved != null) {
            message.bytes(6, reserved.toArray());
        }
        settings.member("reserved").accept();
        String strategy = settings.member("domainStrategy").string(known, "ForceIP");
        message.number(7, ProtoConfig.indexOf(ProtoConfig.WIREGUARD_STRATEGIES, strategy));
        // Its absence would ask Xray for the kernel, and Culvert for its own stack.
        if (inbound || !tunnel.kernelTun()) {
            settings.member("noKernelTun").accept();
            message.bool(9, true);
        }
        return ApiElement.typed(PROXY + "DeviceConfig", message);
    }

    /** {@code xray.common.protocol.User} for each peer of an inbound; each needs a name. */
    List<ProtoInbound.User> users(WireGuardSettings tunnel, Problems problems) {
        List<ProtoInbound.User> users = new ArrayList<>();
        List<ConfigNode> nodes = settings.member("peers").objects(known);
        List<ProtoWriter> messages = peers(tunnel, true);
        for (int i = 0; i < messages.size(); i++) {
            String name = tunnel.peers().get(i).user().name();
            if (name.isEmpty()) {
                nodes.get(i)
                        .member("email")
                        .isPresent(problems, "the name by which the peer can be removed again");
            }
            users.add(new ProtoInbound.User(name, messages.get(i)));
        }
        return users;
    }

    private List<ProtoWriter> peers(WireGuardSettings tunnel, boolean users) {
        List<ProtoWriter> peers = new ArrayList<>();
        List<ConfigNode> nodes = settings.member("peers").objects(known);
        for (int i = 0; i < nodes.size(); i++) {
            WireGuardSettings.Peer peer = tunnel.peers().get(i);
            ProtoWriter message = peer(nodes.get(i), peer);
            peers.add(users ? user(peer, message) : message);
        }
        return peers;
    }

    private ProtoWriter peer(ConfigNode node, WireGuardSettings.Peer peer) {
        node.member("publicKey").accept();
        node.member("allowedIPs").accept();
        node.member("keepAlive").accept();
        node.member("email").accept();
        node.member("level").accept(); // of an outbound's peer they say nothing
        return peer(peer)
                .text(2, key(node.member("preSharedKey")))
                .text(3, node.member("endpoint").string(known, ""));
    }

    /** {@code xray.proxy.wireguard.PeerConfig} of what is neither secret nor the network's. */
    private static ProtoWriter peer(WireGuardSettings.Peer peer) {
        return new ProtoWriter()
                .text(1, HexFormat.of().formatHex(peer.publicKey().bytes()))
                .text(4, peer.keepAlive() == 0 ? "" : String.valueOf(peer.keepAlive()))
                .texts(5, peer.allowedIps().stream().map(Cidr::toString).toList());
    }

    /** The account of a user who is a peer, for lists. */
    static ProtoWriter account(WireGuardSettings.Peer peer) {
        return ApiElement.typed(PROXY + "PeerConfig", peer(peer));
    }

    private static ProtoWriter user(WireGuardSettings.Peer peer, ProtoWriter message) {
        return new ProtoWriter()
                .number(1, peer.user().level())
                .text(2, peer.user().name())
                .message(3, ApiElement.typed(PROXY + "PeerConfig", message));
    }

    /** As hex digits; nothing where there is none. */
    private String key(ConfigNode node) {
        String text = node.string(known, "");
        byte[] key = text.isEmpty() ? null : KeyText.parse(text);
        return key == null ? "" : HexFormat.of().formatHex(key);
    }
}
