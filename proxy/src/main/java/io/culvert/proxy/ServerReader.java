package io.culvert.proxy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the settings of outbounds that go through a server: {@code socks} and {@code http}. */
final class ServerReader {
    private final Problems problems;

    ServerReader(Problems problems) {
        this.problems = problems;
    }

    /** The {@code settings} of a SOCKS5 client; null if (reported) wrong. */
    @Nullable OutboundSettings socks(ConfigNode settings, ConfigNode targetStrategy) {
        ConfigNode version = settings.member("version");
        if (!version.string(problems, "5").equals("5")) {
            problems.error(version, "must be 5: Culvert speaks no other SOCKS to a server");
        }
        TargetStrategy targets = targets(targetStrategy);
        List<ProxyServer> servers = servers(settings, SocksHello.MAX_CREDENTIAL);
        return servers.isEmpty() ? null : new SocksOutbound.Settings(servers, targets);
    }

    /** The {@code settings} of an HTTP proxy's client; null if (reported) wrong. */
    @Nullable OutboundSettings http(ConfigNode settings, ConfigNode targetStrategy) {
        TargetStrategy targets = targets(targetStrategy);
        HttpHeaders headers = headers(settings.member("headers").object(problems));
        List<ProxyServer> servers = servers(settings, Integer.MAX_VALUE);
        return servers.isEmpty() ? null : new HttpOutbound.Settings(servers, headers, targets);
    }

    private TargetStrategy targets(ConfigNode node) {
        String text = node.string(problems, "");
        TargetStrategy targets = TargetStrategy.parse(text);
        if (targets == null) {
            problems.error(node, AddressOrder.FORM + ", not \"" + text + "\"");
            return TargetStrategy.AS_IS;
        }
        return targets;
    }

    /** One server among the settings themselves, or those of the list {@code servers}. */
    private List<ProxyServer> servers(ConfigNode settings, int longest) {
        ConfigNode list = settings.member("servers");
        if (settings.has("address") || list.isAbsent()) {
            list.accept();
            ProxyServer server = server(settings, account(settings, longest), "the server");
            return server == null ? List.of() : List.of(server);
        }
        List<ProxyServer> servers = new ArrayList<>();
        List<ConfigNode> nodes = list.objects(problems);
        if (nodes.isEmpty() && list.kind() == ConfigNode.Kind.ARRAY && !problems.hasErrors()) {
            problems.error(list, "needs at least one server: there is no other way out");
        }
        for (ConfigNode node : nodes) {
            ProxyServer server = server(node, users(node.member("users"), longest), "this server");
            if (server != null) {
                servers.add(server);
            }
        }
        return servers;
    }

    private @Nullable ProxyServer server(
            ConfigNode node, Accounts.@Nullable Account account, String which) {
        ConfigNode address = node.member("address");
        ConfigNode port = node.member("port");
        boolean there = address.isPresent(problems, "the address or the name of " + which);
        there &= port.isPresent(problems, "the port of " + which);
        if (!there) {
            return null;
        }
        String host = address.string(problems, "");
        int number = (int) port.integer(problems, 1, 65535, 0);
        if (!HostPort.isHost(host)) {
            if (address.kind() == ConfigNode.Kind.STRING) {
                problems.error(address, "\"" + host + "\" is not an IP address or a name");
            }
            return null;
        }
        return number == 0 ? null : new ProxyServer(new HostPort(host, number), account);
    }

    private Accounts.@Nullable Account users(ConfigNode list, int longest) {
        List<ConfigNode> users = list.objects(problems);
        if (users.size() > 1) {
            problems.warning(list, "has several users, of which the first is used");
            users.forEach(ConfigNode::accept);
        }
        return users.isEmpty() ? null : account(users.getFirst(), longest);
    }

    private Accounts.@Nullable Account account(ConfigNode node, int longest) {
        // Who is behind an outbound makes no difference to its limits, nor in Xray.
        node.member("level").accept();
        node.member("email").accept();
        ConfigNode user = node.member("user");
        ConfigNode pass = node.member("pass");
        String name = user.string(problems, "");
        String word = pass.string(problems, "");
        if (name.isEmpty()) {
            if (!word.isEmpty()) {
                problems.error(user, "is missing: give the user whose password this is");
            }
            return null;
        }
        checkLength(user, name, longest);
        checkLength(pass, word, longest);
        if (longest == Integer.MAX_VALUE && name.indexOf(':') >= 0) {
            problems.error(user, "must have no colon, which Basic credentials can't carry");
        }
        return new Accounts.Account(name, word);
    }

    private void checkLength(ConfigNode node, String text, int longest) {
        if (text.getBytes(StandardCharsets.UTF_8).length > longest) {
            problems.error(node, "must have at most " + longest + " bytes");
        }
    }

    private HttpHeaders headers(ConfigNode node) {
        HttpHeaders headers = new DefaultHttpHeaders();
        node.members()
                .forEach((name, value) -> {
                    String text = value.string(problems);
                    try {
                        if (text != null) {
                            headers.add(name, text);
                        }
                    } catch (IllegalArgumentException e) {
                        problems.error(value, "is no field that HTTP can carry");
                    }
                });
        return headers;
    }
}
