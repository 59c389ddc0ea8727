package io.culvert.proxy;

import io.culvert.wireguard.Cidr;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads {@code fakeDns}: one pool of addresses, or several. */
final class FakePoolReader {
    private static final Cidr IPV4 = Cidr.parse("198.18.0.0/15");
    private static final Cidr IPV6 = Cidr.parse("fc00::/18");

    /** As many as Xray remembers. */
    private static final int SIZE = 65535;

    private static final int HALF = 32768;

    /** A name takes some 200 bytes. */
    private static final int MAX_SIZE = 1_000_000;

    private final Problems problems;

    FakePoolReader(Problems problems) {
        this.problems = problems;
    }

    /** Reads the pools; empty if there are none. */
    List<FakeNames.Pool> read(ConfigNode node) {
        List<ConfigNode> nodes =
                node.kind() == ConfigNode.Kind.ARRAY
                        ? node.objects(problems)
                        : node.isAbsent() ? List.of() : List.of(node.object(problems));
        List<FakeNames.Pool> pools = new ArrayList<>();
        for (ConfigNode each : nodes) {
            FakeNames.Pool pool = pool(each);
            if (pool == null) {
                continue;
            }
            if (pools.stream().anyMatch(other -> overlap(other.prefix(), pool.prefix()))) {
                problems.error(each.member("ipPool"), "has addresses of another pool");
            }
            pools.add(pool);
        }
        return pools;
    }

    private static boolean overlap(Cidr a, Cidr b) {
        return a.contains(b.address()) || b.contains(a.address());
    }

    private FakeNames.@Nullable Pool pool(ConfigNode node) {
        ConfigNode prefix = node.member("ipPool");
        ConfigNode size = node.member("poolSize");
        int names = (int) size.integer(problems, 0, MAX_SIZE, 0);
        if (!prefix.isPresent(problems, "the prefix that addresses are taken from")) {
            return null;
        }
        String text = prefix.string(problems, "");
        FakeNames.Pool pool = text.indexOf('/') < 0 ? null : parse(text, names);
        if (pool == null) {
            if (prefix.kind() == ConfigNode.Kind.STRING) {
                problems.error(prefix, "\"" + text + "\" is not a prefix, such as 198.18.0.0/15");
            }
            return null;
        }
        if (names > pool.addresses()) {
            problems.error(
                    size, "is more than the " + pool.addresses() + " addresses that ipPool has");
        }
        return pool;
    }

    private static FakeNames.@Nullable Pool parse(String text, int names) {
        try {
            Cidr prefix = Cidr.parse(text);
            long all = new FakeNames.Pool(prefix, 0).addresses();
            return new FakeNames.Pool(prefix, names == 0 ? (int) Math.min(SIZE, all) : names);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** What Xray has where a file is silent, of the families that are asked for. */
    static List<FakeNames.Pool> usual(DnsSettings.Strategy strategy) {
        return switch (strategy) {
            case BOTH, SYSTEM ->
                    List.of(new FakeNames.Pool(IPV4, HALF), new FakeNames.Pool(IPV6, HALF));
            case IPV4 -> List.of(new FakeNames.Pool(IPV4, SIZE));
            case IPV6 -> List.of(new FakeNames.Pool(IPV6, SIZE));
        };
    }
}
