package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What the protocol itself wants to send: cookie replies, and peers in line with something to say.
 */
final class OutputQueue {
    static final int MAX_COOKIE_REPLIES = 1024;

    /** AF41 (RFC 2597), as the kernel's {@code HANDSHAKE_DSCP}. */
    private static final int HANDSHAKE_TRAFFIC_CLASS = 0x88;

    private static final class CookieReply {
        final byte[] message;
        final InetSocketAddress destination;

        CookieReply(byte[] message, InetSocketAddress destination) {
            this.message = message;
            this.destination = destination;
        }
    }

    private final Device device;
    private final ArrayDeque<CookieReply> cookieReplies = new ArrayDeque<>();
    private final ArrayDeque<Peer> line = new ArrayDeque<>();

    /** Of the last datagram that was written. */
    @Nullable InetSocketAddress destination;

    /** Whose it is; null for a cookie reply. */
    @Nullable Peer recipient;

    /** The DSCP and ECN byte of its outer packet. */
    int trafficClass;

    OutputQueue(Device device) {
        this.device = device;
    }

    void add(Peer peer) {
        if (!peer.inLine && peer.isRunning()) {
            peer.inLine = true;
            line.addLast(peer);
        }
    }

    boolean isCookieRepliesFull() {
        return cookieReplies.size() >= MAX_COOKIE_REPLIES;
    }

    void addCookieReply(byte[] message, InetSocketAddress source) {
        cookieReplies.addLast(new CookieReply(message, source));
    }

    boolean isEmpty() {
        return line.isEmpty() && cookieReplies.isEmpty();
    }

    /** Forgets everything: the device goes down. */
    void clear() {
        cookieReplies.clear();
        for (Peer peer : line) {
            peer.inLine = false;
        }
        line.clear();
    }

    /** Writes the next datagram; returns its length, or 0 when there is none. */
    int poll(MemorySegment out, long offset, int capacity, long now) {
        CookieReply reply = cookieReplies.peekFirst();
        if (reply != null) {
            requireCapacity(capacity, CookieReplyMessage.LENGTH);
            cookieReplies.removeFirst();
            MemorySegment.copy(reply.message, 0, out, Wire.BYTE, offset, CookieReplyMessage.LENGTH);
            device.counters.cookieRepliesSent++;
            destination = reply.destination;
            recipient = null;
            trafficClass = 0;
            return CookieReplyMessage.LENGTH;
        }
        for (Peer peer = line.peekFirst(); peer != null; peer = line.peekFirst()) {
            int length = peer.isRunning() ? transmit(peer, out, offset, capacity, now) : 0;
            if (length > 0) {
                destination = peer.endpoint();
                recipient = peer;
                return length;
            }
            line.removeFirst();
            peer.inLine = false;
        }
        return 0;
    }

    static void requireCapacity(int capacity, int needed) {
        if (capacity < needed) {
            throw new IllegalArgumentException(
                    "capacity " + capacity + " is less than the " + needed + " bytes to send");
        }
    }

    private int transmit(Peer peer, MemorySegment out, long offset, int capacity, long now) {
        if (peer.wantsResponse) {
            requireCapacity(capacity, ResponseMessage.LENGTH);
            peer.wantsResponse = false;
            trafficClass = HANDSHAKE_TRAFFIC_CLASS;
            int length = device.handshakeSender.response(peer, out, offset, now);
            if (length > 0) {
                return length;
            }
        }
        if (peer.wantsFlush) {
            Keypair current = peer.keypairs.current();
            boolean sendable = peer.endpoint() != null && !peer.staged.isEmpty();
            if (sendable && current != null && current.maySend(now)) {
                return device.transportSender.sealStaged(peer, current, out, offset, capacity, now);
            }
            peer.wantsFlush = false;
            if (sendable) {
                peer.queueInitiation(false, now);
            }
        }
        if (peer.wantsInitiation) {
            requireCapacity(capacity, InitiationMessage.LENGTH);
            peer.wantsInitiation = false;
            trafficClass = HANDSHAKE_TRAFFIC_CLASS;
            return device.handshakeSender.initiation(peer, out, offset, now);
        }
        return 0;
    }
}
