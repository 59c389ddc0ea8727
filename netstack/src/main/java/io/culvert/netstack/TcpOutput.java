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

    private final TcpSecrets secrets;
    private final int receiveScale;
    private final int hopLimit;

    /**
     * @param receiveScale shift of the windows that we announce
     */
    TcpOutput(TcpSecrets secrets, int receiveScale, int hopLimit) {
        this.secrets = secrets;
        this.receiveScale = receiveScale;
        this.hopLimit = hopLimit;
    }

    /** SYN or SYN-ACK of a connection. */
    int handshake(TcpConnection c, MemorySegment m, long offset, long now) {
        boolean synAck = c.state() == TcpState.SYN_RECEIVED;
        TcpHandshake h = c.handshake();
        c.layer().counters.segmentsSent++;
        long tcp = offset + IpHeader.length(c.remoteHi, c.remoteLo);
        int options =
                synOptions(
                        m,
                        tcp + TcpSegment.HEADER,
                        c.pathMtu().announcedMss(),
                        c.sackPermitted(),
                        c.timestamps(),
                        c.timestampAt(now),
                        synAck ? c.receiver().tsRecent() : 0,
                        h.windowScaling() ? h.receiveScale() : -1);
        return syn(
                c,
                (int) c.sender().una,
                synAck ? (int) c.receiver().next() : 0,
                synAck,
                h.window(),
                c.trafficClass(),
                options,
                m,
                offset);
    }

    /** SYN-ACK of a half-open connection. */
    int synAck(TcpHalfOpen h, int mss, int window, int timestamp, MemorySegment m, long offset) {
        long tcp = offset + IpHeader.length(h.remoteHi, h.remoteLo);
        int options =
                synOptions(
                        m,
                        tcp + TcpSegment.HEADER,
                        mss,
                        h.sackPermitted,
                        h.hasTimestamp,
                        timestamp,
                        h.timestamp,
                        h.scalesWindows() ? receiveScale : -1);
        return syn(h, h.initialSequence, h.sequence + 1, true, window, 0, options, m, offset);
    }

    /** Options of a SYN in Linux's order; returns their length. */
    static int synOptions(
            MemorySegment m,
            long offset,
            int mss,
            boolean sack,
            boolean timestamps,
            int timestamp,
            int echo,
            int scale) {
        long at = offset;
        m.set(IpHeader.INT, at, MSS_OPTION | mss);
        at += 4;
        if (timestamps) {
            m.set(IpHeader.INT, at, sack ? SACK_PERMITTED_TIMESTAMP : NOP_NOP_TIMESTAMP);
            m.set(IpHeader.INT, at + 4, timestamp);
            m.set(IpHeader.INT, at + 8, echo);
            at += 12;
        } else if (sack) {
            m.set(IpHeader.INT, at, NOP_NOP_SACK_PERMITTED);
            at += 4;
        }
        if (scale >= 0) {
            m.set(IpHeader.INT, at, NOP_WINDOW_SCALE | scale);
            at += 4;
        }
        return (int) (at - offset);
    }

    private int syn(
            TcpFlow f,
            int sequence,
            int acknowledgment,
            boolean synAck,
            int window,
            int trafficClass,
            int options,
            MemorySegment m,
            long offset) {
        long tcp = offset + IpHeader.length(f.remoteHi, f.remoteLo);
        int header = TcpSegment.HEADER + options;
        int flags = synAck ? TcpFlags.SYN | TcpFlags.ACK : TcpFlags.SYN;
        writeHeader(f, m, tcp, sequence, acknowledgment, header, flags, window);
        return finish(
                f.localHi,
                f.localLo,
                f.remoteHi,
                f.remoteLo,
                trafficClass << 8 | hopLimit,
                secrets.flowLabel(f),
                m,
                offset,
                tcp,
                header);
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
            TcpFlow f,
            MemorySegment m,
            long tcp,
            int sequence,
            int acknowledgment,
            int header,
            int flags,
            int window) {
        m.set(IpHeader.INT, tcp, f.ports);
        m.set(IpHeader.INT, tcp + 4, sequence);
        m.set(IpHeader.INT, tcp + 8, acknowledgment);
        m.set(IpHeader.INT, tcp + 12, header << 26 | flags << 16 | window);
        m.set(IpHeader.INT, tcp + 16, 0);
    }

    private int finish(
            TcpConnection c,
            MemorySegment m,
            long offset,
            long tcp,
            int header,
            int length,
            int partial) {
        c.layer().counters.segmentsSent++;
        return finish(
                c.localHi,
                c.localLo,
                c.remoteHi,
                c.remoteLo,
                c.trafficClass() << 8 | hopLimit,
                c.flowLabel(),
                m,
                offset,
                tcp,
                header + length,
                partial);
    }

    /**
     * Completes a segment without payload.
     *
     * @param service traffic class in the second byte, hop limit in the first
     */
    static int finish(
            long localHi,
            long localLo,
            long remoteHi,
            long remoteLo,
            int service,
            int flowLabel,
            MemorySegment m,
            long offset,
            long tcp,
            int header) {
        int partial = Checksum.sum(m, tcp, header);
        return finish(
                localHi, localLo, remoteHi, remoteLo, service, flowLabel, m, offset, tcp, header,
                partial);
    }

    /** Fills in the checksum and puts the IP header in front. */
    private static int finish(
            long localHi,
            long localLo,
            long remoteHi,
            long remoteLo,
            int service,
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
                        service >>> 8,
                        service & 0xff,
                        flowLabel,
                        true);
        return ip + tcpLength;
    }
}
