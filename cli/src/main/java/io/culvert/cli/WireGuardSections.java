package io.culvert.cli;

import io.culvert.cli.IniFile.Entry;
import io.culvert.cli.IniFile.Section;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code [Interface]} and {@code [Peer]}, as the settings of Xray's {@code wireguard}. */
final class WireGuardSections {
    /** Of the inbound or outbound that these sections become. */
    static final String TAG = "wireguard";

    private static final Set<String> LISTS = Set.of("address", "dns", "allowedips");

    private final Problems problems;
    private final List<Entry> device = new ArrayList<>();
    private final List<Section> peers = new ArrayList<>();
    private Section devicePlace;
    private @Nullable Entry strategy;
    private boolean hookSeen;

    WireGuardSections(Place file, Problems problems) {
        this.problems = problems;
        devicePlace = new Section("Interface", file.at("[Interface]"), List.of());
    }

    /** Takes the section in if it is one of these. */
    boolean take(Section section) {
        if (section.is("Interface")) {
            devicePlace = device.isEmpty() ? section : devicePlace;
            device.addAll(section.entries());
        } else if (section.is("Peer")) {
            peers.add(section);
        } else if (section.is("Resolve")) {
            strategy = section.last("ResolveStrategy");
        } else {
            return false;
        }
        return true;
    }

    /** Whether peers can only call in. */
    boolean isServer() {
        return last("ListenPort") != null
                && peers.stream().allMatch(p -> p.last("Endpoint") == null);
    }

    ConfigNode inbound() {
        Entry port = last("ListenPort");
        Entry reserved = last("Reserved");
        if (reserved != null) {
            problems.warning(
                    reserved.place(), "does nothing for a server: give it to each [Peer] instead");
        }
        ConfigNode inbound = wireguard(false);
        return port == null ? inbound : inbound.put("port", port.number());
    }

    /**
     * The tunnel as an outbound.
     *
     * @param allByDefault wireproxy's rule, by which a peer without AllowedIPs gets everything
     */
    ConfigNode outbound(boolean allByDefault) {
        ConfigNode outbound = wireguard(allByDefault);
        Entry port = last("ListenPort");
        if (port != null) {
            outbound.member("settings").put("listenPort", port.number());
        }
        return outbound;
    }

    private ConfigNode wireguard(boolean allByDefault) {
        Place place = devicePlace.place();
        return ConfigNode.object(place)
                .put("tag", ConfigNode.string(place, TAG))
                .put("protocol", ConfigNode.string(place, "wireguard"))
                .put("settings", settings(allByDefault));
    }

    private ConfigNode settings(boolean allByDefault) {
        Place place = devicePlace.place();
        ConfigNode addresses = ConfigNode.array(devicePlace.missing("Address"));
        ConfigNode resolvers = ConfigNode.array(devicePlace.missing("DNS"));
        ConfigNode searchDomains = ConfigNode.array(devicePlace.missing("DNS"));
        ConfigNode settings = ConfigNode.object(place, WireGuardSections::deviceKey);
        refuseRepeated(device);
        for (Entry entry : device) {
            switch (entry.key().toLowerCase(Locale.ROOT)) {
                case "privatekey" -> settings.put("secretKey", entry.text());
                case "mtu" -> settings.put("mtu", entry.number());
                case "address" -> entry.parts().forEach(part -> addresses.add(part.text()));
                case "dns" ->
                        entry.parts()
                                .forEach(part ->
                                        (isNameServer(part) ? resolvers : searchDomains)
                                                .add(part.text()));
                case "reserved" -> settings.put("reserved", reserved(entry));
                case "congestion" -> settings.put("congestion", entry.text());
                case "listenport" -> {}
                default -> notHonoured(entry);
            }
        }
        if (addresses.elements().isEmpty()) {
            problems.error(
                    addresses,
                    "is missing: give the address of this end, for instance 10.0.0.2/32");
        }
        settings.put("address", addresses);
        if (!resolvers.elements().isEmpty()) {
            settings.put("remoteDNS", resolvers);
        }
        if (!searchDomains.elements().isEmpty()) {
            settings.put("searchDomains", searchDomains);
        }
        if (strategy != null) {
            settings.put("domainStrategy", domainStrategy(strategy));
        }
        ConfigNode list = ConfigNode.array(place.at("[Peer]"));
        peers.forEach(peer -> list.add(peer(peer, allByDefault)));
        return settings.put("peers", list);
    }

    private ConfigNode peer(Section section, boolean allByDefault) {
        ConfigNode allowed = ConfigNode.array(section.missing("AllowedIPs"));
        ConfigNode peer = ConfigNode.object(section.place(), WireGuardSections::peerKey);
        refuseRepeated(section.entries());
        for (Entry entry : section.entries()) {
            switch (entry.key().toLowerCase(Locale.ROOT)) {
                case "publickey" -> peer.put("publicKey", entry.text());
                case "presharedkey" -> peer.put("preSharedKey", entry.text());
                case "endpoint" -> peer.put("endpoint", entry.text());
                case "persistentkeepalive" -> peer.put("keepAlive", keepalive(entry));
                case "allowedips" -> entry.parts().forEach(part -> allowedPrefix(part, allowed));
                case "reserved" -> peer.put("reserved", reserved(entry));
                default -> problems.warning(entry.place(), "not known to Culvert yet: ignored");
            }
        }
        if (section.last("AllowedIPs") == null) {
            if (allByDefault) {
                allowed.add(ConfigNode.string(section.place(), "0.0.0.0/0"));
                allowed.add(ConfigNode.string(section.place(), "::/0"));
            } else {
                problems.warning(allowed, "is missing: nothing passes through this peer");
            }
        }
        return peer.put("allowedIPs", allowed);
    }

    /** An all-zero PresharedKey, "off" and the like are wg's own ways to say none. */
    private static ConfigNode keepalive(Entry entry) {
        return entry.value().equalsIgnoreCase("off")
                ? ConfigNode.integer(entry.place(), 0)
                : entry.number();
    }

    /** What clients of WARP write: {@code 1, 2, 3}, the same in brackets, or base64. */
    private static ConfigNode reserved(Entry entry) {
        String value = entry.value();
        boolean brackets = value.startsWith("[") && value.endsWith("]");
        if (!brackets && value.indexOf(',') < 0) {
            return entry.text();
        }
        String numbers = brackets ? value.substring(1, value.length() - 1) : value;
        ConfigNode list = ConfigNode.array(entry.place());
        new Entry(entry.key(), numbers, entry.place())
                .parts()
                .forEach(part -> list.add(part.number()));
        return list;
    }

    private void allowedPrefix(Entry part, ConfigNode allowed) {
        String prefix = part.value();
        if (prefix.startsWith("-")) {
            problems.error(part.place(), "takes prefixes away with -, which only wg set can do");
            return;
        }
        String bare = prefix.startsWith("+") ? prefix.substring(1) : prefix;
        String host = bare.indexOf(':') >= 0 ? "/128" : "/32";
        allowed.add(ConfigNode.string(part.place(), bare.indexOf('/') < 0 ? bare + host : bare));
    }

    /** wg-quick's test: what is no address is a search domain. */
    private static boolean isNameServer(Entry part) {
        return part.value().indexOf(':') >= 0 || part.value().matches("[0-9.]+");
    }

    private ConfigNode domainStrategy(Entry entry) {
        String strategyName =
                switch (entry.value().toLowerCase(Locale.ROOT)) {
                    case "auto" -> "ForceIP";
                    case "ipv4" -> "ForceIPv4";
                    case "ipv6" -> "ForceIPv6";
                    default -> {
                        problems.error(entry.place(), "must be auto, ipv4 or ipv6");
                        yield "ForceIP";
                    }
                };
        return ConfigNode.string(entry.place(), strategyName);
    }

    private void notHonoured(Entry entry) {
        if (entry.isHook()) {
            if (!hookSeen) {
                problems.warning(
                        entry.place(),
                        "Culvert never runs commands from a configuration file: ignored");
            }
            hookSeen = true;
            return;
        }
        String key = entry.key().toLowerCase(Locale.ROOT);
        boolean off =
                entry.value().equalsIgnoreCase("off") || entry.value().equalsIgnoreCase("false");
        switch (key) {
            case "table" -> warnUnless(off, entry, "Culvert makes no routes: ignored");
            case "fwmark" -> warnUnless(off, entry, "packets are not marked: ignored");
            case "saveconfig" ->
                    warnUnless(off, entry, "Culvert never writes to this file: ignored");
            default -> problems.warning(entry.place(), "not known to Culvert yet: ignored");
        }
    }

    private void warnUnless(boolean harmless, Entry entry, String sentence) {
        if (!harmless) {
            problems.warning(entry.place(), sentence);
        }
    }

    private void refuseRepeated(List<Entry> entries) {
        Set<String> seen = new HashSet<>();
        for (Entry entry : entries) {
            String key = entry.key().toLowerCase(Locale.ROOT);
            if (!LISTS.contains(key) && !entry.isHook() && !seen.add(key)) {
                problems.error(entry.place(), "is given a second time");
            }
        }
    }

    private @Nullable Entry last(String key) {
        return new Section("", devicePlace.place(), device).last(key);
    }

    private static String deviceKey(String key) {
        return "[Interface] " + (key.equals("secretKey") ? "PrivateKey" : key);
    }

    private static String peerKey(String key) {
        return switch (key) {
            case "publicKey" -> "[Peer] PublicKey";
            case "endpoint" -> "[Peer] Endpoint";
            default -> "[Peer] " + key;
        };
    }
}
