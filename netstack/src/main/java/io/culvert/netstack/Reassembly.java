package io.culvert.netstack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Puts fragments together (RFC 791 section 3.2, RFC 8200 section 4.5). Memory is bounded in all and
 * for each party, and who needs more loses its own oldest first; when all of it is taken, the party
 * with the most loses its oldest. So nobody's fragments push out those of somebody who holds less.
 * Overlapping fragments discard their datagram (RFC 5722).
 */
final class Reassembly {
    /** Shorter than RFC 1122's 60 s at least: what isn't complete by then never is. */
    private static final long TIMEOUT_V4 = 15_000_000_000L;

    /** RFC 8200 section 4.5. */
    private static final long TIMEOUT_V6 = 60_000_000_000L;

    private static final int MAX_DATAGRAMS = 512;
    private static final int MAX_DATAGRAMS_OF_SOURCE = 64;

    /** Two datagrams of 64 KiB at the same time. */
    private static final int MAX_BLOCKS_OF_SOURCE = 64;

    private static final int HASH_PLACES = 512;
    private static final int MAX_PAYLOAD = 65535;

    /** RFC 791 section 3.2 fragment flag. */
    private static final int MORE_FRAGMENTS = 0x2000;

    /** As much of the first fragment as an ICMP error quotes. */
    private static final int QUOTED = 512;

    private final NetStack stack;
    private final SipHash hash;
    private final FragmentMemory memory = new FragmentMemory();
    private final @Nullable FragmentedDatagram[] table =
            new @Nullable FragmentedDatagram[HASH_PLACES];
    private final FragmentSources sources;
    private @Nullable FragmentedDatagram oldest;
    private @Nullable FragmentedDatagram newest;
    private @Nullable FragmentedDatagram spare;
    private @Nullable MemorySegment whole;

    /** Datagrams that wait for fragments, or are remembered as discarded. */
    private int datagrams;

    Reassembly(NetStack stack, SipHash hash) {
        this.stack = stack;
        this.hash = hash;
        sources = new FragmentSources(hash);
    }

    /** Takes a fragment. True if it completed its datagram, which {@code p} then describes. */
    boolean add(Packet p, long now) {
        int end = p.fragmentOffset + p.transportLength;
        int header = p.v6 ? 0 : IpHeader.V4_LENGTH;
        boolean whole8 = !p.moreFragments || (p.transportLength & 7) == 0;
        boolean silly = p.moreFragments && p.transportLength < stack.config.smallestFragment();
        if (p.transportLength == 0 || !whole8 || silly || end + header > MAX_PAYLOAD) {
            stack.counters.ipReasmFails++;
            return false;
        }
        int keyProtocol = p.v6 ? -1 : p.protocol; // RFC 8200: not part of the key
        int place = place(p.srcHi, p.srcLo, p.dstHi, p.dstLo, p.fragmentId, keyProtocol);
        FragmentedDatagram d = find(place, p, keyProtocol);
        if (d == null) {
            d = begin(place, p, keyProtocol, now);
        }
        if (d.discarded) {
            return false;
        }
        FragmentSource source = d.source;
        if (source == null || !makeRoom(d, source, d.blocksMissing(p))) {
            discard(d);
            return false;
        }
        int before = d.blocksHeld;
        FragmentedDatagram.Outcome outcome = d.add(p);
        source.blocks += d.blocksHeld - before;
        if (outcome == FragmentedDatagram.Outcome.CONTRADICTION) {
            discard(d);
        }
        if (outcome != FragmentedDatagram.Outcome.COMPLETE) {
            return false;
        }
        fill(p, d);
        remove(d);
        stack.counters.ipReasmOks++;
        return true;
    }

    private int place(long srcHi, long srcLo, long dstHi, long dstLo, int id, int protocol) {
        long last = (long) id << 32 | (protocol & 0xffL);
        return (int) hash.table(srcHi, srcLo, dstHi, dstLo, last) & (HASH_PLACES - 1);
    }

    private @Nullable FragmentedDatagram find(int place, Packet p, int keyProtocol) {
        FragmentedDatagram d = table[place];
        while (d != null && !d.matches(p, keyProtocol)) {
            d = d.sameHash;
        }
        return d;
    }

    private FragmentedDatagram begin(int place, Packet p, int keyProtocol, long now) {
        FragmentSource source = sources.of(p.partyHi, p.partyLo);
        source.datagrams++; // counted first, so that evicting does not forget it
        if (source.datagrams > MAX_DATAGRAMS_OF_SOURCE) {
            evict(source, null);
        }
        if (datagrams >= MAX_DATAGRAMS) {
            evictOfLargest(source, null);
        }
        FragmentedDatagram d = spare;
        if (d == null) {
            d = new FragmentedDatagram(this, memory);
        } else {
            spare = d.sameHash;
        }
        d.begin(p, keyProtocol, source);
        d.sameHash = table[place];
        table[place] = d;
        d.older = newest;
        d.newer = null;
        if (newest == null) {
            oldest = d;
        } else {
            newest.newer = d;
        }
        newest = d;
        datagrams++;
        stack.timers.arm(d, now + (p.v6 ? TIMEOUT_V6 : TIMEOUT_V4));
        return d;
    }

    /** Makes sure that {@code d} may take so many blocks more, at the cost of others. */
    private boolean makeRoom(FragmentedDatagram d, FragmentSource source, int blocks) {
        while (source.blocks + blocks > MAX_BLOCKS_OF_SOURCE) {
            if (!evict(source, d)) {
                return false;
            }
        }
        while (memory.available() < blocks) {
            if (!evictOfLargest(source, d)) {
                return false;
            }
        }
        return true;
    }

    /** Gives up the oldest datagram of a source that isn't {@code except}. */
    @SuppressWarnings("ReferenceEquality")
    private boolean evict(FragmentSource source, @Nullable FragmentedDatagram except) {
        FragmentedDatagram d = oldest;
        while (d != null && (d == except || d.source != source)) {
            d = d.newer;
        }
        return giveUp(d);
    }

    /** Gives up the oldest datagram of the source that holds the most, if in doubt of mine. */
    @SuppressWarnings("ReferenceEquality")
    private boolean evictOfLargest(FragmentSource mine, @Nullable FragmentedDatagram except) {
        FragmentedDatagram victim = null;
        int most = -1;
        for (FragmentedDatagram d = oldest; d != null; d = d.newer) {
            FragmentSource source = d.source;
            if (d == except || source == null) {
                continue;
            }
            int held = 2 * Math.max(source.blocks, source.datagrams) + (source == mine ? 1 : 0);
            if (held > most) {
                most = held;
                victim = d;
            }
        }
        return giveUp(victim);
    }

    private boolean giveUp(@Nullable FragmentedDatagram d) {
        if (d == null) {
            return false;
        }
        if (!d.discarded) {
            stack.counters.ipReasmFails++;
        }
        remove(d);
        return true;
    }

    /** Forgets the contents, but remembers the key, so that the rest doesn't begin anew. */
    private void discard(FragmentedDatagram d) {
        stack.counters.ipReasmFails++;
        releaseBlocks(d);
        d.discarded = true;
    }

    private static FragmentSource releaseBlocks(FragmentedDatagram d) {
        FragmentSource source = d.source;
        if (source == null) {
            throw new IllegalStateException("a datagram of nobody");
        }
        source.blocks -= d.blocksHeld;
        d.releaseBlocks();
        return source;
    }

    @SuppressWarnings("ReferenceEquality")
    private void remove(FragmentedDatagram d) {
        stack.timers.remove(d);
        FragmentSource source = releaseBlocks(d);
        datagrams--;
        source.datagrams--;
        sources.releaseIfUnused(source);
        d.source = null;
        if (d.older == null) {
            oldest = d.newer;
        } else {
            d.older.newer = d.newer;
        }
        if (d.newer == null) {
            newest = d.older;
        } else {
            d.newer.older = d.older;
        }
        d.older = null;
        d.newer = null;
        int place = place(d.srcHi, d.srcLo, d.dstHi, d.dstLo, d.id, d.keyProtocol);
        FragmentedDatagram at = table[place];
        if (at == d) {
            table[place] = d.sameHash;
        } else {
            while (at != null && at.sameHash != d) {
                at = at.sameHash;
            }
            if (at != null) {
                at.sameHash = d.sameHash;
            }
        }
        d.sameHash = spare;
        spare = d;
    }

    private MemorySegment whole() {
        MemorySegment m = whole;
        if (m == null) {
            m = Arena.ofAuto().allocate(IpHeader.V6_LENGTH + MAX_PAYLOAD + 1L, 64);
            whole = m;
        }
        return m;
    }

    /** Writes the datagram as one packet and makes {@code p} describe it. */
    private void fill(Packet p, FragmentedDatagram d) {
        MemorySegment m = whole();
        int header = writeHeader(m, d, d.protocol, d.total(), 0);
        d.copyTo(m, header, d.total());
        p.memory = m;
        p.offset = 0;
        p.length = header + d.total();
        p.protocol = d.protocol;
        p.nextHeaderField = 6;
        p.trafficClass = d.trafficClass;
        p.hopLimit = d.hopLimit;
        p.transportOffset = header;
        p.transportLength = d.total();
        p.fragment = false;
        p.laterFragment = false;
        p.moreFragments = false;
        p.fragmentOffset = 0;
        p.reassembled = true;
    }

    private static int writeHeader(
            MemorySegment m, FragmentedDatagram d, int protocol, int length, int fragment) {
        if (!d.v6) {
            IpHeader.writeV4(
                    m,
                    0,
                    (int) d.srcLo,
                    (int) d.dstLo,
                    protocol,
                    length,
                    d.trafficClass,
                    d.hopLimit,
                    d.id,
                    fragment);
            return IpHeader.V4_LENGTH;
        }
        return IpHeader.write(
                m,
                0,
                d.srcHi,
                d.srcLo,
                d.dstHi,
                d.dstLo,
                protocol,
                length,
                d.trafficClass,
                d.hopLimit,
                0,
                false);
    }

    /** Gives a datagram up; its sender hears of it if the first fragment arrived. */
    void timedOut(FragmentedDatagram d, long now) {
        if (!d.discarded) {
            stack.counters.ipReasmFails++;
            stack.counters.ipReasmTimeout++;
            if (d.firstLength > 0) {
                reportTimeout(d, now);
            }
        }
        remove(d);
    }

    private void reportTimeout(FragmentedDatagram d, long now) {
        MemorySegment m = whole();
        int header;
        if (d.v6) {
            header = writeHeader(m, d, Ipv6Extensions.FRAGMENT, 8 + d.firstLength, 0);
            m.set(IpHeader.INT, header, d.protocol << 24 | 1);
            m.set(IpHeader.INT, header + 4L, d.id);
            header += 8;
        } else {
            header = writeHeader(m, d, d.protocol, d.firstLength, MORE_FRAGMENTS);
        }
        int length = Math.min(d.firstLength, QUOTED);
        d.copyTo(m, header, length);
        stack.icmp.reassemblyTimeExceeded(m, 0, header + length, now);
    }

    void close() {
        while (oldest != null) {
            remove(oldest);
        }
    }
}
