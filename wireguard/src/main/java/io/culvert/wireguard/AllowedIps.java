package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The cryptokey routing table (paper, section 2): which peer owns an inner address, by the longest
 * prefix. One path-compressed binary trie per family; a prefix belongs to one peer. IPv4 addresses
 * are the top 32 of 128 bits, so that both families share all code.
 */
final class AllowedIps {
    private static final int HALF = Long.SIZE;
    private static final int LAST_BIT = HALF - 1;

    private final Trie ipv4 = new Trie();
    private final Trie ipv6 = new Trie();

    /** Gives a prefix to a peer; returns who had it before. */
    @Nullable Peer insert(Cidr prefix, Peer peer) {
        byte[] bytes = prefix.address().getAddress();
        return trie(prefix).insert(high(bytes), low(bytes), prefix.prefixLength(), peer);
    }

    /** Takes a prefix from the peer; nothing happens when it is another's or nobody's. */
    void remove(Cidr prefix, Peer owner) {
        byte[] bytes = prefix.address().getAddress();
        trie(prefix).remove(high(bytes), low(bytes), prefix.prefixLength(), owner);
    }

    /** Owner of a 4- or 16-byte address. */
    @Nullable Peer find(byte[] address) {
        return (address.length == Integer.BYTES ? ipv4 : ipv6).find(high(address), low(address));
    }

    /** Owner of the source address of an IP packet whose header was checked. */
    @Nullable Peer findSource(MemorySegment m, long packet) {
        return InnerPacket.isIpv4(m, packet)
                ? findIpv4(m, packet + InnerPacket.IPV4_SOURCE)
                : findIpv6(m, packet + InnerPacket.IPV6_SOURCE);
    }

    /** Owner of the destination address of an IP packet whose header was checked. */
    @Nullable Peer findDestination(MemorySegment m, long packet) {
        return InnerPacket.isIpv4(m, packet)
                ? findIpv4(m, packet + InnerPacket.IPV4_DESTINATION)
                : findIpv6(m, packet + InnerPacket.IPV6_DESTINATION);
    }

    /** Nodes of both tries, forks included. */
    int nodes() {
        return count(ipv4.root) + count(ipv6.root);
    }

    private @Nullable Peer findIpv4(MemorySegment m, long address) {
        return ipv4.find((long) m.get(Wire.INT_BE, address) << Integer.SIZE, 0);
    }

    private @Nullable Peer findIpv6(MemorySegment m, long address) {
        return ipv6.find(m.get(Wire.LONG_BE, address), m.get(Wire.LONG_BE, address + Long.BYTES));
    }

    private Trie trie(Cidr prefix) {
        return prefix.isIpv4() ? ipv4 : ipv6;
    }

    private static long high(byte[] address) {
        return address.length == Integer.BYTES
                ? (long) Wire.intBe(address, 0) << Integer.SIZE
                : Wire.longBe(address, 0);
    }

    private static long low(byte[] address) {
        return address.length == Integer.BYTES ? 0 : Wire.longBe(address, Long.BYTES);
    }

    private static int count(@Nullable Node node) {
        return node == null ? 0 : 1 + count(node.zero) + count(node.one);
    }

    private static final class Node {
        final long high;
        final long low;
        final long highMask;
        final long lowMask;
        final int bits;
        @Nullable Peer peer;
        @Nullable Node zero;
        @Nullable Node one;

        Node(long high, long low, int bits, @Nullable Peer peer) {
            highMask = mask(bits);
            lowMask = mask(bits - HALF);
            this.high = high & highMask;
            this.low = low & lowMask;
            this.bits = bits;
            this.peer = peer;
        }

        boolean covers(long addressHigh, long addressLow) {
            return (((high ^ addressHigh) & highMask) | ((low ^ addressLow) & lowMask)) == 0;
        }

        @Nullable Node child(long addressHigh, long addressLow) {
            return bit(addressHigh, addressLow, bits) ? one : zero;
        }

        void link(Node child) {
            if (bit(child.high, child.low, bits)) {
                one = child;
            } else {
                zero = child;
            }
        }

        private static boolean bit(long high, long low, int index) {
            return index < HALF
                    ? (high << index) < 0
                    : index < 2 * HALF && (low << (index - HALF)) < 0;
        }

        private static long mask(int bits) {
            return bits <= 0 ? 0 : -1L << Math.max(0, HALF - bits);
        }
    }

    private static final class Trie {
        @Nullable Node root;

        @Nullable Peer find(long high, long low) {
            Peer found = null;
            for (Node node = root;
                    node != null && node.covers(high, low);
                    node = node.child(high, low)) {
                if (node.peer != null) {
                    found = node.peer;
                }
            }
            return found;
        }

        @Nullable Peer insert(long high, long low, int bits, Peer peer) {
            Node parent = null;
            Node node = root;
            while (node != null && node.bits <= bits && node.covers(high, low)) {
                if (node.bits == bits) {
                    Peer before = node.peer;
                    node.peer = peer;
                    return before;
                }
                parent = node;
                node = node.child(high, low);
            }
            Node leaf = new Node(high, low, bits, peer);
            if (node == null) {
                replace(parent, leaf);
                return null;
            }
            int common = Math.min(bits, commonBits(node, high, low));
            Node fork = common == bits ? leaf : new Node(high, low, common, null);
            replace(parent, fork);
            fork.link(node);
            if (fork != leaf) {
                fork.link(leaf);
            }
            return null;
        }

        void remove(long high, long low, int bits, Peer owner) {
            Node grandparent = null;
            Node parent = null;
            Node node = root;
            while (node != null && node.bits < bits && node.covers(high, low)) {
                grandparent = parent;
                parent = node;
                node = node.child(high, low);
            }
            if (node == null
                    || node.bits != bits
                    || !node.covers(high, low)
                    || node.peer != owner) {
                return;
            }
            node.peer = null;
            collapse(parent, node);
            if (parent != null) {
                collapse(grandparent, parent);
            }
        }

        /** A node that belongs to nobody and doesn't fork gives its place to its only child. */
        private void collapse(@Nullable Node parent, Node node) {
            if (node.peer != null || (node.zero != null && node.one != null)) {
                return;
            }
            Node child = node.zero != null ? node.zero : node.one;
            if (parent == null) {
                root = child;
            } else if (parent.zero == node) {
                parent.zero = child;
            } else {
                parent.one = child;
            }
        }

        private void replace(@Nullable Node parent, Node child) {
            if (parent == null) {
                root = child;
            } else {
                parent.link(child);
            }
        }

        private static int commonBits(Node node, long high, long low) {
            int common = Long.numberOfLeadingZeros(node.high ^ high);
            if (common > LAST_BIT) {
                common += Long.numberOfLeadingZeros(node.low ^ low);
            }
            return Math.min(common, node.bits);
        }
    }
}
