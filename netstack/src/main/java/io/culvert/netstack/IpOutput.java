package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.INT;
import static io.culvert.netstack.IpHeader.SHORT;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Makes packets of queued UDP datagrams and ICMP messages: header, payload and checksum in one
 * pass, and fragments of what is larger than the path's MTU (RFC 791 section 3.2, RFC 8200 section
 * 4.5). A datagram that was begun is finished first.
 */
final class IpOutput {
    private static final int FRAGMENT_HEADER = 8;
    private static final int PROTOCOL_FRAGMENT = 44;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int ID_PLACES = 256;

    private final NetStack stack;
    private final SipHash hash;

    /**
     * Identification counters, shared by those that hash to the same place (RFC 7739 section 5.3).
     */
    private final int[] ids = new int[ID_PLACES];

    private @Nullable Chunk cut;
    private int cutFrom;
    private int cutAt;
    private int cutLength;
    private int cutMtu;
    private int cutId;
    private int cutMeta;
    private int cutLabel;
    private long srcHi;
    private long srcLo;
    private long dstHi;
    private long dstLo;

    IpOutput(NetStack stack, SipHash hash) {
        this.stack = stack;
        this.hash = hash;
        for (int i = 0; i < ID_PLACES; i++) {
            ids[i] = (int) hash.strong(i, 0, 0);
        }
    }

    /** Added to a record's meta: leaves whole, whatever the path's MTU is by then. */
    static final int DONT_FRAGMENT = 1 << 16;

    /** What a queued record's meta is. */
    static int meta(int protocol, int trafficClass) {
        return protocol << 8 | trafficClass;
    }

    /** A datagram is partly out. */
    boolean isCutting() {
        return cut != null;
    }

    /**
     * Writes the queue's next packet, whose record holds source and destination; the queue isn't
     * empty.
     *
     * @param label of what the queue's owner sent last; null: it sends IPv4 only
     */
    int pull(RecordQueue queue, @Nullable FlowLabel label, MemorySegment m, long offset, long now) {
        int length = queue.headLength();
        int meta = queue.headMeta();
        srcHi = queue.headHiA();
        srcLo = queue.headLoA();
        dstHi = queue.headHiB();
        dstLo = queue.headLoB();
        int mtu = stack.pathMtu.get(dstHi, dstLo, now);
        boolean mayCut = (meta & DONT_FRAGMENT) == 0;
        if (mayCut && IpHeader.length(dstHi, dstLo) + length > mtu) {
            beginCut(queue, label, length, meta, mtu);
            return nextFragment(m, offset);
        }
        int protocol = meta >>> 8 & 0xff;
        MemorySegment from = queue.headChunk().memory();
        int header =
                IpHeader.write(
                        m,
                        offset,
                        srcHi,
                        srcLo,
                        dstHi,
                        dstLo,
                        protocol,
                        length,
                        meta & 0xff,
                        stack.config.hopLimit(),
                        label(label, from, queue.headOffset(), protocol),
                        true);
        int sum = Checksum.copyAndSum(from, queue.headOffset(), m, offset + header, length);
        setChecksum(m, offset + header, protocol, length, sum);
        queue.remove();
        return header + length;
    }

    /** 0 as identification of IPv4: atomic datagrams need none (RFC 6864 section 4.1). */
    private int label(@Nullable FlowLabel label, MemorySegment datagram, long at, int protocol) {
        if (label == null || IpAddress.isV4(dstHi, dstLo)) {
            return 0;
        }
        int ports = protocol == IpHeader.PROTOCOL_UDP ? datagram.get(INT, at) : 0;
        return label.of(hash, srcHi, srcLo, dstHi, dstLo, ports);
    }

    private void setChecksum(MemorySegment m, long at, int protocol, int length, int sum) {
        int all = sum;
        if (protocol != IpHeader.PROTOCOL_ICMP) {
            int pseudo = Checksum.pseudoHeader(srcHi, srcLo, dstHi, dstLo, protocol, length);
            all = Checksum.add(sum, pseudo);
        }
        int value = Checksum.finish(all);
        boolean udp = protocol == IpHeader.PROTOCOL_UDP;
        if (udp && value == 0) {
            value = 0xffff; // 0 means "no checksum" (RFC 768)
        }
        m.set(SHORT, at + (udp ? 6 : 2), (short) value);
    }

    private void beginCut(
            RecordQueue queue, @Nullable FlowLabel label, int length, int meta, int mtu) {
        Chunk chunk = queue.headChunk();
        chunk.retain();
        cut = chunk;
        cutFrom = queue.headOffset();
        cutLength = length;
        cutMeta = meta;
        cutAt = 0;
        cutMtu = mtu;
        cutLabel = label(label, chunk.memory(), cutFrom, meta >>> 8 & 0xff);
        int place = (int) hash.table(srcHi ^ srcLo, dstHi, dstLo) & (ID_PLACES - 1);
        cutId = ids[place]++;
        queue.remove();
        int sum = Checksum.sum(chunk.memory(), cutFrom, length);
        setChecksum(chunk.memory(), cutFrom, meta >>> 8, length, sum);
        stack.counters.ipFragOks++;
    }

    /** Writes the next fragment of the datagram that {@link #isCutting}. */
    int nextFragment(MemorySegment m, long offset) {
        Chunk chunk = cut;
        if (chunk == null) {
            return 0;
        }
        boolean v4 = IpAddress.isV4(dstHi, dstLo);
        int header = v4 ? IpHeader.V4_LENGTH : IpHeader.V6_LENGTH + FRAGMENT_HEADER;
        int room = cutMtu - header & ~7;
        int length = Math.min(room, cutLength - cutAt);
        boolean more = cutAt + length < cutLength;
        if (v4) {
            writeV4Header(m, offset, length, more);
        } else {
            writeV6Headers(m, offset, length, more);
        }
        MemorySegment.copy(chunk.memory(), cutFrom + cutAt, m, offset + header, length);
        cutAt += length;
        stack.counters.ipFragCreates++;
        if (!more) {
            stopCutting();
        }
        return header + length;
    }

    private void writeV4Header(MemorySegment m, long offset, int length, boolean more) {
        IpHeader.writeV4(
                m,
                offset,
                (int) srcLo,
                (int) dstLo,
                cutMeta >>> 8,
                length,
                cutMeta & 0xff,
                stack.config.hopLimit(),
                cutId,
                cutAt >>> 3 | (more ? MORE_FRAGMENTS : 0));
    }

    private void writeV6Headers(MemorySegment m, long offset, int length, boolean more) {
        IpHeader.write(
                m,
                offset,
                srcHi,
                srcLo,
                dstHi,
                dstLo,
                PROTOCOL_FRAGMENT,
                FRAGMENT_HEADER + length,
                cutMeta & 0xff,
                stack.config.hopLimit(),
                cutLabel,
                true);
        long at = offset + IpHeader.V6_LENGTH;
        m.set(INT, at, cutMeta >>> 8 << 24 | cutAt | (more ? 1 : 0));
        m.set(INT, at + 4, cutId);
    }

    /** Forgets the datagram that was begun. */
    void stopCutting() {
        if (cut != null) {
            cut.release();
            cut = null;
        }
    }
}
