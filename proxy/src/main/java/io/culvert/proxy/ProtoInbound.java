package io.culvert.proxy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An element of {@code inbounds} as Xray's Protocol Buffers messages. It asks the node for what it
 * writes, so that what nobody asked for remains.
 */
final class ProtoInbound {
    private static final String PROXY = "xray.proxy.";

    private final ConfigNode node;

    ProtoInbound(ConfigNode node) {
        this.node = node;
    }

    /** A user, and the message for them. */
    record User(String name, ProtoWriter message) {}

    /**
     * {@code xray.core.InboundHandlerConfig} of what was found to be right; null if it has none.
     */
    @Nullable ProtoWriter write(Plan.InboundPlan plan) {
        accept(node, "tag", "port", "listen", "allocate");
        InboundSpec spec = plan.spec();
        ProtoWriter receiver = new ProtoWriter().message(1, ports(spec.ports()));
        if (spec.listen() != null) {
            receiver.message(2, new ProtoWriter().bytes(1, spec.listen().getAddress()));
        }
        ApiElement.acceptPlainStream(node);
        ConfigNode settings = node.member("settings");
        @Nullable ProtoWriter proxy =
                switch (plan.settings()) {
                    case SocksInbound.Settings socks -> socks(socks, settings);
                    case HttpInbound.Settings http -> http(http, settings);
                    case ForwardInbound.Settings forward -> forward(forward, settings, receiver);
                    case WireGuardSettings tunnel ->
                            new ProtoTunnel(settings).write(tunnel, ProtoTunnel.USERS);
                    default -> null;
                };
        if (proxy == null) {
            return null;
        }
        node.member("protocol").accept();
        if (node.has("sniffing")) {
            receiver.message(6, sniffing(spec.sniffing(), node.member("sniffing")));
        }
        return new ProtoWriter()
                .text(1, plan.tag())
                .message(2, ApiElement.typed("xray.app.proxyman.ReceiverConfig", receiver))
                .message(3, proxy);
    }

    /** {@code xray.common.protocol.User} for each. */
    List<User> users(Plan.InboundPlan plan, Problems problems) {
        ConfigNode settings = node.member("settings");
        return switch (plan.settings()) {
            case SocksInbound.Settings socks -> users("socks", socks.accounts());
            case HttpInbound.Settings http -> users("http", http.accounts());
            case WireGuardSettings tunnel -> new ProtoTunnel(settings).users(tunnel, problems);
            default -> {
                problems.error(node, "is an inbound that has no users");
                yield List.of();
            }
        };
    }

    private static List<User> users(String protocol, Accounts accounts) {
        List<User> users = new ArrayList<>();
        for (Accounts.Account account : accounts.all()) {
            users.add(
                    new User(
                            account.user(),
                            new ProtoWriter()
                                    .text(2, account.user())
                                    .message(
                                            3,
                                            ApiElement.typed(
                                                    PROXY + protocol + ".Account",
                                                    account(account)))));
        }
        return users;
    }

    private static ProtoWriter ports(List<Integer> ports) {
        ProtoWriter list = new ProtoWriter();
        for (int i = 0, next; i < ports.size(); i = next) {
            next = i + 1;
            while (next < ports.size() && ports.get(next) == ports.get(next - 1) + 1) {
                next++;
            }
            list.message(
                    1, new ProtoWriter().number(1, ports.get(i)).number(2, ports.get(next - 1)));
        }
        return list;
    }

    private static ProtoWriter sniffing(Sniffing sniffing, ConfigNode node) {
        accept(node, "enabled", "destOverride", "routeOnly", "metadataOnly");
        List<String> protocols = new ArrayList<>();
        Problems known = new Problems();
        for (ConfigNode entry : node.member("destOverride").textsOrCommas(known)) {
            protocols.add(entry.string(known, ""));
        }
        return new ProtoWriter()
                .bool(1, node.member("enabled").bool(known, false))
                .texts(2, protocols)
                .bool(4, node.member("metadataOnly").bool(known, false))
                .bool(5, sniffing.routeOnly());
    }

    private static ProtoWriter socks(SocksInbound.Settings socks, ConfigNode settings) {
        accept(settings, "auth", "accounts", "users", "udp", "ip");
        ProtoWriter message =
                accounts(socks.accounts())
                        .number(1, socks.accounts().required() ? 1 : 0)
                        .bool(4, socks.udp());
        InetAddress ip = socks.udpAddress();
        if (ip != null) {
            message.message(3, new ProtoWriter().bytes(1, ip.getAddress()));
        }
        return ApiElement.typed(PROXY + "socks.ServerConfig", message);
    }

    private static ProtoWriter http(HttpInbound.Settings http, ConfigNode settings) {
        accept(settings, "accounts", "users", "timeout", "allowTransparent");
        return ApiElement.typed(
                PROXY + "http.ServerConfig", accounts(http.accounts()).bool(3, http.transparent()));
    }

    private static ProtoWriter accounts(Accounts accounts) {
        ProtoWriter message = new ProtoWriter();
        accounts.all().forEach(account -> message.message(2, account(account)));
        return message;
    }

    private static ProtoWriter account(Accounts.Account account) {
        return new ProtoWriter().text(1, account.user()).text(2, account.pass());
    }

    private static ProtoWriter forward(
            ForwardInbound.Settings forward, ConfigNode settings, ProtoWriter receiver) {
        accept(settings, "timeout", "address", "rewriteAddress", "port", "rewritePort");
        accept(settings, "network", "allowedNetwork", "followRedirect", "portMap");
        boolean follows = forward.redirection() != ForwardInbound.Redirection.NONE;
        receiver.bool(4, follows);
        ProtoWriter message = new ProtoWriter();
        HostPort target = forward.targets().target();
        if (!target.host().isEmpty()) {
            message.message(1, host(target.host()));
        }
        message.number(2, target.port());
        forward.targets()
                .byPort()
                .forEach((port, to) ->
                        message.message(
                                3, new ProtoWriter().text(1, port.toString()).text(2, text(to))));
        message.bool(5, follows);
        EnumSet<Network> networks = forward.networks();
        for (Network network : networks) {
            message.number(7, network == Network.TCP ? ProtoConfig.TCP : ProtoConfig.UDP);
        }
        return ApiElement.typed(PROXY + "dokodemo.Config", message);
    }

    /** As {@link ForwardTargets#parse} takes it. */
    private static String text(HostPort to) {
        String host = to.host().contains(":") ? "[" + to.host() + "]" : to.host();
        return host + ":" + (to.port() == 0 ? "" : String.valueOf(to.port()));
    }

    /** {@code xray.common.net.IPOrDomain}. */
    private static ProtoWriter host(String host) {
        InetAddress address = Destination.literal(host);
        return address == null
                ? new ProtoWriter().text(2, host)
                : new ProtoWriter().bytes(1, address.getAddress());
    }

    private static void accept(ConfigNode node, String... keys) {
        for (String key : keys) {
            node.member(key).accept();
        }
    }
}
