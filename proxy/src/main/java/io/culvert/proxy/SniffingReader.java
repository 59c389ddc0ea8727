package io.culvert.proxy;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads the {@code sniffing} object of an inbound. */
final class SniffingReader {
    private final Problems problems;
    private final GeoFiles geo;

    SniffingReader(Problems problems, GeoFiles geo) {
        this.problems = problems;
        this.geo = geo;
    }

    Sniffing read(ConfigNode node) {
        boolean enabled = node.member("enabled").bool(problems, false);
        EnumSet<Sniffing.Protocol> protocols = EnumSet.noneOf(Sniffing.Protocol.class);
        boolean fakes = addTo(protocols, node.member("destOverride"));
        boolean routeOnly = node.member("routeOnly").bool(problems, false);
        // All that can be known without the content is a name that an address stands for.
        boolean metadataOnly = node.member("metadataOnly").bool(problems, false);
        DomainSet domains =
                new DomainReader(geo, problems)
                        .read(
                                node.member("domainsExcluded").textsOrCommas(problems),
                                DomainReader.Plain.FULL);
        List<ConfigNode> ips = node.member("ipsExcluded").textsOrCommas(problems);
        return new Sniffing(
                enabled && !metadataOnly,
                protocols,
                enabled && fakes,
                routeOnly,
                domains,
                ips.isEmpty() ? null : IpSet.read(ips, geo, problems));
    }

    /** Returns whether addresses of {@code fakedns} are among what is wanted. */
    private boolean addTo(Set<Sniffing.Protocol> protocols, ConfigNode node) {
        boolean fakes = false;
        for (ConfigNode entry : node.textsOrCommas(problems)) {
            String text = entry.string(problems, "").toLowerCase(Locale.ROOT);
            switch (text) {
                case "http" -> protocols.add(Sniffing.Protocol.HTTP);
                case "tls", "https", "ssl" -> protocols.add(Sniffing.Protocol.TLS);
                case "quic" -> protocols.add(Sniffing.Protocol.QUIC);
                case "fakedns", "fakedns+others" -> fakes = true;
                default ->
                        problems.error(
                                entry, "must be http, tls, quic or fakedns, not \"" + text + "\"");
            }
        }
        return fakes;
    }
}
