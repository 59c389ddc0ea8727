package io.culvert.netstack;

/**
 * Arrival of a segment at a connection (RFC 9293, 3.10.7.4; RFC 5961; RFC 7323). The next expected
 * data segment, which is nearly every one, takes a short way with copy and checksum in one pass.
 */
final class TcpInput {
    private static final int PREDICTED = TcpFlags.ACK;

    private final TcpCounters counters;
    private final ChallengeAcks challenges;

    TcpInput(TcpCounters counters, ChallengeAcks challenges) {
        this.counters = counters;
        this.challenges = challenges;
    }

    void segment(TcpConnection c, TcpSegment s, Packet p, long now) {
        if (isPredicted(c, s) && predicted(c, s, p, now)) {
            return;
        }
        if (!verify(p)) {
            counters.checksumErrors++;
            return;
        }
        c.heard(now);
        if (c.state() == TcpState.SYN_SENT) {
            c.handshake().synSent(s, now);
        } else {
            arrived(c, s, now);
        }
    }

    static boolean verify(Packet p) {
        int sum = Checksum.sum(p.memory, p.transportOffset, p.transportLength);
        return Checksum.finish(Checksum.add(sum, pseudo(p))) == 0;
    }

    private static int pseudo(Packet p) {
        return Checksum.pseudoHeader(
                p.srcHi, p.srcLo, p.dstHi, p.dstLo, IpHeader.PROTOCOL_TCP, p.transportLength);
    }

    private static boolean isPredicted(TcpConnection c, TcpSegment s) {
        if ((s.flags & ~TcpFlags.PSH) != PREDICTED
                || s.payloadLength == 0
                || s.sackBlocks != 0
                || !c.state().receives()
                || c.isClosedByApplication()) {
            return false;
        }
        TcpReceiver receiver = c.receiver();
        if (!receiver.isNext(s.sequence, s.payloadLength)) {
            return false;
        }
        if (c.timestamps() && (!s.hasTimestamp || s.timestamp - receiver.tsRecent() < 0)) {
            return false;
        }
        TcpSender sender = c.sender();
        long ack = Seq.unwrap(s.acknowledgment, sender.una);
        return ack >= sender.una && ack <= sender.next;
    }

    /** False: memory is short, let the long way drop it. */
    private boolean predicted(TcpConnection c, TcpSegment s, Packet p, long now) {
        TcpReceiver receiver = c.receiver();
        int copied = receiver.copyInOrder(s.memory, s.payloadOffset, s.payloadLength);
        if (copied == ReceiveBuffer.NO_MEMORY) {
            return false;
        }
        int header = (int) (s.payloadOffset - s.headerOffset);
        int sum = Checksum.add(Checksum.sum(s.memory, s.headerOffset, header), copied);
        if (Checksum.finish(Checksum.add(sum, pseudo(p))) != 0) {
            counters.checksumErrors++;
            return true;
        }
        c.heard(now);
        long sequence = receiver.next();
        receiver.updateTimestamp(s, sequence, now);
        receiver.acceptInOrder(s, now);
        long ack = Seq.unwrap(s.acknowledgment, c.sender().una);
        c.sender().acknowledgments.onAck(s, sequence, ack, now);
        c.layer().dirty(c);
        if (c.state() != TcpState.ESTABLISHED) {
            afterAck(c, now);
        }
        return true;
    }

    private void arrived(TcpConnection c, TcpSegment s, long now) {
        TcpReceiver receiver = c.receiver();
        long sequence = Seq.unwrap(s.sequence, receiver.next());
        c.layer().dirty(c);
        if (isRepeatedSyn(c, s, sequence)) {
            c.handshake().sendAgain();
            return;
        }
        if (c.timestamps() && !s.has(TcpFlags.RST) && isUntimely(c, s, sequence, now)) {
            return;
        }
        if (!isAcceptable(receiver, s, sequence) && !isResetOfFin(receiver, s, sequence)) {
            unacceptable(c, s, sequence, now);
            return;
        }
        if (s.has(TcpFlags.RST)) {
            reset(c, s, sequence, now);
            return;
        }
        if (s.has(TcpFlags.SYN) && !completesSimultaneousOpen(c, s, sequence)) {
            challenges.request(c, now);
            return;
        }
        if (!s.has(TcpFlags.ACK)) {
            return;
        }
        if (c.state() == TcpState.SYN_RECEIVED && !c.handshake().acknowledged(s, now)) {
            return;
        }
        if (takeAck(c, s, sequence, now) && !c.isOver()) {
            text(c, s, sequence, now);
        }
    }

    /** The peer did not get our SYN-ACK. */
    private static boolean isRepeatedSyn(TcpConnection c, TcpSegment s, long sequence) {
        return c.state() == TcpState.SYN_RECEIVED
                && (s.flags & (TcpFlags.SYN | TcpFlags.ACK | TcpFlags.RST)) == TcpFlags.SYN
                && sequence == c.receiver().next() - 1;
    }

    private static boolean completesSimultaneousOpen(TcpConnection c, TcpSegment s, long sequence) {
        if (c.state() == TcpState.SYN_RECEIVED
                && s.has(TcpFlags.ACK)
                && s.sequenceLength() == 1
                && sequence == c.receiver().next() - 1) {
            c.receiver().ackNow();
            return true;
        }
        return false;
    }

    /** PAWS (RFC 7323, 5) and segments that lost their timestamp (3.2). */
    private boolean isUntimely(TcpConnection c, TcpSegment s, long sequence, long now) {
        if (!s.hasTimestamp) {
            if (c.state() == TcpState.SYN_RECEIVED) {
                return false; // some middleboxes strip it from the handshake's ACK
            }
            challenges.request(c, now);
            return true;
        }
        if (!c.receiver().isOld(s.timestamp, now)) {
            return false;
        }
        counters.pawsDropped++;
        reportDuplicate(c.receiver(), s, sequence);
        challenges.request(c, now);
        return true;
    }

    /**
     * RFC 9293, 3.4, as Linux reads it: something of the segment may be new or at least newer than
     * our last ACK, and a sender that filled the window may speak from its right edge.
     */
    private static boolean isAcceptable(TcpReceiver receiver, TcpSegment s, long sequence) {
        long end = sequence + s.sequenceLength();
        long edge = Math.max(receiver.window.edge(), receiver.next());
        return end >= receiver.acknowledged() && sequence <= edge;
    }

    /** macOS ends a program with a FIN and an RST of the same number; Linux takes it as well. */
    private static boolean isResetOfFin(TcpReceiver receiver, TcpSegment s, long sequence) {
        return s.has(TcpFlags.RST) && receiver.finReceived() && sequence == receiver.next() - 1;
    }

    private void unacceptable(TcpConnection c, TcpSegment s, long sequence, long now) {
        if (s.has(TcpFlags.RST)) {
            return;
        }
        reportDuplicate(c.receiver(), s, sequence);
        challenges.request(c, now);
    }

    /** RFC 2883: the peer learns that it repeated needlessly what came late. */
    private static void reportDuplicate(TcpReceiver receiver, TcpSegment s, long sequence) {
        long end = sequence + s.payloadLength;
        if (s.payloadLength > 0 && end <= receiver.next() && !s.has(TcpFlags.SYN)) {
            receiver.sacks.duplicate(sequence, end);
        }
    }

    /** RFC 5961, 3: only the exact number resets; anything near is asked to prove itself. */
    private void reset(TcpConnection c, TcpSegment s, long sequence, long now) {
        TcpReceiver receiver = c.receiver();
        RangeSet ranges = receiver.buffer.outOfOrder();
        boolean exact =
                sequence == receiver.next()
                        || isResetOfFin(receiver, s, sequence)
                        || (!ranges.isEmpty() && sequence == ranges.to(ranges.count() - 1));
        if (!exact) {
            challenges.request(c, now);
            return;
        }
        counters.resetsReceived++;
        c.lifecycle().terminate(causeOfReset(c));
    }

    /**
     * RFC 9293, 3.10.7.4: where only our FIN waits for its ACK, the peer closed in order, and its
     * TIME-WAIT may be over; that isn't told as a reset. Of data nobody knows whether it arrived.
     */
    private static CloseCause causeOfReset(TcpConnection c) {
        return switch (c.state()) {
            case SYN_RECEIVED -> c.handshake().isPassive() ? CloseCause.RESET : CloseCause.REFUSED;
            case CLOSING, LAST_ACK -> isFinAlone(c.sender()) ? CloseCause.CLOSED : CloseCause.RESET;
            default -> CloseCause.RESET;
        };
    }

    /** Everything is acknowledged but a FIN that was sent. */
    private static boolean isFinAlone(TcpSender sender) {
        return sender.finSent() && sender.una == sender.buffer.end();
    }

    /**
     * RFC 5961, 5. True: the segment goes on. Of bytes that never were, as below our first, there
     * is no old ACK either (Linux).
     */
    private boolean takeAck(TcpConnection c, TcpSegment s, long sequence, long now) {
        TcpSender sender = c.sender();
        long ack = Seq.unwrap(s.acknowledgment, sender.una);
        long oldest = Math.max(sender.una - sender.window.largest(), sender.buffer.origin());
        if (ack > Math.max(sender.next, sender.probedTo) || ack < oldest) {
            challenges.request(c, now);
            return false;
        }
        c.receiver().updateTimestamp(s, sequence, now);
        sender.acknowledgments.onAck(s, sequence, ack, now);
        afterAck(c, now);
        return true;
    }

    /** What an acknowledged FIN of ours leads to. */
    private static void afterAck(TcpConnection c, long now) {
        if (!c.sender().isFinAcknowledged()) {
            return;
        }
        switch (c.state()) {
            case FIN_WAIT_1 -> c.lifecycle().finAcknowledged(now);
            case CLOSING -> c.lifecycle().timeWait(now);
            case LAST_ACK -> c.lifecycle().terminate(CloseCause.CLOSED);
            default -> {
                // later ACKs of the same FIN
            }
        }
    }

    private void text(TcpConnection c, TcpSegment s, long sequence, long now) {
        TcpReceiver receiver = c.receiver();
        boolean fin = s.has(TcpFlags.FIN);
        if (!c.state().receives()) {
            if (fin || s.payloadLength > 0) {
                receiver.ackNow(); // a repetition: the peer did not get our ACK
            }
            return;
        }
        long end = sequence + s.payloadLength;
        if (s.payloadLength > 0) {
            if (c.isClosedByApplication() && end > receiver.next()) {
                c.lifecycle()
                        .reset(CloseCause.CLOSED); // nobody will read it, and the peer must know
                return;
            }
            receiver.data(s, sequence, now);
        }
        boolean complete = fin ? receiver.fin(end) : receiver.completeFin();
        if (complete) {
            c.lifecycle().peerFinished(now);
        }
    }
}
