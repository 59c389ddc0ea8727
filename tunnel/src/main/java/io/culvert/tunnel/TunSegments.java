package io.culvert.tunnel;

import static io.culvert.tunnel.TunHeaders.*;

import io.culvert.netstack.Checksum;
import java.lang.foreign.MemorySegment;

/**
 * What the kernel sends by a TUN device, as the packets that a network carries: a large one is cut
 * as a network adapter with TSO or USO would cut it, and checksums that the kernel left to the
 * adapter are computed. Pure; one packet at a time.
 */
final class TunSegments {
    private MemorySegment source = MemorySegment.NULL;
    private long packet;
    private int length;

    // Of a packet that is to be cut; otherwise segment is 0.
    private boolean ipv6;
    private boolean tcp;
    private int transport;
    private int headers;
    private int segment;
    private int pseudoHeader;

    private int cut;
    private int done;

    /** Payload bytes that are left; of a packet in one piece its length. */
    private int left;

    /**
     * Takes what was read from the device, which stays where it is until {@link #hasNext} is false.
     *
     * @param length bytes read, with the {@link VirtioNetHeader} at {@code offset}
     * @return false when it makes no sense and is dropped
     */
    boolean begin(MemorySegment m, long offset, int length) {
        source = m;
        packet = offset + VirtioNetHeader.SIZE;
        this.length = length - VirtioNetHeader.SIZE;
        left = 0;
        done = 0;
        cut = 0;
        segment = 0;
        if (this.length < IPV4_HEADER) {
            return false;
        }
        boolean sane =
                switch (VirtioNetHeader.gsoType(m, offset)) {
                    case VirtioNetHeader.GSO_NONE ->
                            !VirtioNetHeader.needsChecksum(m, offset) || sumUp(m, offset);
                    case VirtioNetHeader.GSO_TCPV4 -> large(m, offset, false, true);
                    case VirtioNetHeader.GSO_TCPV6 -> large(m, offset, true, true);
                    case VirtioNetHeader.GSO_UDP_L4 ->
                            large(m, offset, version(m, packet) == 6, false);
                    default -> false;
                };
        if (sane) {
            left = segment == 0 ? this.length : this.length - headers;
        }
        return sane && left > 0;
    }

    boolean hasNext() {
        return left > 0;
    }

    /**
     * Writes the next packet.
     *
     * @return its length, or 0 when it is longer than {@code capacity} and therefore dropped with
     *     all that follow
     */
    int next(MemorySegment target, long offset, int capacity) {
        int payload = segment == 0 ? left : Math.min(segment, left);
        int size = segment == 0 ? payload : headers + payload;
        if (size > capacity) {
            left = 0;
            return 0;
        }
        if (segment == 0) {
            MemorySegment.copy(source, packet, target, offset, size);
        } else {
            cut(target, offset, payload);
        }
        left -= payload;
        return size;
    }

    private void cut(MemorySegment target, long offset, int payload) {
        MemorySegment.copy(source, packet, target, offset, headers);
        int sum =
                Checksum.copyAndSum(
                        source, packet + headers + done, target, offset + headers, payload);
        if (!ipv6) {
            u16(target, offset + IP4_ID, u16(source, packet + IP4_ID) + cut);
        }
        length(target, offset, ipv6, headers + payload);
        long header = offset + transport;
        int headerLength = headers - transport;
        if (tcp) {
            i32(
                    target,
                    header + TCP_SEQUENCE,
                    i32(source, packet + transport + TCP_SEQUENCE) + done);
            int flags = u8(target, header + TCP_FLAGS);
            if (payload < left) {
                flags &= ~(FIN | PSH);
            }
            if (done > 0) {
                flags &= ~CWR;
            }
            u8(target, header + TCP_FLAGS, flags);
        } else {
            u16(target, header + UDP_LENGTH, headerLength + payload);
        }
        long checksum = header + (tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
        u16(target, checksum, 0);
        int all = Checksum.add(pseudoHeader, headerLength + payload);
        all = Checksum.add(all, Checksum.sum(target, header, headerLength));
        u16(target, checksum, finish(Checksum.add(all, sum)));
        done += payload;
        cut++;
    }

    /** Of UDP 0 would mean that there is none (RFC 768), and for TCP both are the same number. */
    private int finish(int sum) {
        int finished = Checksum.finish(sum);
        return finished == 0 && !tcp ? 0xffff : finished;
    }

    private boolean large(MemorySegment m, long offset, boolean six, boolean isTcp) {
        ipv6 = six;
        tcp = isTcp;
        transport = VirtioNetHeader.checksumStart(m, offset);
        segment = VirtioNetHeader.gsoSize(m, offset);
        int least = transport + (isTcp ? TCP_HEADER : UDP_HEADER);
        if (segment == 0
                || !VirtioNetHeader.needsChecksum(m, offset)
                || transport < (six ? IPV6_HEADER : IPV4_HEADER)
                || least > length
                || version(m, packet) != (six ? 6 : 4)) {
            return false;
        }
        headers =
                isTcp
                        ? transport + (u8(m, packet + transport + TCP_OFFSET) >>> 4) * 4
                        : transport + UDP_HEADER;
        pseudoHeader = TunHeaders.pseudoHeader(m, packet, six, isTcp ? TCP : UDP);
        return headers >= least && headers <= length;
    }

    /** The field holds the sum of the pseudo-header, so everything from there on is summed up. */
    private boolean sumUp(MemorySegment m, long offset) {
        int start = VirtioNetHeader.checksumStart(m, offset);
        int at = start + VirtioNetHeader.checksumOffset(m, offset);
        if (at + 2 > length) {
            return false;
        }
        int sum = Checksum.finish(Checksum.sum(m, packet + start, length - start));
        u16(m, packet + at, sum == 0 ? 0xffff : sum);
        return true;
    }
}
