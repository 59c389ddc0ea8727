package io.culvert.cli;

import io.culvert.cli.IniFile.Entry;
import io.culvert.cli.IniFile.Section;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.MachineTunnel;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file of wg-quick's as wg-quick itself takes it: for an interface that the machine uses.
 *
 * @param settings of the tunnel, as Xray has them
 * @param nameServers addresses; empty leaves the system's
 * @param searchDomains what the file's {@code DNS} has beside addresses
 */
record QuickFile(
        ConfigNode settings,
        MachineTunnel.Routing routing,
        List<String> nameServers,
        List<String> searchDomains,
        Hooks hooks) {
    private static final Path DIRECTORY = Path.of("/etc/wireguard");
    private static final Pattern NAME = Pattern.compile("([a-zA-Z0-9_=+.-]{1,15})\\.conf");
    private static final Set<String> OURS =
            Set.of("dns", "table", "fwmark", "saveconfig", "address", "mtu");
    private static final int MAIN_TABLE = 254;

    /** wg-quick's commands, in the order of the file. */
    record Hooks(
            List<String> preUp, List<String> postUp, List<String> preDown, List<String> postDown) {
        Hooks() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        private void add(Entry entry) {
            switch (entry.key().toLowerCase(Locale.ROOT)) {
                case "preup" -> preUp.add(entry.value());
                case "postup" -> postUp.add(entry.value());
                case "predown" -> preDown.add(entry.value());
                default -> postDown.add(entry.value());
            }
        }
    }

    /** The file that the command line means: a path, or the name of one of wg-quick's. */
    static Path path(String argument) {
        return argument.indexOf('/') < 0 && !argument.endsWith(".conf")
                ? DIRECTORY.resolve(argument + ".conf")
                : Path.of(argument);
    }

    /** The interface's name by the file's; null where that can't be one. */
    static @Nullable String interfaceName(Path file) {
        Matcher matcher = NAME.matcher(String.valueOf(file.getFileName()));
        return matcher.matches() ? matcher.group(1) : null;
    }

    /** Reads it; what is wrong is reported, and null the result if it can't be read at all. */
    static @Nullable QuickFile read(Path file, Problems problems) {
        String name = file.toString();
        Place place = new Place(name, 0, 0, "");
        ConfigSource source = ConfigSource.load(name, file, place, problems);
        return source == null ? null : parse(source, problems);
    }

    static QuickFile parse(ConfigSource source, Problems problems) {
        WireGuardSections tunnel = new WireGuardSections(source.place(), problems);
        Interface own = new Interface(problems);
        for (Section section : IniFile.parse(source.name(), source.text(), problems)) {
            Section rest = section.is("Interface") ? own.take(section) : section;
            if (!tunnel.take(rest)) {
                if (!section.name().isEmpty()) {
                    problems.warning(section.place(), "does nothing for a network interface");
                }
                section.entries().forEach(e -> misplaced(e, section, problems));
            }
        }
        ConfigNode settings = tunnel.outbound(false).member("settings");
        MachineTunnel.Routing routing =
                new MachineTunnel.Routing(own.addresses, own.mtu, own.table, own.fwmark);
        return new QuickFile(settings, routing, own.nameServers, own.searchDomains, own.hooks);
    }

    private static void misplaced(Entry entry, Section section, Problems problems) {
        if (section.name().isEmpty()) {
            problems.error(entry.place(), "stands above the first [Section]");
        }
    }

    /** What {@code [Interface]} says to wg-quick, not to WireGuard. */
    private static final class Interface {
        final List<String> addresses = new ArrayList<>();
        final List<String> nameServers = new ArrayList<>();
        final List<String> searchDomains = new ArrayList<>();
        final Hooks hooks = new Hooks();
        int mtu;
        int table = MachineTunnel.TABLE_AUTO;
        int fwmark;
        private final Problems problems;

        Interface(Problems problems) {
            this.problems = problems;
        }

        /** Reads these, and gives what is to be read by others. */
        Section take(Section section) {
            List<Entry> rest = new ArrayList<>();
            for (Entry entry : section.entries()) {
                String key = entry.key().toLowerCase(Locale.ROOT);
                if (entry.isHook()) {
                    hooks.add(entry);
                } else if (OURS.contains(key)) {
                    read(key, entry);
                    if (key.equals("address") || key.equals("mtu")) {
                        rest.add(entry);
                    }
                } else {
                    rest.add(entry);
                }
            }
            return new Section(section.name(), section.place(), rest);
        }

        private void read(String key, Entry entry) {
            switch (key) {
                case "address" -> entry.parts().forEach(part -> addresses.add(part.value()));
                case "mtu" -> mtu = number(entry, 0, 65535, "a number of bytes");
                case "dns" -> entry.parts().forEach(this::nameServer);
                case "table" -> table = table(entry);
                case "fwmark" ->
                        fwmark =
                                entry.value().equalsIgnoreCase("off")
                                        ? 0
                                        : number(entry, 0, Integer.MAX_VALUE, "off or a number");
                default -> {
                    if (entry.value().equalsIgnoreCase("true")) {
                        problems.warning(
                                entry.place(), "Culvert never writes to this file: ignored");
                    }
                }
            }
        }

        private int table(Entry entry) {
            return switch (entry.value().toLowerCase(Locale.ROOT)) {
                case "auto" -> MachineTunnel.TABLE_AUTO;
                case "off" -> MachineTunnel.TABLE_OFF;
                case "main" -> MAIN_TABLE;
                default -> number(entry, 1, Integer.MAX_VALUE, "auto, off or a number");
            };
        }

        private int number(Entry entry, int least, int most, String what) {
            try {
                long number = Long.decode(entry.value());
                if (number >= least && number <= most) {
                    return (int) number;
                }
            } catch (NumberFormatException _) {
                // said below
            }
            problems.error(entry.place(), "must be " + what + ", not " + entry.value());
            return least;
        }

        /** wg-quick's test: what is no address is a search domain. */
        private void nameServer(Entry part) {
            String value = part.value();
            if (value.indexOf(':') >= 0 || value.matches("[0-9.]+")) {
                nameServers.add(value);
            } else if (value.matches("[A-Za-z0-9._-]+")) {
                searchDomains.add(value);
            } else {
                problems.error(part.place(), "is neither an address nor a domain: " + value);
            }
        }
    }
}
