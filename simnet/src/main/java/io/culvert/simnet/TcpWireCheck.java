package io.culvert.simnet;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Looks at every TCP segment that stacks without a tunnel send, before any fault, and knows what no
 * TCP may do whatever arrives: shrink its window, take back an acknowledgement, acknowledge what
 * was never sent, send beyond the window or after its FIN, exceed the MTU or the peer's MSS, or
 * send a wrong checksum.
 */
public final class TcpWireCheck implements VirtualNetwork.Observer {
    private static final int TCP = 6;
    private static final int FIN = 1;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int ACK = 16;

    private final int mtu;
    private final Map<Flow, Half> halves = new HashMap<>();
    private long segments;
    private long payload;
    private long pureAcks;
    private long resent;

    /** One direction of a connection. */
    private record Flow(InetSocketAddress source, InetSocketAddress destination) {
        Flow reverse() {
            return new Flow(destination, source);
        }
    }

    /** What one end has said. */
    private static final class Half {
        private boolean acked;
        private boolean finSent;
        private boolean scales;
        private int shift;
        private int mss = 536;

        /** The end of what was sent, SND.MAX. */
        private int sentEnd;

        private int finEnd;
        private int ack;

        /**
         * Right edge of the window offered, and so much that it may lag behind for its granularity.
         */
        private int edge;

        private int timestamp;
        private boolean stamped;
    }

    /** Expects packets of two stacks whose MTU is {@code mtu} bytes. */
    public TcpWireCheck(int mtu) {
        this.mtu = mtu;
    }

    /** Segments seen. */
    public long segments() {
        return segments;
    }

    /** Payload bytes seen, those sent again included. */
    public long payload() {
        return payload;
    }

    /** Payload bytes that had been sent before. */
    public long resent() {
        return resent;
    }

    /** Segments without payload, SYN, FIN or RST. */
    public long pureAcks() {
        return pureAcks;
    }

    @Override
    public void sent(VirtualSocket from, InetSocketAddress destination, byte[] data, int length) {
        try {
            packet(from, data, length);
        } catch (AssertionError e) {
            long now = from.network().scheduler().now();
            throw new AssertionError(
                    e.getMessage() + " at " + now + " ns: " + DatagramText.of(data, length), e);
        }
    }

    private void packet(VirtualSocket from, byte[] data, int length) {
        ByteBuffer packet = ByteBuffer.wrap(data, 0, length);
        boolean v6 = data[0] >>> 4 == 6;
        int header = v6 ? 40 : (data[0] & 15) * 4;
        require(length <= mtu, from, "a packet of " + length + " bytes, MTU " + mtu);
        int total = v6 ? 40 + (packet.getShort(4) & 0xFFFF) : packet.getShort(2) & 0xFFFF;
        require(total == length, from, "a packet of " + length + " bytes that claims " + total);
        require(v6 || sum(packet, 0, header, 0) == 0xFFFF, from, "a wrong IP header checksum");
        if (data[v6 ? 6 : 9] != TCP) {
            return;
        }
        int pseudo = sum(packet, v6 ? 8 : 12, v6 ? 32 : 8, TCP + length - header);
        require(
                sum(packet, header, length - header, pseudo) == 0xFFFF,
                from,
                "a wrong TCP checksum");
        ByteBuffer tcp = packet.slice(header, length - header);
        Flow flow =
                new Flow(
                        endpoint(data, v6 ? 8 : 12, v6 ? 16 : 4, tcp.getShort(0)),
                        endpoint(data, v6 ? 24 : 16, v6 ? 16 : 4, tcp.getShort(2)));
        segment(from, flow, tcp);
    }

    private static InetSocketAddress endpoint(byte[] data, int at, int size, short port) {
        try {
            byte[] address = Arrays.copyOfRange(data, at, at + size);
            return new InetSocketAddress(InetAddress.getByAddress(address), port & 0xFFFF);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private void segment(VirtualSocket from, Flow flow, ByteBuffer tcp) {
        segments++;
        int flags = tcp.get(13);
        int offset = (tcp.get(12) >>> 4 & 15) * 4;
        if ((flags & RST) != 0) {
            return;
        }
        if ((flags & (SYN | ACK)) == SYN && !isResentSyn(flow, tcp)) {
            halves.remove(flow);
            halves.remove(flow.reverse());
        }
        Half self = halves.computeIfAbsent(flow, f -> new Half());
        Half peer = halves.computeIfAbsent(flow.reverse(), f -> new Half());
        options(from, self, peer, tcp, offset);
        sequence(from, self, peer, tcp, flags, offset);
        if ((flags & ACK) != 0) {
            acknowledgement(from, self, peer, tcp, (flags & SYN) == 0);
        }
    }

    private boolean isResentSyn(Flow flow, ByteBuffer tcp) {
        Half half = halves.get(flow);
        return half != null && !half.acked && half.sentEnd == tcp.getInt(4) + 1;
    }

    private void sequence(
            VirtualSocket from, Half self, Half peer, ByteBuffer tcp, int flags, int offset) {
        int bytes = tcp.limit() - offset;
        int start = tcp.getInt(4);
        int end = start + bytes + ((flags & SYN) != 0 ? 1 : 0) + ((flags & FIN) != 0 ? 1 : 0);
        if ((flags & SYN) != 0) {
            self.sentEnd = end;
            return;
        }
        payload += bytes;
        if (bytes == 0 && (flags & FIN) == 0) {
            pureAcks++;
        }
        resent += Math.clamp(self.sentEnd - start, 0, bytes);
        int room = peer.edge - (start + bytes);
        // One byte beyond the window is how a window of 0 is probed.
        require(
                bytes == 0 || !peer.acked || room >= -1,
                from,
                "sends " + -room + " bytes beyond the window");
        require(
                bytes <= peer.mss - (offset - 20),
                from,
                bytes + " bytes of payload, the peer's MSS is " + peer.mss);
        require(
                start - self.sentEnd <= 0,
                from,
                "skips " + (start - self.sentEnd) + " bytes of sequence");
        require(!self.finSent || end - self.finEnd <= 0, from, "sends after its FIN");
        if ((flags & FIN) != 0) {
            require(!self.finSent || end == self.finEnd, from, "moves its FIN");
            self.finSent = true;
            self.finEnd = end;
        }
        if (end - self.sentEnd > 0) {
            self.sentEnd = end;
        }
    }

    private static void acknowledgement(
            VirtualSocket from, Half self, Half peer, ByteBuffer tcp, boolean scaled) {
        int ack = tcp.getInt(8);
        int shift = scaled && self.scales && peer.scales ? self.shift : 0;
        int edge = ack + ((tcp.getShort(14) & 0xFFFF) << shift);
        require(
                ack - peer.sentEnd <= 0,
                from,
                "acknowledges " + (ack - peer.sentEnd) + " bytes never sent");
        if (self.acked) {
            require(
                    ack - self.ack >= 0,
                    from,
                    "takes back " + (self.ack - ack) + " acknowledged bytes");
            int shrunk = self.edge - edge;
            // Less than the unit of the field is rounding (RFC 7323, 2.4); a SYN has no unit.
            require(!scaled || shrunk < 1 << shift, from, "shrinks its window by " + shrunk);
        }
        self.edge = self.acked && self.edge - edge > 0 ? self.edge : edge;
        self.ack = ack;
        self.acked = true;
    }

    private static void options(VirtualSocket from, Half self, Half peer, ByteBuffer tcp, int end) {
        boolean syn = (tcp.get(13) & SYN) != 0;
        int i = 20;
        while (i < end && tcp.get(i) != 0) {
            int kind = tcp.get(i);
            int size = kind == 1 ? 1 : tcp.get(i + 1);
            require(size > 0 && i + size <= end, from, "an option of " + size + " bytes");
            if (kind == 2 && syn) {
                self.mss = tcp.getShort(i + 2) & 0xFFFF;
            } else if (kind == 3 && syn) {
                self.scales = true;
                self.shift = tcp.get(i + 2);
            } else if (kind == 5) {
                selective(from, peer, tcp, i + 2, i + size);
            } else if (kind == 8) {
                int stamp = tcp.getInt(i + 2);
                require(
                        !self.stamped || stamp - self.timestamp >= 0,
                        from,
                        "goes back in its timestamps");
                self.timestamp = stamp;
                self.stamped = true;
            }
            i += size;
        }
    }

    /** Blocks of RFC 2018, of which the first may report a duplicate (RFC 2883). */
    private static void selective(VirtualSocket from, Half peer, ByteBuffer tcp, int at, int end) {
        int ack = tcp.getInt(8);
        for (int i = at; i < end; i += 8) {
            int left = tcp.getInt(i);
            int right = tcp.getInt(i + 4);
            require(right - left > 0, from, "reports an empty block");
            require(right - peer.sentEnd <= 0, from, "reports what was never sent");
            boolean duplicate = i == at && right - ack <= 0;
            require(duplicate || left - ack > 0, from, "reports a block that it acknowledges");
        }
    }

    /** The Internet checksum's folded sum of a range of bytes, beginning with {@code initial}. */
    private static int sum(ByteBuffer b, int from, int length, int initial) {
        long sum = initial;
        for (int i = 0; i + 1 < length; i += 2) {
            sum += b.getShort(from + i) & 0xFFFF;
        }
        if ((length & 1) != 0) {
            sum += (b.get(from + length - 1) & 0xFF) << 8;
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) sum;
    }

    private static void require(boolean holds, VirtualSocket from, String otherwise) {
        if (!holds) {
            throw new AssertionError(from.name() + " " + otherwise);
        }
    }
}
