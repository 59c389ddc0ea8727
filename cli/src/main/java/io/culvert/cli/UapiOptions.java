package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that give a tunnel its management socket, written into the configuration. */
final class UapiOptions {
    /** Of the tunnel's settings. */
    private static final String NAME = "uapi";

    private static final String DIRECTORY = "uapiDir";
    private static final List<String> SECTIONS = List.of("inbounds", "outbounds");

    @Option(
            names = "--uapi",
            paramLabel = "[TAG=]NAME",
            description =
                    "Opens the socket NAME.sock on which wg show and wg set work; with several WireGuard"
                            + " tunnels in the configuration TAG says whose. Repeatable.")
    private List<String> sockets = new ArrayList<>();

    @Option(
            names = "--uapi-dir",
            paramLabel = "DIR",
            description =
                    "Where these sockets are. Default: /var/run/wireguard, the only place where wg looks.")
    private @Nullable String directory;

    /** Changes the settings of the tunnels that are meant. */
    void apply(ConfigNode root, Problems problems) {
        List<ConfigNode> tunnels = tunnels(root);
        for (String socket : sockets) {
            int equals = socket.indexOf('=');
            Place place = new Place("--uapi " + socket, 0, 0, "");
            ConfigNode tunnel =
                    equals < 0
                            ? only(tunnels, place, problems)
                            : tagged(tunnels, socket.substring(0, equals), place, problems);
            if (tunnel != null) {
                String name = socket.substring(equals + 1);
                tunnel.member("settings").put(NAME, ConfigNode.string(place, name));
            }
        }
        if (directory != null) {
            Place place = new Place("--uapi-dir " + directory, 0, 0, "");
            List<ConfigNode> managed =
                    tunnels.stream().filter(t -> t.member("settings").has(NAME)).toList();
            if (managed.isEmpty() && sockets.isEmpty()) {
                problems.error(place, "needs --uapi, or a tunnel with \"uapi\" in its settings");
            }
            for (ConfigNode tunnel : managed) {
                tunnel.member("settings").put(DIRECTORY, ConfigNode.string(place, directory));
            }
        }
    }

    private static List<ConfigNode> tunnels(ConfigNode root) {
        List<ConfigNode> tunnels = new ArrayList<>();
        for (String section : SECTIONS) {
            ConfigNode list = root.member(section);
            if (list.kind() != ConfigNode.Kind.ARRAY) {
                continue;
            }
            for (ConfigNode element : list.elements()) {
                if (element.kind() == ConfigNode.Kind.OBJECT
                        && element.member("settings").kind() == ConfigNode.Kind.OBJECT
                        && text(element, "protocol").toLowerCase(Locale.ROOT).equals("wireguard")) {
                    tunnels.add(element);
                }
            }
        }
        return tunnels;
    }

    /** A wrong type is for the proxy to report. */
    private static String text(ConfigNode element, String key) {
        return element.member(key).string(new Problems(), "");
    }

    private static @Nullable ConfigNode only(
            List<ConfigNode> tunnels, Place place, Problems problems) {
        if (tunnels.size() == 1) {
            return tunnels.getFirst();
        }
        problems.error(
                place,
                tunnels.isEmpty()
                        ? "nothing in the configuration is a WireGuard tunnel"
                        : "the configuration has "
                                + tunnels.size()
                                + " WireGuard tunnels: say which with --uapi TAG=NAME");
        return null;
    }

    private static @Nullable ConfigNode tagged(
            List<ConfigNode> tunnels, String tag, Place place, Problems problems) {
        List<ConfigNode> named = tunnels.stream().filter(t -> text(t, "tag").equals(tag)).toList();
        if (named.size() == 1) {
            return named.getFirst();
        }
        problems.error(
                place,
                (named.isEmpty() ? "no WireGuard tunnel has" : "more than one WireGuard tunnel has")
                        + " the tag \""
                        + tag
                        + "\"");
        return null;
    }
}
