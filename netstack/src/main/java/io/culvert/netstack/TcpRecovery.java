package io.culvert.netstack;

import io.culvert.netstack.CongestionControl.RecoveryEvent;

/**
 * Loss recovery of one flow: RACK-TLP with selective acknowledgments (RFC 8985), duplicate ACKs
 * without (RFC 6582), the retransmission time-out (RFC 6298), and taking it all back when it was
 * not necessary (RFC 3522, RFC 3708).
 */
final class TcpRecovery {
    private static final int NONE = RetransmissionQueue.NONE;
    private static final int DUPLICATE_ACKS = 3;

    /** When an empty queue gives its memory back. */
    private static final long IDLE = 1_000_000_000;

    private enum Mode {
        OPEN,
        FAST,
        TIMEOUT
    }

    private final TcpConnection connection;
    private final TcpSender sender;
    private final RetransmissionQueue queue;
    final Rack rack = new Rack();
    private final SpuriousDetection spurious;
    private final TailLossProbe probe;

    private Mode mode = Mode.OPEN;

    /** SND.NXT when recovery began. */
    private long point;

    private int duplicateAcks;

    /** Time-outs, or probes without answer, in a row. */
    private int retries;

    private long lastLostEnd = -1;
    private boolean headFirst;

    TcpRecovery(TcpConnection connection, TcpSender sender) {
        this.connection = connection;
        this.sender = sender;
        queue = sender.queue;
        spurious = new SpuriousDetection(connection);
        probe = new TailLossProbe(connection, sender);
    }

    TailLossProbe probe() {
        return probe;
    }

    boolean isRecovering() {
        return mode == Mode.FAST;
    }

    boolean isOpen() {
        return mode == Mode.OPEN;
    }

    int retries() {
        return retries;
    }

    /** The time-out wants the first record out, whatever window there is. */
    boolean takesHeadFirst() {
        return headFirst;
    }

    /** Bytes believed to be in the network (RFC 6675's pipe). */
    long inflight() {
        long inflight = queue.inflight();
        if (duplicateAcks > 0) {
            inflight = Math.max(0, inflight - (long) duplicateAcks * sender.smss);
        }
        return inflight;
    }

    void onDuplicateAck() {
        if (!connection.sackPermitted() && mode != Mode.TIMEOUT) {
            duplicateAcks++;
            sender.acknowledgments.sample().newlyAcked += sender.smss;
        }
    }

    /** SND.UNA moved by {@code advanced} to {@code ack}. */
    void onAdvance(TcpSegment s, long ack, long advanced, long now) {
        retries = 0;
        headFirst = false;
        connection.timers().clear(TcpTimers.RTO);
        connection.pathMtu().advanced(s, now);
        if (duplicateAcks > 0) {
            settleDuplicateAcks(advanced);
        }
        if (mode != Mode.OPEN) {
            spurious.onAdvance(s);
        }
        probe.onAdvance(ack, mode == Mode.OPEN);
    }

    /** What duplicate ACKs stood for is now acknowledged by number: count it once (RFC 9937, 5). */
    private void settleDuplicateAcks(long advanced) {
        int settled = (int) Math.min(duplicateAcks, advanced / sender.smss);
        RateSample sample = sender.acknowledgments.sample();
        sample.newlyAcked = Math.max(0, sample.newlyAcked - (long) settled * sender.smss);
        duplicateAcks = mode == Mode.FAST ? duplicateAcks - settled : 0;
    }

    void onDuplicateSack(long to, long ack) {
        rack.onDuplicate(sender.una, sender.next);
        probe.onDuplicateSack(to);
        if (to <= Math.max(point, ack)) {
            spurious.onDuplicateSack(to);
        }
    }

    /** A record is about to be sent again. */
    void onRetransmit(int slot, long now) {
        boolean head = queue.start(slot) == sender.una;
        boolean again = queue.has(slot, RetransmissionQueue.RETRANSMITTED);
        headFirst = false;
        if (head) {
            // Its ACK cannot come earlier than that of what was sent now (Linux).
            connection.timers().set(TcpTimers.RTO, now + sender.rtt.rto());
        }
        if (mode != Mode.OPEN) {
            spurious.onRetransmit(head && !again, now);
        }
    }

    /** End of a batch of ACKs: verdicts in the order congestion control wants them. */
    void settle(long now) {
        if (mode != Mode.OPEN && sender.una >= point) {
            spurious.onEnd();
        }
        if (spurious.takeVerdict()) {
            undo(now);
        }
        if (mode != Mode.OPEN && sender.una >= point) {
            leave(now);
        }
        detectLosses(now);
        if (probe.takeRepaired()) {
            sender.congestion.onTlpRepaired(now, sender.sampler.isAppLimited());
        }
    }

    private void detectLosses(long now) {
        if (queue.isEmpty()) {
            connection.timers().clear(TcpTimers.REORDER);
            return;
        }
        if (connection.sackPermitted()) {
            detectByTime(now);
        } else {
            detectByDuplicateAcks(now);
        }
    }

    private void detectByTime(long now) {
        long window =
                rack.reorderWindow(
                        queue,
                        mode != Mode.OPEN,
                        sender.smss,
                        sender.rtt.minimum(),
                        sender.rtt.srtt());
        boolean found = false;
        for (int slot = rack.nextLost(queue, window, now);
                slot != NONE;
                slot = rack.nextLost(queue, window, now)) {
            found |= markLost(slot, now);
        }
        if (found && mode == Mode.OPEN) {
            enterFast(now);
        }
        long deadline = rack.lossDeadline(queue, window);
        if (deadline == Long.MAX_VALUE) {
            connection.timers().clear(TcpTimers.REORDER);
        } else {
            connection.timers().set(TcpTimers.REORDER, deadline);
        }
    }

    /** RFC 6582: three duplicates begin recovery, each partial ACK names the next loss. */
    private void detectByDuplicateAcks(long now) {
        boolean partial =
                mode == Mode.FAST
                        && sender.acknowledgments.sample().unaAdvanced > 0
                        && sender.una < point;
        boolean begin = mode == Mode.OPEN && duplicateAcks >= DUPLICATE_ACKS && sender.una >= point;
        if (!partial && !begin) {
            return;
        }
        int head = queue.at(0);
        if (!queue.has(head, RetransmissionQueue.LOST)) {
            markLost(head, now);
        }
        if (begin) {
            enterFast(now);
        }
    }

    /** False: a probe of the path's MTU, whose loss is no sign of congestion. */
    private boolean markLost(int slot, long now) {
        long start = queue.start(slot);
        int length = queue.length(slot);
        queue.markLost(slot);
        if (connection.pathMtu().isProbeLost(start, now)) {
            return false;
        }
        sender.sampler.onLost(length);
        sender.acknowledgments.sample().newlyLost += length;
        connection.layer().counters.lost++;
        sender.congestion.onLost(
                now,
                length,
                queue.inflightAtSend(slot),
                queue.lostAtSend(slot),
                queue.has(slot, RetransmissionQueue.APP_LIMITED),
                sender.sampler.lost(),
                start != lastLostEnd);
        lastLostEnd = start + length;
        return true;
    }

    private void enterFast(long now) {
        mode = Mode.FAST;
        beginEpisode();
        connection.layer().counters.fastRecoveries++;
        tell(RecoveryEvent.ENTER_FAST, now);
    }

    private void beginEpisode() {
        point = sender.next;
        spurious.begin(sender.una, queue);
        probe.cancel();
    }

    private void leave(long now) {
        mode = Mode.OPEN;
        duplicateAcks = 0;
        rack.onRecoveryEnd();
        tell(RecoveryEvent.EXIT, now);
        if (queue.lost() > 0) {
            enterFast(now); // of what was sent since
        }
    }

    /** Nothing was lost: give everything back (netstack.md T16). */
    private void undo(long now) {
        mode = Mode.OPEN;
        duplicateAcks = 0;
        headFirst = false;
        sender.rtt.resetBackoff();
        while (queue.firstLost() != NONE) {
            queue.returnToFlight(queue.firstLost());
        }
        connection.layer().counters.undone++;
        tell(RecoveryEvent.SPURIOUS, now);
    }

    private void tell(RecoveryEvent event, long now) {
        TcpAcknowledgments a = sender.acknowledgments;
        sender.congestion.onRecovery(
                now,
                event,
                inflight(),
                sender.outstanding(),
                queue.sacked(),
                a.newlySacked(),
                a.sample().unaAdvanced);
    }

    /** RACK's reordering time-out. */
    void reorderExpired(long now) {
        sender.noteIfStarved();
        detectLosses(now);
        armAfterAck(now);
    }

    /** The retransmission time-out (RFC 6298, 5.4; RFC 8985, 6.3). */
    void timeoutExpired(long now) {
        if (queue.isEmpty()) {
            return;
        }
        retries++;
        connection.layer().counters.timeouts++;
        Mode before = mode;
        boolean again = before == Mode.TIMEOUT;
        if (queue.has(queue.at(0), RetransmissionQueue.SACKED)) {
            renege();
        }
        connection.pathMtu().timedOut(now);
        long window = sender.rtt.hasSample() ? sender.rtt.srtt() / 4 : 0;
        markAtTimeout(again, window, now);
        mode = Mode.TIMEOUT;
        duplicateAcks = 0;
        if (before == Mode.OPEN) {
            beginEpisode();
        } else {
            point = sender.next; // what can be undone is what the first event did
        }
        headFirst = true;
        sender.rtt.backOff();
        int head = queue.at(0);
        boolean lostAgain =
                before != Mode.OPEN && queue.has(head, RetransmissionQueue.RETRANSMITTED);
        connection.pathMtu().suspect(queue, head, lostAgain, retries, now);
        tell(RecoveryEvent.ENTER_RTO, now);
        connection.timers().set(TcpTimers.RTO, now + sender.rtt.rto());
        connection.timers().clear(TcpTimers.REORDER);
    }

    private void markAtTimeout(boolean again, long window, long now) {
        int slot = queue.oldestInFlight();
        int head = queue.at(0);
        while (slot != NONE) {
            int following = queue.next(slot);
            boolean lost = slot == head || rack.timedOut(queue, slot, window, now);
            if (lost || (!connection.sackPermitted() && !again)) {
                markLost(slot, now);
            }
            slot = following;
        }
    }

    /** The peer dropped what it had selectively acknowledged. */
    private void renege() {
        connection.layer().counters.reneged++;
        for (int i = 0; i < queue.count(); i++) {
            if (queue.has(queue.at(i), RetransmissionQueue.SACKED)) {
                queue.markReneged(queue.at(i));
            }
        }
        sender.acknowledgments.scoreboard().clear();
    }

    /** The path takes only smaller segments: what is under way as a whole did not get through. */
    void resendLarge() {
        int slot = queue.oldestInFlight();
        while (slot != NONE) {
            int following = queue.next(slot);
            if (queue.length(slot) > sender.smss) {
                queue.markLost(slot); // not by congestion, which is told nothing
            }
            slot = following;
        }
    }

    /** Tail loss probe (RFC 8985, 7.3). */
    void probeExpired(long now) {
        if (mode == Mode.OPEN) {
            probe.expired(now);
        }
    }

    void armAfterSend(long now) {
        TcpTimers timers = connection.timers();
        if (!timers.isSet(TcpTimers.RTO)) {
            timers.set(TcpTimers.RTO, now + sender.rtt.rto());
        }
        probe.arm(mode == Mode.OPEN, now);
    }

    void armAfterAck(long now) {
        TcpTimers timers = connection.timers();
        if (queue.isEmpty()) {
            timers.clear(TcpTimers.RTO);
            timers.clear(TcpTimers.TLP);
            timers.clear(TcpTimers.REORDER);
            sender.persist.arm(now);
            if (queue.isLarge()) {
                timers.set(TcpTimers.IDLE, now + IDLE);
            }
            return;
        }
        if (!timers.isSet(TcpTimers.RTO)) {
            timers.set(TcpTimers.RTO, now + sender.rtt.rto());
        }
        probe.arm(mode == Mode.OPEN, now);
    }

    /** A probe of any kind is on its way: it counts until the peer says something. */
    void probeSent() {
        retries++;
    }

    /** An acceptable ACK came: the peer lives, even if its window is closed. */
    void peerAnswered() {
        if (queue.isEmpty() || sender.window.size() == 0) {
            retries = 0;
        }
    }
}
