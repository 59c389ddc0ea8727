package io.culvert.cli;

import io.culvert.cli.IniFile.Entry;
import io.culvert.cli.IniFile.Section;
import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads a wg-quick file, with the sections that wireproxy added to it, into the tree that Xray's
 * JSON gives:
 *
 * <ul>
 *   <li>{@code [Interface]} and {@code [Peer]} become a {@code wireguard} outbound;
 *   <li>{@code [Socks5]}, {@code [http]} and the like become inbounds before it ({@link
 *       ProxySections});
 *   <li>a file with a {@code ListenPort}, no peer's endpoint and no such section is a server's: a
 *       {@code wireguard} inbound and {@code freedom}.
 * </ul>
 *
 * {@code WGConfig = path} above all sections takes the first two from another file. A value {@code
 * $NAME} stands for that environment variable; {@code $$} for a dollar sign.
 */
final class WgQuickReader {
    private static final Logger LOG = Logger.getLogger(WgQuickReader.class.getName());

    private final ConfigSource source;
    private final Function<String, @Nullable String> environment;
    private final Problems problems;

    private WgQuickReader(
            ConfigSource source,
            Function<String, @Nullable String> environment,
            Problems problems) {
        this.source = source;
        this.environment = environment;
        this.problems = problems;
    }

    /**
     * The members of the root that Xray's JSON would have; what is wrong in the text is reported.
     */
    static Map<String, ConfigNode> read(
            ConfigSource source,
            Function<String, @Nullable String> environment,
            Problems problems) {
        WgQuickReader reader = new WgQuickReader(source, environment, problems);
        return reader.tree(reader.sectionsWithImport());
    }

    private Map<String, ConfigNode> tree(List<Section> sections) {
        WireGuardSections tunnel = new WireGuardSections(source.place(), problems);
        ProxySections proxies = new ProxySections(problems);
        for (Section section : sections) {
            if (!tunnel.take(section) && !proxies.take(section) && !section.name().isEmpty()) {
                problems.warning(section.place(), "not known to Culvert yet: ignored");
            }
        }
        ConfigNode inbounds = ConfigNode.array(source.place());
        ConfigNode outbounds = ConfigNode.array(source.place());
        proxies.inbounds().forEach(inbounds::add);
        if (tunnel.isServer() && proxies.inbounds().isEmpty()) {
            LOG.info(
                    source.name()
                            + ": ListenPort, no Endpoint and no proxy section: a WireGuard server,"
                            + " which connects its peers to the open network");
            inbounds.add(tunnel.inbound());
            outbounds.add(freedom());
        } else {
            outbounds.add(tunnel.outbound(!proxies.inbounds().isEmpty()));
        }
        return Map.of("inbounds", inbounds, "outbounds", outbounds);
    }

    private ConfigNode freedom() {
        return ConfigNode.object(source.place())
                .put("tag", ConfigNode.string(source.place(), "direct"))
                .put("protocol", ConfigNode.string(source.place(), "freedom"));
    }

    private List<Section> sectionsWithImport() {
        List<Section> sections = sections(source);
        for (Entry entry : List.copyOf(sections.getFirst().entries())) {
            if (!entry.is("WGConfig")) {
                problems.error(entry.place(), "stands above the first [Section]");
                continue;
            }
            ConfigSource imported =
                    ConfigSource.load(
                            entry.value(), besideThisFile(entry.value()), entry.place(), problems);
            if (imported != null) {
                sections.addAll(sections(imported));
            }
        }
        return sections;
    }

    /** wireproxy looks for a bare name beside the file that mentions it, as its users expect. */
    private Path besideThisFile(String name) {
        Path beside = source.path().toAbsolutePath().resolveSibling(name);
        return Files.exists(beside) ? beside : Path.of(name);
    }

    private List<Section> sections(ConfigSource from) {
        List<Section> sections = new ArrayList<>();
        for (Section section : IniFile.parse(from.name(), from.text(), problems)) {
            List<Entry> entries = new ArrayList<>();
            for (Entry entry : section.entries()) {
                entries.add(new Entry(entry.key(), expanded(entry), entry.place()));
            }
            sections.add(new Section(section.name(), section.place(), entries));
        }
        return sections;
    }

    private String expanded(Entry entry) {
        String value = entry.value();
        if (!value.startsWith("$") || entry.isHook()) {
            return value;
        }
        if (value.startsWith("$$")) {
            return value.substring(1);
        }
        String content = environment.apply(value.substring(1));
        if (content == null) {
            problems.error(entry.place(), "the environment has no variable " + value.substring(1));
            return "";
        }
        return content;
    }
}
