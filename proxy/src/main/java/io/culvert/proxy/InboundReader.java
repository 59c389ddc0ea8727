package io.culvert.proxy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Reads one element of {@code inbounds}. */
final class InboundReader {
    private static final String PROTOCOLS = "socks, http, mixed, dokodemo-door or wireguard";
    private static final String LISTEN_INSIDE = "wireguard-listen";

    private final Problems problems;
    private final UnaryOperator<@Nullable String> environment;
    private final GeoFiles geo;

    /**
     * A reader.
     *
     * @param environment finds the value of {@code env:NAME} in a port
     */
    InboundReader(Problems problems, UnaryOperator<@Nullable String> environment, GeoFiles geo) {
        this.geo = geo;
        this.problems = problems;
        this.environment = environment;
    }

    /** Reads the object; null if anything in it is (reported) wrong. */
    Plan.@Nullable InboundPlan read(ConfigNode node) {
        ConfigNode protocol = node.member("protocol");
        if (!protocol.isPresent(problems, PROTOCOLS)) {
            return null;
        }
        String name = protocol.string(problems, "").toLowerCase(Locale.ROOT);
        if (new ForeignProtocols(problems).takes(node, name)) {
            return null;
        }
        ConfigNode settings = node.member("settings").object(problems);
        InboundSettings read =
                switch (name) {
                    case "socks", "mixed" -> socks(settings);
                    case "http" -> http(settings);
                    case "dokodemo-door", "tunnel" -> new ForwardReader(problems).read(node);
                    case "wireguard" -> new WireGuardReader(problems, false).read(settings);
                    case LISTEN_INSIDE -> listenInside(settings);
                    default -> {
                        if (protocol.kind() == ConfigNode.Kind.STRING) {
                            problems.error(
                                    protocol,
                                    "\"" + name + "\" is not supported: use " + PROTOCOLS);
                        }
                        node.accept();
                        yield null;
                    }
                };
        if (read == null) {
            return null;
        }
        InboundSpec spec = spec(node, name, read);
        node.member("allocate").accept();
        checkStream(node.member("streamSettings").object(problems), name);
        return spec == null ? null : new Plan.InboundPlan(spec, read);
    }

    private @Nullable InboundSpec spec(ConfigNode node, String protocol, InboundSettings settings) {
        String tag = node.member("tag").string(problems, "");
        InetAddress listen = listen(node.member("listen"));
        Sniffing sniffing =
                new SniffingReader(problems, geo).read(node.member("sniffing").object(problems));
        if (settings instanceof TunnelListenInbound.Settings) {
            return new InboundSpec(
                    tag,
                    protocol,
                    null,
                    List.of(),
                    node.place(),
                    Sniffing.OFF,
                    0,
                    false,
                    SocketSettings.NONE);
        }
        int level =
                settings instanceof WireGuardSettings
                        ? 0
                        : Policies.level(
                                node.member("settings").object(problems).member("userLevel"),
                                problems);
        ConfigNode port = node.member("port");
        if (!port.isPresent(problems, "the port to listen on")) {
            return null;
        }
        List<Integer> ports = PortSet.list(port, problems, environment);
        return ports == null
                ? null
                : new InboundSpec(
                        tag,
                        protocol,
                        listen,
                        ports,
                        port.place(),
                        sniffing,
                        level,
                        acceptProxyProtocol(node),
                        sockets(node));
    }

    private @Nullable InetAddress listen(ConfigNode node) {
        String text = node.string(problems);
        if (text == null) {
            return null;
        }
        InetAddress address = Destination.literal(text);
        if (address == null) {
            problems.error(
                    node,
                    "must be an IP address to listen on, such as 127.0.0.1 or ::1, not \""
                            + text
                            + "\"");
        }
        return address;
    }

    private SocketSettings sockets(ConfigNode node) {
        ConfigNode sockopt =
                node.member("streamSettings").object(problems).member("sockopt").object(problems);
        for (String key :
                List.of("dialerProxy", "domainStrategy", "happyEyeballs", "addressPortStrategy")) {
            sockopt.member(key).accept(); // of outbounds
        }
        return new SocketSettingsReader(problems, true).read(sockopt);
    }

    private boolean acceptProxyProtocol(ConfigNode node) {
        ConfigNode stream = node.member("streamSettings").object(problems);
        boolean accept = false;
        // Xray moved the key from the settings of its TCP, later called raw, to the socket's.
        for (String key : List.of("sockopt", "tcpSettings", "rawSettings")) {
            accept |=
                    stream.member(key)
                            .object(problems)
                            .member("acceptProxyProtocol")
                            .bool(problems, false);
        }
        return accept;
    }

    /** Clients speak to an inbound as its stream settings say, or not at all. */
    private void checkStream(ConfigNode stream, String protocol) {
        ConfigNode transparent = stream.member("sockopt").object(problems).member("tproxy");
        String way = transparent.string(problems, "off").toLowerCase(Locale.ROOT);
        if (!ForwardReader.isProtocol(protocol) && !way.isEmpty() && !way.equals("off")) {
            problems.error(
                    transparent, "is for dokodemo-door with followRedirect only: use off here");
        }
        if (protocol.equals("wireguard")) {
            if (stream.has("finalmask")) {
                problems.error(
                        stream.member("finalmask"),
                        "is not supported by Culvert yet, and clients that use it get no answer");
            }
            return;
        }
        PlainTransport.require(stream, problems);
    }

    private InboundSettings socks(ConfigNode settings) {
        ConfigNode auth = settings.member("auth");
        String kind = auth.string(problems, "noauth").toLowerCase(Locale.ROOT);
        Accounts accounts = accounts(settings);
        boolean none =
                settings.member("accounts").elements().isEmpty()
                        && settings.member("users").elements().isEmpty();
        if (kind.equals("password") && none) {
            problems.error(auth, "is password, so accounts needs at least one user and pass");
        } else if (kind.equals("noauth") && accounts.required()) {
            problems.warning(auth, "is noauth, so everybody may use this and accounts is ignored");
            accounts = Accounts.NONE;
        } else if (!kind.equals("noauth") && !kind.equals("password")) {
            problems.error(auth, "must be noauth or password, not \"" + kind + "\"");
        }
        ConfigNode ip = settings.member("ip");
        String text = ip.string(problems);
        InetAddress udpAddress = text == null ? null : Destination.literal(text);
        if (text != null && udpAddress == null) {
            problems.error(ip, "must be an IP address that clients reach, not \"" + text + "\"");
        }
        boolean udp = settings.member("udp").bool(problems, false);
        return new SocksInbound.Settings(accounts, udp, udpAddress);
    }

    private InboundSettings http(ConfigNode settings) {
        settings.member("timeout").accept();
        return new HttpInbound.Settings(
                accounts(settings), settings.member("allowTransparent").bool(problems, false));
    }

    private Accounts accounts(ConfigNode settings) {
        List<Accounts.Account> accounts = new ArrayList<>();
        for (String key : List.of("accounts", "users")) {
            for (ConfigNode account : settings.member(key).objects(problems)) {
                ConfigNode user = account.member("user");
                ConfigNode pass = account.member("pass");
                boolean there = user.isPresent(problems, "the user's name");
                there &= pass.isPresent(problems, "the user's password");
                if (there) {
                    accounts.add(
                            new Accounts.Account(
                                    user.string(problems, ""), pass.string(problems, "")));
                }
                account.member("level").accept();
                account.member("email").accept();
            }
        }
        return new Accounts(accounts);
    }

    private @Nullable InboundSettings listenInside(ConfigNode settings) {
        ConfigNode tag = settings.member("outboundTag");
        ConfigNode port = settings.member("port");
        ConfigNode target = settings.member("target");
        boolean there = tag.isPresent(problems, "the tag of a wireguard outbound");
        there &= port.isPresent(problems, "the port to listen on inside the tunnel");
        there &= target.isPresent(problems, "the host:port to forward to");
        if (!there) {
            return null;
        }
        String text = target.string(problems, "");
        HostPort to = HostPort.parse(text);
        if (to == null || to.port() == 0) {
            problems.error(target, "\"" + text + "\" is not host:port, such as 127.0.0.1:8080");
            return null;
        }
        int number = (int) port.integer(problems, 1, 65535, 0);
        return number == 0
                ? null
                : new TunnelListenInbound.Settings(
                        tag.string(problems, ""), tag.place(), number, to);
    }
}
