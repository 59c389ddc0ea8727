package io.culvert.proxy;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;

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
        EnumSet<Sniffing.Protocol> protocols = protocols(node.member("destOverride"));
        boolean routeOnly = node.member("routeOnly").bool(problems, false);
        // All that can be known without the content is a name given by Xray's fake DNS.
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
                routeOnly,
                domains,
                ips.isEmpty() ? null : IpSet.read(ips, geo, problems));
    }

    private EnumSet<Sniffing.Protocol> protocols(ConfigNode node) {
        EnumSet<Sniffing.Protocol> protocols = EnumSet.noneOf(Sniffing.Protocol.class);
        for (ConfigNode entry : node.textsOrCommas(problems)) {
            String text = entry.string(problems, "").toLowerCase(Locale.ROOT);
            switch (text) {
                case "http" -> protocols.add(Sniffing.Protocol.HTTP);
                case "tls", "https", "ssl" -> protocols.add(Sniffing.Protocol.TLS);
                case "quic" -> protocols.add(Sniffing.Protocol.QUIC);
                case "fakedns", "fakedns+others" ->
                        problems.warning(entry, "not known to Culvert yet: ignored");
                default -> problems.error(entry, "must be http, tls or quic, not \"" + text + "\"");
            }
        }
        return protocols;
    }
}
