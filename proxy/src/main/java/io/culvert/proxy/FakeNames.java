package io.culvert.proxy;

import io.culvert.wireguard.Cidr;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that stand for names ({@code fakedns}): whoever asks for a name is given one of a
 * prefix that nobody has, and what is sent there goes to the name. The names that were of no use
 * for longest make room for others. Thread-safe.
 */
final class FakeNames {

    /** How many places in use are passed by before the one is taken that has just become free. */
    private static final int LONGEST_WALK = 64;

    /**
     * Where addresses come from.
     *
     * @param size how many names may have one at a time, no more than the prefix has
     */
    record Pool(Cidr prefix, int size) {
        boolean isIpv6() {
            return prefix.address() instanceof Inet6Address;
        }

        /** How many addresses it has, as far as a long can say. */
        long addresses() {
            int bits = 8 * prefix.address().getAddress().length - prefix.prefixLength();
            return bits >= Long.SIZE - 1 ? Long.MAX_VALUE : 1L << bits;
        }
    }

    private final List<Pool> pools;
    private final List<Names> names = new ArrayList<>();

    /** Pools whose addresses are all free. */
    FakeNames(List<Pool> pools) {
        this.pools = List.copyOf(pools);
        pools.forEach(pool -> names.add(new Names(pool)));
    }

    List<Pool> pools() {
        return pools;
    }

    /** What stands for a name, an address of each pool of the family. */
    List<InetAddress> addresses(String name, boolean ipv6) {
        return names.stream()
                .filter(each -> each.pool.isIpv6() == ipv6)
                .map(each -> each.address(name))
                .toList();
    }

    /** Whether a destination is an address of a pool, be it in use or not. */
    static boolean has(@Nullable FakeNames names, Destination to) {
        InetAddress address = to.address();
        return names != null && address != null && names.contains(address);
    }

    /** Whether an address belongs to a pool, be it in use or not. */
    boolean contains(InetAddress address) {
        for (Pool pool : pools) {
            if (pool.prefix().contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The name that an address stands for, or null. */
    @Nullable String name(InetAddress address) {
        for (Names each : names) {
            if (each.pool.prefix().contains(address)) {
                String name = each.name(address);
                if (name != null) {
                    return name;
                }
            }
        }
        return null;
    }

    /** Those of one pool; the place of an address in its prefix stands for it. */
    private static final class Names {
        private final Pool pool;
        private final byte[] first;
        private final long range;
        private final Map<String, Long> places = new LinkedHashMap<>(16, 0.75f, true);
        private final Map<Long, String> names = new HashMap<>();
        private long next;

        Names(Pool pool) {
            this.pool = pool;
            this.first = pool.prefix().address().getAddress();
            this.range = pool.addresses();
            // After a start, what stood for other names before is not given again at once.
            this.next = ThreadLocalRandom.current().nextLong(range);
        }

        synchronized InetAddress address(String name) {
            Long known = places.get(name);
            return at(known == null ? take(name) : known);
        }

        private long take(String name) {
            long freed = next;
            if (places.size() >= pool.size()) {
                Iterator<Long> eldest = places.values().iterator();
                freed = eldest.next();
                names.remove(freed);
                eldest.remove();
            }
            // Until the first has to go, they are given in their order.
            for (int i = 0; i < LONGEST_WALK && names.containsKey(next); i++) {
                next = (next + 1) % range;
            }
            long place = names.containsKey(next) ? freed : next;
            next = (next + 1) % range;
            places.put(name, place);
            names.put(place, name);
            return place;
        }

        synchronized @Nullable String name(InetAddress address) {
            byte[] bytes = address.getAddress();
            long place = 0;
            for (int i = 0; i < bytes.length; i++) {
                long bits = (bytes[i] ^ first[i]) & 0xff;
                if (bits != 0 && i < bytes.length - Long.BYTES) {
                    return null; // none of those that are given away
                }
                place = place << 8 | bits;
            }
            String name = names.get(place);
            if (name != null) {
                places.get(name); // it is of use
            }
            return name;
        }

        private InetAddress at(long place) {
            byte[] bytes = first.clone();
            long rest = place;
            for (int i = bytes.length - 1; rest != 0; i--) {
                bytes[i] |= (byte) rest;
                rest >>>= 8;
            }
            try {
                return InetAddress.getByAddress(bytes);
            } catch (UnknownHostException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
