package io.culvert.cli;

import io.culvert.cli.IniFile.Entry;
import io.culvert.cli.IniFile.Section;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The sections that wireproxy adds to wg-quick's, as Xray's inbounds. */
final class ProxySections {
    /** The protocol of an inbound whose port is one of this end's address in the tunnel. */
    static final String LISTEN_INSIDE = "wireguard-listen";

    private final Problems problems;
    private final List<ConfigNode> inbounds = new ArrayList<>();
    private final Map<String, Integer> tags = new HashMap<>();

    ProxySections(Problems problems) {
        this.problems = problems;
    }

    /** In file order. */
    List<ConfigNode> inbounds() {
        return List.copyOf(inbounds);
    }

    /** Takes the section in if it is one of these. */
    boolean take(Section section) {
        switch (section.name().toLowerCase(Locale.ROOT)) {
            case "socks5" -> socks(section);
            case "http" -> http(section);
            case "tcpclienttunnel" -> forward(section, "tcp");
            case "tcpservertunnel" -> listenInside(section);
            case "udpproxytunnel" -> forward(section, "udp");
            default -> {
                return false;
            }
        }
        return true;
    }

    private void socks(Section section) {
        warnOfOthers(section, Set.of("bindaddress", "username", "password"));
        ConfigNode settings = ConfigNode.object(section.place());
        settings.put("udp", ConfigNode.bool(section.place(), true));
        accounts(section, settings);
        listening(section, "socks", settings);
    }

    private void http(Section section) {
        warnOfOthers(section, Set.of("bindaddress", "username", "password", "certfile", "keyfile"));
        for (String key : List.of("CertFile", "KeyFile")) {
            Entry entry = section.last(key);
            if (entry != null) {
                problems.error(
                        entry.place(),
                        "the proxy's own TLS is not known to Culvert yet; without it clients would"
                                + " speak in the clear");
            }
        }
        ConfigNode settings = ConfigNode.object(section.place());
        accounts(section, settings);
        listening(section, "http", settings);
    }

    private void forward(Section section, String network) {
        warnOfOthers(section, Set.of("bindaddress", "target"));
        ConfigNode settings = ConfigNode.object(section.place());
        settings.put("network", ConfigNode.string(section.place(), network));
        HostAndPort target = hostAndPort(section, "Target", "10.0.0.1:80");
        if (target != null) {
            settings.put("address", target.host()).put("port", target.port());
        }
        listening(section, "dokodemo-door", settings);
    }

    /** A port of this end's address inside the tunnel, for the peers. */
    private void listenInside(Section section) {
        warnOfOthers(section, Set.of("listenport", "target"));
        ConfigNode settings =
                ConfigNode.object(section.place(), key -> section.missing(insideKey(key)).path());
        settings.put("outboundTag", ConfigNode.string(section.place(), WireGuardSections.TAG));
        Entry port = section.last("ListenPort");
        if (port != null) {
            settings.put("port", port.number());
        }
        Entry target = section.last("Target");
        if (target != null) {
            settings.put("target", target.text());
        }
        ConfigNode inbound = ConfigNode.object(section.place());
        inbound.put("tag", ConfigNode.string(section.place(), tag(section)));
        inbound.put("protocol", ConfigNode.string(section.place(), LISTEN_INSIDE));
        inbounds.add(inbound.put("settings", settings));
    }

    private static String insideKey(String key) {
        return key.equals("port") ? "ListenPort" : "Target";
    }

    private void accounts(Section section, ConfigNode settings) {
        Entry user = section.last("Username");
        Entry password = section.last("Password");
        if (user == null && password == null) {
            return;
        }
        ConfigNode account =
                ConfigNode.object(section.place())
                        .put("user", textOrEmpty(section, user, "Username"))
                        .put("pass", textOrEmpty(section, password, "Password"));
        settings.put("auth", ConfigNode.string(section.place(), "password"));
        settings.put("accounts", ConfigNode.array(section.place()).add(account));
    }

    private static ConfigNode textOrEmpty(Section section, @Nullable Entry entry, String key) {
        return entry == null ? ConfigNode.string(section.missing(key), "") : entry.text();
    }

    private void listening(Section section, String protocol, ConfigNode settings) {
        HostAndPort bind = hostAndPort(section, "BindAddress", "127.0.0.1:1080");
        if (bind == null) {
            return;
        }
        ConfigNode inbound = ConfigNode.object(section.place());
        inbound.put("tag", ConfigNode.string(section.place(), tag(section)));
        inbound.put("protocol", ConfigNode.string(section.place(), protocol));
        String host = bind.hostName();
        if (!host.isEmpty()) {
            String address = host.equalsIgnoreCase("localhost") ? "127.0.0.1" : host;
            inbound.put("listen", ConfigNode.string(bind.host().place(), address));
        }
        inbounds.add(inbound.put("port", bind.port()).put("settings", settings));
    }

    /** The section's name in small letters; from the second on with a number. */
    private String tag(Section section) {
        String name = section.name().toLowerCase(Locale.ROOT);
        int count = tags.merge(name, 1, Integer::sum);
        return count == 1 ? name : name + "-" + count;
    }

    private record HostAndPort(String hostName, ConfigNode host, ConfigNode port) {}

    private @Nullable HostAndPort hostAndPort(Section section, String key, String example) {
        Entry entry = section.last(key);
        if (entry == null) {
            problems.error(
                    section.missing(key), "is missing: give host:port, for instance " + example);
            return null;
        }
        Place place = entry.place();
        int colon = entry.value().lastIndexOf(':');
        String port = entry.value().substring(colon + 1);
        if (colon < 0 || !port.matches("[0-9]{1,5}")) {
            problems.error(place, "must be host:port, for instance " + example);
            return null;
        }
        String host = entry.value().substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new HostAndPort(
                host,
                ConfigNode.string(place, host),
                ConfigNode.integer(place, Long.parseLong(port)));
    }

    private void warnOfOthers(Section section, Set<String> known) {
        for (Entry entry : section.entries()) {
            if (!known.contains(entry.key().toLowerCase(Locale.ROOT))) {
                problems.warning(entry.place(), "not known to Culvert yet: ignored");
            }
        }
    }
}
