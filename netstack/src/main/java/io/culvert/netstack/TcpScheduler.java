package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Decides which flow's segment leaves next. Handshakes and pure ACKs first, then data by deficit
 * round robin, so that no flow gets more than its grant before another had its turn. A flow that
 * can send nothing leaves the round; whatever changes that puts it back.
 */
final class TcpScheduler {
    /** Bytes a flow may send before the next one's turn. */
    private static final int QUANTUM = 16 * 1024;

    /** With headers and options what every path takes (RFC 1122, 3.3.2: 576 bytes). */
    private static final int MOST_BESIDE_FIRST_ACK = 512;

    private final TcpReplies replies;
    private final TcpHalfOpens halfOpens;
    private final TcpOutput output;

    private @Nullable TcpConnection controlHead;
    private @Nullable TcpConnection controlTail;
    private @Nullable TcpConnection roundHead;
    private @Nullable TcpConnection roundTail;

    TcpScheduler(TcpReplies replies, TcpHalfOpens halfOpens, TcpOutput output) {
        this.replies = replies;
        this.halfOpens = halfOpens;
        this.output = output;
    }

    /** The connection wants an ACK or a handshake segment out. */
    void control(TcpConnection c) {
        if (c.inControl) {
            return;
        }
        c.inControl = true;
        c.nextControl = null;
        TcpConnection tail = controlTail;
        if (tail == null) {
            controlHead = c;
        } else {
            tail.nextControl = c;
        }
        controlTail = c;
    }

    /** The connection may have data to send. */
    void activate(TcpConnection c) {
        if (c.inRound) {
            return;
        }
        c.inRound = true;
        c.deficit = QUANTUM;
        enqueue(c);
    }

    private void enqueue(TcpConnection c) {
        c.nextInRound = null;
        TcpConnection tail = roundTail;
        if (tail == null) {
            roundHead = c;
        } else {
            tail.nextInRound = c;
        }
        roundTail = c;
    }

    private TcpConnection dequeue(TcpConnection head) {
        roundHead = head.nextInRound;
        if (roundHead == null) {
            roundTail = null;
        }
        head.nextInRound = null;
        return head;
    }

    boolean hasOutput(long now) {
        return !replies.isEmpty()
                || halfOpens.hasOutput()
                || eligible(now) != null
                || control(now) != null;
    }

    int pull(MemorySegment m, long offset, long now) {
        int length = replies.pull(m, offset);
        if (length == 0) {
            length = halfOpens.pull(m, offset, output, now);
        }
        if (length > 0) {
            return length;
        }
        TcpConnection c = control(now);
        if (c == null) {
            c = eligible(now);
            if (c != null) {
                length = data(c, m, offset, now);
                c.deficit -= length;
                return length;
            }
            c = control(now); // whose data turned out not to be sendable
        }
        if (c == null) {
            return 0;
        }
        removeControl(c);
        return c.handshake().isWanted()
                ? handshake(c, m, offset, now)
                : acknowledgment(c, m, offset, now);
    }

    private int acknowledgment(TcpConnection c, MemorySegment m, long offset, long now) {
        c.receiver().pureAckLeaves();
        int length = output.acknowledgment(c, m, offset, (int) c.sender().next, now);
        if (c.receiver().owesDuplicates()) {
            control(c);
        }
        return length;
    }

    /** The first connection whose control segment is really to be sent. */
    private @Nullable TcpConnection control(long now) {
        for (TcpConnection c = controlHead; c != null; c = controlHead) {
            if (!c.isOver()) {
                if (c.handshake().isWanted()) {
                    return c;
                }
                boolean carried =
                        !c.receiver().owesDuplicates()
                                && c.inRound
                                && c.sender().next(now) != TcpSender.NOTHING
                                && !isEntrustedToTooMuch(c);
                boolean mayAck = c.state() != TcpState.SYN_SENT;
                if (c.receiver().wantsAck() && mayAck && !carried) {
                    return c;
                }
            }
            removeControl(c);
        }
        return null;
    }

    /**
     * The ACK that completes the handshake leaves on its own when the first data may be more than
     * the path takes: the peer waits for it.
     */
    private static boolean isEntrustedToTooMuch(TcpConnection c) {
        TcpSender sender = c.sender();
        return sender.queue.isEmpty()
                && sender.sampler.delivered() == 0
                && sender.newDataLength() > MOST_BESIDE_FIRST_ACK;
    }

    private void removeControl(TcpConnection c) {
        controlHead = c.nextControl;
        if (controlHead == null) {
            controlTail = null;
        }
        c.nextControl = null;
        c.inControl = false;
    }

    /** The connection whose turn it is to send data. */
    private @Nullable TcpConnection eligible(long now) {
        for (TcpConnection c = roundHead; c != null; c = roundHead) {
            if (c.isOver()
                    || !c.state().isSynchronized()
                    || c.sender().next(now) == TcpSender.NOTHING) {
                dequeue(c);
                c.inRound = false;
                if (!c.isOver()) {
                    retire(c, now);
                }
            } else if (c.deficit <= 0) {
                c.deficit += QUANTUM;
                enqueue(dequeue(c));
            } else {
                return c;
            }
        }
        return null;
    }

    private void retire(TcpConnection c, long now) {
        TcpSender sender = c.sender();
        if (c.state().isSynchronized()) {
            if (sender.pacer.allows(sender.pacingRate(), now)) {
                sender.pacer.idle();
                sender.persist.arm(now);
            } else {
                c.timers().set(TcpTimers.PACING, sender.pacer.nextSend());
            }
        }
        c.lifecycle().limitFinWait(now);
        if (c.receiver().wantsAck()) {
            control(c);
        }
    }

    private int handshake(TcpConnection c, MemorySegment m, long offset, long now) {
        c.handshake().sent(now);
        return output.handshake(c, m, offset, now);
    }

    private int data(TcpConnection c, MemorySegment m, long offset, long now) {
        TcpSender sender = c.sender();
        return switch (sender.next(now)) {
            case TcpSender.LOST_DATA -> lost(c, sender.queue.firstLost(), m, offset, now);
            case TcpSender.LOSS_PROBE -> lossProbe(c, m, offset, now);
            case TcpSender.WINDOW_PROBE -> windowProbe(c, m, offset, now);
            case TcpSender.KEEPALIVE_PROBE -> {
                sender.clearProbe();
                yield output.acknowledgment(c, m, offset, (int) sender.next - 1, now);
            }
            default -> {
                int probe = c.pathMtu().probe();
                yield probe > 0 && output.optionSpace(c) == sender.mss() - sender.smss
                        ? mtuProbe(c, probe, m, offset, now)
                        : fresh(c, (int) sender.newDataLength(), m, offset, now);
            }
        };
    }

    private int fresh(TcpConnection c, int wanted, MemorySegment m, long offset, long now) {
        TcpSender sender = c.sender();
        int length = Math.min(wanted, sender.mss() - output.optionSpace(c));
        return unsent(c, length, m, offset, now);
    }

    private int mtuProbe(TcpConnection c, int length, MemorySegment m, long offset, long now) {
        c.pathMtu().probeSent(c.sender().next);
        return unsent(c, length, m, offset, now);
    }

    private int unsent(TcpConnection c, int length, MemorySegment m, long offset, long now) {
        TcpSender sender = c.sender();
        long position = sender.next;
        boolean last = position + length == sender.buffer.end();
        boolean fin = last && sender.finWanted();
        int flags = last && length > 0 ? TcpFlags.PSH : 0;
        sender.sentNew(length, fin, now);
        return output.segment(
                c,
                m,
                offset,
                (int) position,
                position,
                length,
                fin ? flags | TcpFlags.FIN : flags,
                now);
    }

    private int lost(TcpConnection c, int slot, MemorySegment m, long offset, long now) {
        RetransmissionQueue queue = c.sender().queue;
        if (queue.length(slot) > c.sender().smss) {
            queue.splitLost(slot, c.sender().smss);
        }
        return again(c, slot, m, offset, now);
    }

    private int again(TcpConnection c, int slot, MemorySegment m, long offset, long now) {
        TcpSender sender = c.sender();
        RetransmissionQueue queue = sender.queue;
        long position = queue.start(slot);
        boolean fin = queue.has(slot, RetransmissionQueue.FIN);
        int length = queue.length(slot) - (fin ? 1 : 0);
        boolean last = position + length == sender.buffer.end();
        int flags = last && length > 0 ? TcpFlags.PSH : 0;
        sender.sentAgain(slot, now);
        return output.segment(
                c,
                m,
                offset,
                (int) position,
                position,
                length,
                fin ? flags | TcpFlags.FIN : flags,
                now);
    }

    /** RFC 8985, 7.3: new data if there is any that may be sent, else the last segment again. */
    private int lossProbe(TcpConnection c, MemorySegment m, long offset, long now) {
        TcpSender sender = c.sender();
        RetransmissionQueue queue = sender.queue;
        sender.clearProbe();
        int length = (int) sender.newDataLength();
        if (length > 0) {
            int written = fresh(c, length, m, offset, now);
            sender.recovery.probe().sent(false);
            return written;
        }
        int slot = queue.at(queue.count() - 1);
        int written = again(c, slot, m, offset, now);
        sender.recovery.probe().sent(true);
        return written;
    }

    /** What the window takes, or one byte beyond it (RFC 9293, 3.8.6.1). */
    private int windowProbe(TcpConnection c, MemorySegment m, long offset, long now) {
        TcpSender sender = c.sender();
        sender.clearProbe();
        long usable = Math.min(sender.una + sender.window.size() - sender.next, sender.unsent());
        if (usable > 0) {
            return fresh(c, (int) Math.min(usable, sender.smss), m, offset, now);
        }
        sender.probedTo = Math.max(sender.probedTo, sender.next + 1);
        int sequence = (int) sender.next;
        return output.segment(c, m, offset, sequence, sender.next, 1, 0, now);
    }
}
