package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One datagram of which fragments arrived. Reused for another when it is done. */
final class FragmentedDatagram extends Timer {
    /** Enough for 64 KiB over the smallest usual MTU; more is an attack (CVE-2018-5391). */
    static final int MAX_FRAGMENTS = 64;

    private static final short NONE = -1;

    /** What became of a fragment. */
    enum Outcome {
        /** It is in its place, or was there already. */
        KEPT,
        /** It was the last one missing. */
        COMPLETE,
        /** It contradicts what is there. */
        CONTRADICTION
    }

    private final Reassembly owner;
    private final FragmentMemory memory;
    private final short[] blocks = new short[(65535 + FragmentMemory.BLOCK) / FragmentMemory.BLOCK];
    private char[] starts = new char[8];
    private char[] ends = new char[8];
    private int count;
    private int received;
    private int total;
    private int ecnSeen;

    boolean v6;
    long srcHi;
    long srcLo;
    long dstHi;
    long dstLo;
    int id;
    int keyProtocol;

    /** Whose it is, for the limits; null when it is nothing. */
    @Nullable FragmentSource source;

    /** From the first fragment: next header, traffic class, hop limit, length; 0 = not here yet. */
    int protocol;

    int trafficClass;
    int hopLimit;
    int firstLength;

    /** Contradicted: everything more of it is dropped until its time is over. */
    boolean discarded;

    int blocksHeld;
    @Nullable FragmentedDatagram sameHash;
    @Nullable FragmentedDatagram older;
    @Nullable FragmentedDatagram newer;

    FragmentedDatagram(Reassembly owner, FragmentMemory memory) {
        this.owner = owner;
        this.memory = memory;
        Arrays.fill(blocks, NONE);
    }

    void begin(Packet p, int protocolOfKey, FragmentSource of) {
        v6 = p.v6;
        srcHi = p.srcHi;
        srcLo = p.srcLo;
        dstHi = p.dstHi;
        dstLo = p.dstLo;
        id = p.fragmentId;
        keyProtocol = protocolOfKey;
        source = of;
        count = 0;
        received = 0;
        total = -1;
        ecnSeen = 0;
        firstLength = 0;
        discarded = false;
    }

    boolean matches(Packet p, int protocolOfKey) {
        return id == p.fragmentId
                && keyProtocol == protocolOfKey
                && srcLo == p.srcLo
                && dstLo == p.dstLo
                && srcHi == p.srcHi
                && dstHi == p.dstHi
                && source != null
                && source.lo == p.partyLo
                && source.hi == p.partyHi;
    }

    /** How many blocks the fragment needs beside those that are held. */
    int blocksMissing(Packet p) {
        int missing = 0;
        int last = (p.fragmentOffset + p.transportLength - 1) / FragmentMemory.BLOCK;
        for (int b = p.fragmentOffset / FragmentMemory.BLOCK; b <= last; b++) {
            missing += blocks[b] == NONE ? 1 : 0;
        }
        return missing;
    }

    /**
     * Whether the fragment, which isn't empty, contradicts what is here: RFC 5722, and RFC 791's
     * total.
     */
    private boolean contradicts(int at, int start, int end, boolean more) {
        if (!more && total >= 0 && total != end) {
            return true;
        }
        if (more && total >= 0 && end >= total) {
            return true;
        }
        if (!more && count > 0 && ends[count - 1] > end) {
            return true;
        }
        return (at > 0 && ends[at - 1] > start) || (at < count && starts[at] < end);
    }

    /** Takes a fragment in, for which there are blocks enough. */
    Outcome add(Packet p) {
        int start = p.fragmentOffset;
        int end = start + p.transportLength;
        int at = 0;
        while (at < count && starts[at] < start) {
            at++;
        }
        if (at < count && starts[at] == start && ends[at] == end) {
            boolean agrees = p.moreFragments ? total != end : total == end;
            return agrees ? Outcome.KEPT : Outcome.CONTRADICTION;
        }
        if (count == MAX_FRAGMENTS || contradicts(at, start, end, p.moreFragments)) {
            return Outcome.CONTRADICTION;
        }
        insert(at, start, end);
        store(p);
        ecnSeen |= 1 << p.ecn();
        received += p.transportLength;
        if (!p.moreFragments) {
            total = end;
        }
        if (start == 0) {
            protocol = p.protocol;
            trafficClass = p.trafficClass;
            hopLimit = p.hopLimit;
            firstLength = p.transportLength;
        }
        if (received != total) {
            return Outcome.KEPT;
        }
        return combineEcn() ? Outcome.COMPLETE : Outcome.CONTRADICTION;
    }

    private void insert(int at, int start, int end) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
        }
        System.arraycopy(starts, at, starts, at + 1, count - at);
        System.arraycopy(ends, at, ends, at + 1, count - at);
        starts[at] = (char) start;
        ends[at] = (char) end;
        count++;
    }

    private void store(Packet p) {
        int at = p.fragmentOffset;
        int end = at + p.transportLength;
        long from = p.transportOffset;
        while (at < end) {
            int b = at / FragmentMemory.BLOCK;
            if (blocks[b] == NONE) {
                blocks[b] = memory.take();
                blocksHeld++;
            }
            int inBlock = at % FragmentMemory.BLOCK;
            int n = Math.min(end - at, FragmentMemory.BLOCK - inBlock);
            MemorySegment.copy(p.memory, from, memory.memory(), place(b) + inBlock, n);
            from += n;
            at += n;
        }
    }

    private long place(int block) {
        return (long) blocks[block] * FragmentMemory.BLOCK;
    }

    /** RFC 3168 section 5.3: congestion experienced by a part is experienced by the whole. */
    private boolean combineEcn() {
        boolean congestion = (ecnSeen & 1 << 3) != 0;
        boolean incapable = (ecnSeen & 1) != 0;
        if (congestion) {
            trafficClass |= 3;
        }
        return !(congestion && incapable);
    }

    int total() {
        return total;
    }

    /** Copies the first {@code length} bytes of the payload. */
    void copyTo(MemorySegment target, long offset, int length) {
        for (int at = 0; at < length; at += FragmentMemory.BLOCK) {
            int n = Math.min(length - at, FragmentMemory.BLOCK);
            int block = at / FragmentMemory.BLOCK;
            MemorySegment.copy(memory.memory(), place(block), target, offset + at, n);
        }
    }

    void releaseBlocks() {
        for (int i = 0; i < blocks.length && blocksHeld > 0; i++) {
            if (blocks[i] != NONE) {
                memory.give(blocks[i]);
                blocks[i] = NONE;
                blocksHeld--;
            }
        }
    }

    @Override
    void fire(long now) {
        owner.timedOut(this, now);
    }
}
