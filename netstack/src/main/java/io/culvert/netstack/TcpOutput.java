package io.culvert.netstack;

import java.lang.foreign.MemorySegment;

/**
 * Writes segments of connections: IP header, TCP header, payload and checksums in one pass,
 * straight to where the packet is wanted.
 */
final class TcpOutput {
    /**
     * Two NOPs and the timestamp option, on every segment once negotiated (RFC 7323, appendix A).
     */
    static final int TIMESTAMP_SPACE = 12;

    private static final int SACK_HEADER = 4;
    private static final int SACK_BLOCK = 8;
    private static final int MAX_OPTIONS = 40;

    static final int NOP_NOP_TIMESTAMP = 0x0101080a;
    private static final int SACK_PERMITTED_TIMESTAMP = 0x0402080a;
    private static final int NOP_NOP_SACK_PERMITTED = 0x01010402;
    private static final int NOP_NOP_SACK = 0x01010500;
    private static final int NOP_WINDOW_SCALE = 0x01030300;
    private static final int MSS_OPTION = 0x02040000;

    /** SYN or SYN-ACK, with the options in Linux's order. */
    int handshake(TcpConnection c, MemorySegment m, long offset, long now) {
        boolean synAck = c.state() == TcpState.SYN_RECEIVED;
        int ip = IpHeader.length(c.remoteHi, c.remoteLo);
        long tcp = offset + ip;
        long at = tcp + TcpSegment.HEADER;
        m.set(IpHeader.INT, at, MSS_OPTION | c.pathMtu().announcedMss());
        at += 4;
        if (c.timestamps()) {
            m.set(
                    IpHeader.INT,
                    at,
                    c.sackPermitted() ? SACK_PERMITTED_TIMESTAMP : NOP_NOP_TIMESTAMP);
            m.set(IpHeader.INT, at + 4, c.timestampAt(now));
            m.set(IpHeader.INT, at + 8, synAck ? c.receiver().tsRecent() : 0);
            at += 12;
        } else if (c.sackPermitted()) {
            m.set(IpHeader.INT, at, NOP_NOP_SACK_PERMITTED);
            at += 4;
        }
        if (c.handshake().windowScaling()) {
            m.set(IpHeader.INT, at, NOP_WINDOW_SCALE | c.handshake().receiveScale());
            at += 4;
        }
        int flags = synAck ? TcpFlags.SYN | TcpFlags.ACK : TcpFlags.SYN;
        int acknowledgment = synAck ? (int) c.receiver().next() : 0;
        int header = (int) (at - tcp);
        writeHeader(
                c,
                m,
                tcp,
                (int) c.sender().una,
                acknowledgment,
                header,
                flags,
                c.handshake().window());
        return finish(c, m, offset, tcp, header, 0, Checksum.sum(m, tcp, header));
    }

    /** A segment without payload whose acknowledgment says all there is to say. */
    int acknowledgment(TcpConnection c, MemorySegment m, long offset, int sequence, long now) {
        return segment(c, m, offset, sequence, 0, 0, 0, now);
    }

    /**
     * Writes a segment of an established connection.
     *
     * @param position where its payload starts in the send buffer
     * @param length of the payload, at most the MSS less the options of this segment
     */
    int segment(
            TcpConnection c,
            MemorySegment m,
            long offset,
            int sequence,
            long position,
            int length,
            int flags,
            long now) {
        TcpReceiver receiver = c.receiver();
        int ip = IpHeader.length(c.remoteHi, c.remoteLo);
        long tcp = offset + ip;
        long at = tcp + TcpSegment.HEADER;
        int acknowledgment = (int) receiver.next();
        if (c.timestamps()) {
            m.set(IpHeader.INT, at, NOP_NOP_TIMESTAMP);
            m.set(IpHeader.INT, at + 4, c.timestampAt(now));
            m.set(IpHeader.INT, at + 8, receiver.tsRecent());
            at += TIMESTAMP_SPACE;
        }
        if (c.sackPermitted() && hasSackBlocks(receiver)) {
            at = writeSack(c, m, at, (int) (at - tcp) - TcpSegment.HEADER, length);
        }
        int header = (int) (at - tcp);
        int window = receiver.acknowledge();
        writeHeader(c, m, tcp, sequence, acknowledgment, header, flags | TcpFlags.ACK, window);
        int sum = Checksum.sum(m, tcp, header);
        if (length > 0) {
            int payload = c.sender().buffer.copyOut(position, length, m, at);
            sum = Checksum.add(sum, payload);
        }
        return finish(c, m, offset, tcp, header, length, sum);
    }

    private static boolean hasSackBlocks(TcpReceiver receiver) {
        return receiver.sacks.isPending() || !receiver.buffer.outOfOrder().isEmpty();
    }

    private long writeSack(TcpConnection c, MemorySegment m, long at, int used, int length) {
        int room = Math.min(MAX_OPTIONS - used, c.sender().mss() - length - used) - SACK_HEADER;
        if (room < SACK_BLOCK) {
            return at;
        }
        TcpReceiver receiver = c.receiver();
        int blocks =
                receiver.sacks.prepare(
                        receiver.buffer.outOfOrder(), receiver.next(), room / SACK_BLOCK);
        if (blocks == 0) {
            return at;
        }
        m.set(IpHeader.INT, at, NOP_NOP_SACK | blocks * SACK_BLOCK + 2);
        receiver.sacks.write(m, at + SACK_HEADER);
        return at + SACK_HEADER + (long) blocks * SACK_BLOCK;
    }

    /** Options that a segment leaving now would carry, for the size of its payload. */
    int optionSpace(TcpConnection c) {
        int used = c.timestamps() ? TIMESTAMP_SPACE : 0;
        TcpReceiver receiver = c.receiver();
        if (c.sackPermitted() && hasSackBlocks(receiver)) {
            int blocks =
                    receiver.sacks.prepare(
                            receiver.buffer.outOfOrder(),
                            receiver.next(),
                            (MAX_OPTIONS - used - SACK_HEADER) / SACK_BLOCK);
            used += blocks == 0 ? 0 : SACK_HEADER + blocks * SACK_BLOCK;
        }
        return used;
    }

    private static void writeHeader(
            TcpConnection c,
            MemorySegment m,
            long tcp,
            int sequence,
            int acknowledgment,
            int header,
            int flags,
            int window) {
        m.set(IpHeader.INT, tcp, c.ports);
        m.set(IpHeader.INT, tcp + 4, sequence);
        m.set(IpHeader.INT, tcp + 8, acknowledgment);
        m.set(IpHeader.INT, tcp + 12, header << 26 | flags << 16 | window);
        m.set(IpHeader.INT, tcp + 16, 0);
    }

    private static int finish(
            TcpConnection c,
            MemorySegment m,
            long offset,
            long tcp,
            int header,
            int length,
            int partial) {
        c.layer().counters.segmentsSent++;
        int flowLabel = c.isV4() ? 0 : c.hash & 0xfffff;
        return finish(
                c.localHi,
                c.localLo,
                c.remoteHi,
                c.remoteLo,
                flowLabel,
                m,
                offset,
                tcp,
                header + length,
                partial);
    }

    /** Completes a segment without payload. */
    static int finish(
            long localHi,
            long localLo,
            long remoteHi,
            long remoteLo,
            int flowLabel,
            MemorySegment m,
            long offset,
            long tcp,
            int header) {
        int partial = Checksum.sum(m, tcp, header);
        return finish(
                localHi, localLo, remoteHi, remoteLo, flowLabel, m, offset, tcp, header, partial);
    }

    /** Fills in the checksum and puts the IP header in front. */
    private static int finish(
            long localHi,
            long localLo,
            long remoteHi,
            long remoteLo,
            int flowLabel,
            MemorySegment m,
            long offset,
            long tcp,
            int tcpLength,
            int partial) {
        int pseudo =
                Checksum.pseudoHeader(
                        localHi, localLo, remoteHi, remoteLo, IpHeader.PROTOCOL_TCP, tcpLength);
        int checksum = Checksum.finish(Checksum.add(partial, pseudo));
        m.set(IpHeader.SHORT, tcp + 16, (short) checksum);
        int ip =
                IpHeader.write(
                        m,
                        offset,
                        localHi,
                        localLo,
                        remoteHi,
                        remoteLo,
                        IpHeader.PROTOCOL_TCP,
                        tcpLength,
                        0,
                        IpHeader.HOP_LIMIT,
                        flowLabel,
                        true);
        return ip + tcpLength;
    }
}
