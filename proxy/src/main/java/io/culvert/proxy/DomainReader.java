package io.culvert.proxy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Reads lists of domains as Xray writes them: {@code domain:}, {@code full:}, {@code geosite:}… */
final class DomainReader {
    private static final String GEOSITE_FILE = "geosite.dat";

    private final GeoFiles geo;
    private final Problems problems;

    DomainReader(GeoFiles geo, Problems problems) {
        this.geo = geo;
        this.problems = problems;
    }

    /** What an entry without a prefix means. */
    enum Plain {
        /** Names that have it somewhere: routing rules. */
        KEYWORD,
        /** That name alone: names that sniffing leaves alone. */
        FULL
    }

    /** Reads the entries; what can't be read is reported and left out. */
    DomainSet read(List<ConfigNode> entries, Plain plain) {
        DomainSet.Builder set = new DomainSet.Builder();
        for (ConfigNode entry : entries) {
            add(entry, plain, set);
        }
        return set.build();
    }

    private void add(ConfigNode entry, Plain plain, DomainSet.Builder set) {
        String text = entry.string(problems, "").strip();
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
        String value = text.substring(colon + 1);
        switch (kind) {
            case "geosite" -> geosite(entry, GEOSITE_FILE, value, set);
            case "ext", "ext-domain" -> {
                int end = value.indexOf(':');
                if (end < 0) {
                    problems.error(entry, "must be ext:FILE:LIST, not \"" + text + "\"");
                } else {
                    geosite(entry, value.substring(0, end), value.substring(end + 1), set);
                }
            }
            case "regexp" -> {
                TextPattern pattern = TextPattern.read(entry, value, problems);
                if (pattern != null) {
                    set.addPattern(pattern);
                }
            }
            case "dotless" -> {
                if (value.indexOf('.') >= 0) {
                    problems.error(entry, "is for names without a dot, so that none goes here");
                } else {
                    set.addDotless(value);
                }
            }
            case "domain", "full", "keyword" -> {
                if (isName(entry, value)) {
                    switch (kind) {
                        case "domain" -> set.addDomain(value);
                        case "full" -> set.addFull(value);
                        default -> set.addKeyword(value);
                    }
                }
            }
            case "" -> {
                if (isName(entry, text) && plain == Plain.FULL) {
                    set.addFull(text);
                } else if (isName(entry, text)) {
                    set.addKeyword(text);
                }
            }
            default ->
                    problems.error(
                            entry,
                            "\""
                                    + kind
                                    + ":\" is not known: use domain:, full:, keyword:, regexp:,"
                                    + " dotless:, geosite: or ext:");
        }
    }

    private boolean isName(ConfigNode entry, String value) {
        if (value.isEmpty()) {
            problems.error(entry, "names no domain");
        } else if (!StandardCharsets.US_ASCII.newEncoder().canEncode(value)) {
            problems.error(
                    entry, "\"" + value + "\" must be in ASCII, as names travel: xn--… for others");
        } else {
            return true;
        }
        return false;
    }

    private void geosite(ConfigNode entry, String file, String spec, DomainSet.Builder set) {
        String[] parts = spec.toLowerCase(Locale.ROOT).split("@", -1);
        List<String> attributes =
                Arrays.stream(parts).skip(1).filter(part -> !part.isBlank()).toList();
        GeoList list = geo.list(entry, file, parts[0], problems);
        if (list != null) {
            list.addTo(set, attributes, entry, problems);
        }
    }
}
