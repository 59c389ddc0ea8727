package io.culvert.proxy;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One list of a geosite or geoip file, still as the file has it: a country's or a service's domains
 * or prefixes. In the schema that v2ray's geo data is published in, a list has its code in field 1
 * and its entries in field 2; a geoip list may be inverted by field 3.
 */
final class GeoList {
    private static final int ENTRY = 2;
    private static final int INVERTED = 3;

    private static final int DOMAIN_TYPE = 1;
    private static final int DOMAIN_VALUE = 2;
    private static final int DOMAIN_ATTRIBUTE = 3;
    private static final int ATTRIBUTE_KEY = 1;

    private static final int KEYWORD = 0;
    private static final int REGEX = 1;
    private static final int BELOW = 2;
    private static final int FULL = 3;

    private static final int CIDR_ADDRESS = 1;
    private static final int CIDR_LENGTH = 2;

    private final String name;
    private final ByteBuffer message;

    /**
     * A list.
     *
     * @param name as complaints call it
     */
    GeoList(String name, ByteBuffer message) {
        this.name = name;
        this.message = message;
    }

    /**
     * Adds the domains that have every attribute.
     *
     * @param attributes in lower case; one that begins with {@code !} must be missing
     */
    void addTo(DomainSet.Builder set, List<String> attributes, ConfigNode at, Problems problems) {
        read(
                at,
                problems,
                () -> {
                    int added = 0;
                    ProtoReader list = new ProtoReader(message.duplicate());
                    for (int field = list.next(); field != 0; field = list.next()) {
                        if (field == ENTRY) {
                            added += addDomain(list.bytes(), set, attributes, at, problems);
                        } else {
                            list.skip();
                        }
                    }
                    if (added == 0) {
                        problems.error(
                                at,
                                attributes.isEmpty()
                                        ? name + " is empty"
                                        : name + " has no domain with these attributes");
                    }
                });
    }

    /**
     * Adds the prefixes.
     *
     * @param inverted takes them if the list means all others
     */
    void addTo(IpRanges.Builder set, IpRanges.Builder inverted, ConfigNode at, Problems problems) {
        read(
                at,
                problems,
                () -> {
                    IpRanges.Builder to = isInverted() ? inverted : set;
                    ProtoReader list = new ProtoReader(message.duplicate());
                    for (int field = list.next(); field != 0; field = list.next()) {
                        if (field == ENTRY) {
                            addPrefix(list.bytes(), to);
                        } else {
                            list.skip();
                        }
                    }
                });
    }

    private void read(ConfigNode at, Problems problems, Runnable reading) {
        try {
            reading.run();
        } catch (IllegalArgumentException e) {
            problems.error(at, name + " is damaged: " + e.getMessage());
        }
    }

    private int addDomain(
            ByteBuffer entry,
            DomainSet.Builder set,
            List<String> attributes,
            ConfigNode at,
            Problems problems) {
        int type = KEYWORD;
        String value = "";
        Set<String> has = new HashSet<>();
        ProtoReader domain = new ProtoReader(entry);
        for (int field = domain.next(); field != 0; field = domain.next()) {
            switch (field) {
                case DOMAIN_TYPE -> type = (int) domain.number();
                case DOMAIN_VALUE -> value = domain.text();
                case DOMAIN_ATTRIBUTE -> has.add(attributeKey(domain.bytes()));
                default -> domain.skip();
            }
        }
        for (String attribute : attributes) {
            boolean without = attribute.startsWith("!");
            if (has.contains(without ? attribute.substring(1) : attribute) == without) {
                return 0;
            }
        }
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a domain without a name");
        }
        switch (type) {
            case KEYWORD -> set.addKeyword(value);
            case BELOW -> set.addDomain(value);
            case FULL -> set.addFull(value);
            case REGEX -> {
                TextPattern pattern = TextPattern.read(at, value, problems);
                if (pattern != null) {
                    set.addPattern(pattern);
                }
            }
            default -> throw new IllegalArgumentException("a domain of type " + type);
        }
        return 1;
    }

    private static String attributeKey(ByteBuffer attribute) {
        ProtoReader reader = new ProtoReader(attribute);
        String key = "";
        for (int field = reader.next(); field != 0; field = reader.next()) {
            if (field == ATTRIBUTE_KEY) {
                key = reader.text();
            } else {
                reader.skip();
            }
        }
        return key.toLowerCase(Locale.ROOT);
    }

    private boolean isInverted() {
        ProtoReader list = new ProtoReader(message.duplicate());
        boolean inverted = false;
        for (int field = list.next(); field != 0; field = list.next()) {
            if (field == INVERTED) {
                inverted = list.number() != 0;
            } else {
                list.skip();
            }
        }
        return inverted;
    }

    private static void addPrefix(ByteBuffer entry, IpRanges.Builder set) {
        byte @Nullable [] address = null;
        long length = 0;
        ProtoReader cidr = new ProtoReader(entry);
        for (int field = cidr.next(); field != 0; field = cidr.next()) {
            switch (field) {
                case CIDR_ADDRESS -> {
                    ByteBuffer bytes = cidr.bytes();
                    address = new byte[bytes.remaining()];
                    bytes.get(address);
                }
                case CIDR_LENGTH -> length = cidr.number();
                default -> cidr.skip();
            }
        }
        if (address == null
                || (address.length != 4 && address.length != 16)
                || length < 0
                || length > (long) address.length * Byte.SIZE) {
            throw new IllegalArgumentException("a prefix that is none");
        }
        set.add(address, (int) length);
    }
}
