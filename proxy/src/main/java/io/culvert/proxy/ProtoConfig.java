package io.culvert.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Xray's Protocol Buffers messages for inbounds, outbounds and users, as the tree that a file would
 * give. What they ask for and can't be said there is refused.
 */
final class ProtoConfig {
    private static final Place PLACE = new Place("api", 0, 0, "");
    private static final String PROXY = "xray.proxy.";

    /** {@code xray.common.net.Network}. */
    static final int TCP = 2;

    static final int UDP = 3;

    /** In the order of their numbers. */
    static final List<String> FREEDOM_STRATEGIES =
            List.of(
                    "AsIs",
                    "UseIP",
                    "UseIPv4",
                    "UseIPv6",
                    "UseIPv4v6",
                    "UseIPv6v4",
                    "ForceIP",
                    "ForceIPv4",
                    "ForceIPv6",
                    "ForceIPv4v6",
                    "ForceIPv6v4");

    /** In the order of their numbers. */
    static final List<String> WIREGUARD_STRATEGIES =
            List.of("ForceIP", "ForceIPv4", "ForceIPv6", "ForceIPv4v6", "ForceIPv6v4");

    private final Problems problems;

    private ProtoConfig(Problems problems) {
        this.problems = problems;
    }

    /** {@code xray.core.InboundHandlerConfig}. */
    static ConfigNode inbound(ProtoFields handler, Problems problems) {
        return new ProtoConfig(problems).inbound(handler);
    }

    /** {@code xray.core.OutboundHandlerConfig}. */
    static ConfigNode outbound(ProtoFields handler, Problems problems) {
        return new ProtoConfig(problems).outbound(handler);
    }

    /** {@code xray.common.protocol.User}. */
    static ConfigNode user(ProtoFields user, Problems problems) {
        return new ProtoConfig(problems).user(user);
    }

    private ConfigNode inbound(ProtoFields handler) {
        ConfigNode node = ConfigNode.object(PLACE);
        node.put("tag", text(handler.text(1)));
        ProtoFields receiver = value(handler.message(2));
        ProtoFields ports = receiver.message(1);
        node.put("port", text(ports(ports)));
        if (receiver.has(2)) {
            node.put("listen", text(host(receiver.message(2))));
        }
        stream(receiver.message(3), node);
        if (receiver.has(6)) {
            node.put("sniffing", sniffing(receiver.message(6)));
        }
        String type = handler.message(3).text(1);
        ProtoFields settings = value(handler.message(3));
        switch (type) {
            case PROXY + "socks.ServerConfig" -> {
                ConfigNode socks = accounts(settings);
                socks.put("auth", text(settings.number(1) == 1 ? "password" : "noauth"));
                socks.put("udp", ConfigNode.bool(PLACE, settings.bool(4)));
                if (settings.has(3)) {
                    socks.put("ip", text(host(settings.message(3))));
                }
                put(node, "socks", socks);
            }
            case PROXY + "http.ServerConfig" -> {
                ConfigNode http = accounts(settings);
                http.put("allowTransparent", ConfigNode.bool(PLACE, settings.bool(3)));
                put(node, "http", http);
            }
            case PROXY + "dokodemo.Config" -> put(node, "dokodemo-door", forward(settings));
            case PROXY + "wireguard.DeviceConfig" -> put(node, "wireguard", device(settings));
            default -> refuse("inbounds of the type " + type + " are not supported by Culvert yet");
        }
        return node;
    }

    private ConfigNode outbound(ProtoFields handler) {
        ConfigNode node = ConfigNode.object(PLACE);
        node.put("tag", text(handler.text(1)));
        ProtoFields sender = value(handler.message(2));
        if (sender.has(1) || sender.has(3) || !sender.text(5).isEmpty()) {
            refuse("an outbound's own way (via, proxy settings) cannot be given by the API");
        }
        stream(sender.message(2), node);
        String type = handler.message(3).text(1);
        ProtoFields settings = value(handler.message(3));
        switch (type) {
            case PROXY + "freedom.Config" -> put(node, "freedom", freedom(settings));
            case PROXY + "blackhole.Config" -> {
                ConfigNode response = ConfigNode.object(PLACE);
                boolean http = settings.message(1).text(1).endsWith("HTTPResponse");
                response.put("type", text(http ? "http" : "none"));
                put(node, "blackhole", ConfigNode.object(PLACE).put("response", response));
            }
            case PROXY + "wireguard.DeviceConfig" -> put(node, "wireguard", device(settings));
            default ->
                    refuse("outbounds of the type " + type + " are not supported by Culvert yet");
        }
        return node;
    }

    /**
     * Only what needs no transport of its own: the rest would be another way than was asked for.
     */
    private void stream(ProtoFields stream, ConfigNode node) {
        String transport = stream.text(5);
        if (!transport.isEmpty() && !transport.equals("tcp") && !transport.equals("raw")) {
            refuse("the transport " + transport + " is not supported by Culvert yet");
        }
        if (!stream.text(3).isEmpty()) {
            refuse("stream security is not supported by Culvert yet");
        }
        if (stream.bytes(6).length > 0) {
            refuse("socket options cannot be given by the API");
        }
        node.put("streamSettings", ConfigNode.object(PLACE));
    }

    private ConfigNode sniffing(ProtoFields sniffing) {
        if (sniffing.has(3) || sniffing.has(6)) {
            refuse("what sniffing excludes cannot be given by the API");
        }
        return ConfigNode.object(PLACE)
                .put("enabled", ConfigNode.bool(PLACE, sniffing.bool(1)))
                .put("destOverride", texts(sniffing.texts(2)))
                .put("metadataOnly", ConfigNode.bool(PLACE, sniffing.bool(4)))
                .put("routeOnly", ConfigNode.bool(PLACE, sniffing.bool(5)));
    }

    private static ConfigNode accounts(ProtoFields settings) {
        ConfigNode accounts = ConfigNode.array(PLACE);
        for (Map.Entry<String, String> account : new TreeMap<>(settings.map(2)).entrySet()) {
            accounts.add(account(account.getKey(), account.getValue()));
        }
        return ConfigNode.object(PLACE).put("accounts", accounts);
    }

    private static ConfigNode account(String user, String pass) {
        return ConfigNode.object(PLACE).put("user", text(user)).put("pass", text(pass));
    }

    private ConfigNode forward(ProtoFields settings) {
        ConfigNode networks = ConfigNode.array(PLACE);
        for (long network : settings.numbers(7)) {
            if (network == TCP || network == UDP) {
                networks.add(text(network == TCP ? "tcp" : "udp"));
            }
        }
        ConfigNode forward = ConfigNode.object(PLACE);
        forward.put("network", networks);
        forward.put("followRedirect", ConfigNode.bool(PLACE, settings.bool(5)));
        if (settings.has(1)) {
            forward.put("address", text(host(settings.message(1))));
        }
        if (settings.has(2)) {
            forward.put("port", ConfigNode.integer(PLACE, settings.number(2)));
        }
        ConfigNode ports = ConfigNode.object(PLACE);
        settings.map(3).forEach((port, target) -> ports.put(port, text(target)));
        return forward.put("portMap", ports);
    }

    private ConfigNode freedom(ProtoFields settings) {
        for (int field : new int[] {3, 5, 6, 7}) {
            if (settings.has(field)) {
                refuse("field " + field + " of freedom cannot be given by the API");
            }
        }
        return ConfigNode.object(PLACE)
                .put("domainStrategy", text(strategy(FREEDOM_STRATEGIES, settings.number(1))));
    }

    /** A strategy's number, which was found to be one; the first one's if it isn't. */
    static long indexOf(List<String> strategies, String name) {
        for (int i = 0; i < strategies.size(); i++) {
            if (strategies.get(i).equalsIgnoreCase(name)) {
                return i;
            }
        }
        return 0;
    }

    private String strategy(List<String> names, long number) {
        if (number < 0 || number >= names.size()) {
            refuse("there is no domain strategy " + number);
            return names.getFirst();
        }
        return names.get((int) number);
    }

    private ConfigNode device(ProtoFields settings) {
        ConfigNode device = ConfigNode.object(PLACE);
        device.put("secretKey", text(settings.text(1)));
        device.put("address", texts(settings.texts(2)));
        ConfigNode peers = ConfigNode.array(PLACE);
        settings.messages(3).forEach(peer -> peers.add(peer(peer)));
        settings.messages(5).forEach(user -> peers.add(user(user)));
        device.put("peers", peers);
        device.put("mtu", ConfigNode.integer(PLACE, settings.number(4)));
        if (settings.has(6)) {
            device.put("reserved", text(Base64.getEncoder().encodeToString(settings.bytes(6))));
        }
        return device.put(
                "domainStrategy", text(strategy(WIREGUARD_STRATEGIES, settings.number(7))));
    }

    private static ConfigNode peer(ProtoFields peer) {
        ConfigNode node = ConfigNode.object(PLACE);
        node.put("publicKey", text(peer.text(1)));
        if (!peer.text(2).isEmpty()) {
            node.put("preSharedKey", text(peer.text(2)));
        }
        if (!peer.text(3).isEmpty()) {
            node.put("endpoint", text(peer.text(3)));
        }
        // Text since August 2026, a number before.
        String seconds = peer.text(4).isEmpty() ? String.valueOf(peer.number(4)) : peer.text(4);
        node.put(
                "keepAlive",
                seconds.matches("\\d{1,9}")
                        ? ConfigNode.integer(PLACE, Long.parseLong(seconds))
                        : text(seconds));
        // There, none are none; in a file, a key that is missing is everything.
        node.put("allowedIPs", texts(peer.texts(5)));
        return node;
    }

    private ConfigNode user(ProtoFields user) {
        String type = user.message(3).text(1);
        ProtoFields account = value(user.message(3));
        return switch (type) {
            case PROXY + "wireguard.PeerConfig" ->
                    peer(account)
                            .put("email", text(user.text(2)))
                            .put("level", ConfigNode.integer(PLACE, user.number(1)));
            case PROXY + "socks.Account", PROXY + "http.Account" ->
                    account(account.text(1), account.text(2));
            default -> {
                refuse("accounts of the type " + type + " are not supported by Culvert yet");
                yield ConfigNode.object(PLACE);
            }
        };
    }

    /** A list of ranges, or one, as older clients send it. */
    private static String ports(ProtoFields ports) {
        StringBuilder text = new StringBuilder();
        List<ProtoFields> ranges = ports.isList(1) ? ports.messages(1) : List.of(ports);
        for (ProtoFields range : ranges) {
            text.append(text.isEmpty() ? "" : ",").append(range.number(1));
            if (range.number(2) != range.number(1)) {
                text.append('-').append(range.number(2));
            }
        }
        return text.toString();
    }

    /** {@code xray.common.net.IPOrDomain}. */
    private String host(ProtoFields host) {
        if (!host.has(1)) {
            return host.text(2);
        }
        try {
            return InetAddress.getByAddress(host.bytes(1)).getHostAddress();
        } catch (UnknownHostException e) {
            refuse("an address has 4 or 16 bytes");
            return "";
        }
    }

    /** What is in {@code xray.common.serial.TypedMessage}. */
    private static ProtoFields value(ProtoFields typed) {
        return ProtoFields.of(ByteBuffer.wrap(typed.bytes(2)));
    }

    private static void put(ConfigNode node, String protocol, ConfigNode settings) {
        node.put("protocol", text(protocol)).put("settings", settings);
    }

    private static ConfigNode text(String text) {
        return ConfigNode.string(PLACE, text);
    }

    private static ConfigNode texts(List<String> texts) {
        ConfigNode list = ConfigNode.array(PLACE);
        texts.forEach(text -> list.add(text(text)));
        return list;
    }

    private void refuse(String sentence) {
        problems.error(PLACE, sentence);
    }
}
