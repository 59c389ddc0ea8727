package io.culvert.netstack;

/**
 * Takes ACKs and SACK blocks of one flow: what was delivered, how long it took, and, once per
 * batch, what follows from it for recovery and congestion control.
 */
final class TcpAcknowledgments {
    /** More ranges than this are not taken into the scoreboard (CVE-2019-11478). */
    private static final int MAX_RANGES = 1024;

    private final TcpConnection connection;
    private final TcpSender sender;
    private final RangeSet scoreboard = new RangeSet(MAX_RANGES);
    private final RateSample sample = new RateSample();

    private boolean open;
    private long deliveredBefore;
    private long newlySacked;
    private int deliveredRecords;

    /**
     * Of the records delivered by the present ACK whose RTT is unambiguous: first and last sent.
     */
    private long oldestSentAt;

    private long oldestTransmission;
    private long newestSentAt;
    private long newestTransmission;

    TcpAcknowledgments(TcpConnection connection, TcpSender sender) {
        this.connection = connection;
        this.sender = sender;
    }

    RangeSet scoreboard() {
        return scoreboard;
    }

    long newlySacked() {
        return newlySacked;
    }

    RateSample sample() {
        return sample;
    }

    /** An acceptable acknowledgment: SND.UNA - MAX.SND.WND <= ack <= SND.NXT. */
    void onAck(TcpSegment s, long sequence, long ack, long now) {
        begin();
        sender.recovery.rack.ackArrives();
        long windowBefore = sender.window.size();
        sender.updateWindow((long) s.window << sender.scale, sequence, ack);
        oldestTransmission = Long.MAX_VALUE;
        newestTransmission = -1;
        if (s.sackBlocks > 0 && connection.sackPermitted()) {
            takeBlocks(s, ack, now);
        }
        if (ack > sender.una) {
            advance(s, ack, now);
        } else if (ack == sender.una
                && s.sequenceLength() == 0
                && sender.window.size() == windowBefore) {
            sender.recovery.probe().onPlainAck(ack);
            if (!sender.queue.isEmpty()) {
                sender.recovery.onDuplicateAck();
            }
        }
        if (newestTransmission >= 0) {
            sender.rtt.sample(now - oldestSentAt, now);
            sender.rtt.minimumSample(now - newestSentAt, now);
            sample.rtt = now - newestSentAt;
        }
        sender.recovery.peerAnswered();
    }

    private void begin() {
        if (!open) {
            open = true;
            sample.clear();
            sample.priorInflight = sender.recovery.inflight();
            sender.noteIfStarved(); // before inflight and window change
            deliveredBefore = sender.sampler.delivered();
            newlySacked = 0;
            deliveredRecords = 0;
        }
        connection.layer().dirty(connection);
    }

    private void advance(TcpSegment s, long ack, long now) {
        RetransmissionQueue queue = sender.queue;
        long repairedAt = Long.MIN_VALUE;
        while (!queue.isEmpty()) {
            int slot = queue.at(0);
            if (queue.end(slot) > ack) {
                if (queue.start(slot) < ack) {
                    trim(s, slot, ack, now);
                }
                break;
            }
            if (!queue.has(slot, RetransmissionQueue.SACKED)) {
                delivered(s, slot, queue.length(slot), true, now);
            }
            if (queue.has(slot, TransmissionRecords.RETRANSMITTED)) {
                repairedAt = Math.max(repairedAt, queue.sentAt(slot));
            }
            queue.removeFirst();
        }
        long advanced = ack - sender.una;
        sample.unaAdvanced += advanced;
        if (repairedAt != Long.MIN_VALUE) {
            // Karn; and what waited behind the hole says nothing either (RFC 6298, 3).
            newestTransmission = -1;
            sampleByTimestamp(s, repairedAt, now);
        }
        sender.una = ack;
        sender.progressed(now);
        sender.next = Math.max(sender.next, ack);
        sender.buffer.release(ack);
        scoreboard.removeBefore(ack);
        sender.recovery.onAdvance(s, ack, advanced, now);
    }

    /**
     * The echo proves that the ACK answers the last transmission of what was repeated. If it
     * answers an earlier one, the ACK of that was lost, and the time since says nothing.
     */
    private void sampleByTimestamp(TcpSegment s, long repairedAt, long now) {
        if (connection.timestamps()
                && s.hasTimestamp
                && s.timestampEcho - connection.timestampAt(repairedAt) >= 0) {
            int milliseconds = connection.timestampAt(now) - s.timestampEcho;
            if (milliseconds >= 0) {
                sender.rtt.sample(Math.max(milliseconds, 1) * 1_000_000L, now);
            }
        }
    }

    /** Part of a record was acknowledged: the rest keeps its history. */
    private void trim(TcpSegment s, int slot, long ack, long now) {
        RetransmissionQueue queue = sender.queue;
        int part = (int) (ack - queue.start(slot));
        if (!queue.has(slot, RetransmissionQueue.SACKED)) {
            delivered(s, slot, part, true, now);
        }
        queue.trimFirst(ack);
    }

    /**
     * Something was delivered for the first time.
     *
     * @param advances cumulatively acknowledged, not selectively
     */
    private void delivered(TcpSegment s, int slot, int bytes, boolean advances, long now) {
        RetransmissionQueue queue = sender.queue;
        boolean again = queue.has(slot, RetransmissionQueue.RETRANSMITTED);
        long sentAt = queue.sentAt(slot);
        // Selectively acknowledged, the echo is that of what came before the hole (RFC 7323, 4.3).
        boolean original =
                again
                        && advances
                        && s.hasTimestamp
                        && s.timestampEcho - connection.timestampAt(sentAt) < 0;
        sender.recovery.rack.onDelivered(queue, slot, original, sender.rtt.minimum(), now);
        sender.sampler.onDelivered(queue, slot, bytes, sample, now);
        connection.pathMtu().delivered(queue.start(slot), queue.length(slot), now);
        sample.newlyAcked += bytes;
        deliveredRecords++;
        long transmission = queue.transmission(slot);
        if (again) {
            return;
        }
        if (transmission < oldestTransmission) {
            oldestTransmission = transmission;
            oldestSentAt = sentAt;
        }
        if (transmission > newestTransmission) {
            newestTransmission = transmission;
            newestSentAt = sentAt;
        }
    }

    private void takeBlocks(TcpSegment s, long ack, long now) {
        for (int i = 0; i < s.sackBlocks; i++) {
            long from = Seq.unwrap(s.sackFrom[i], sender.una);
            long to = Seq.unwrap(s.sackTo[i], sender.una);
            if (from >= to || to > sender.next) {
                continue;
            }
            if (i == 0 && isDuplicate(s, from, to, ack)) {
                connection.layer().counters.duplicateSacks++;
                sender.recovery.onDuplicateSack(to, ack);
            } else if (from >= ack) {
                takeBlock(s, from, to, now);
            }
        }
    }

    /** RFC 2883, 4: below the ACK, or inside the second block. */
    private boolean isDuplicate(TcpSegment s, long from, long to, long ack) {
        if (to <= ack) {
            return true;
        }
        if (s.sackBlocks < 2) {
            return false;
        }
        long outerFrom = Seq.unwrap(s.sackFrom[1], sender.una);
        long outerTo = Seq.unwrap(s.sackTo[1], sender.una);
        return outerFrom <= from && to <= outerTo;
    }

    /** Whole records only: a block that covers part of one tells nothing about it. */
    private void takeBlock(TcpSegment s, long from, long to, long now) {
        RetransmissionQueue queue = sender.queue;
        int index = queue.indexOf(from);
        if (index < queue.count() && queue.start(queue.at(index)) < from) {
            index++;
        }
        int end = queue.indexOf(to);
        if (index >= end || scoreboard.count() >= MAX_RANGES - 1) {
            return;
        }
        long first = queue.start(queue.at(index));
        long last = queue.end(queue.at(end - 1));
        if (scoreboard.covers(first, last)) {
            return;
        }
        while (index < end) {
            int slot = queue.at(index);
            if (queue.has(slot, RetransmissionQueue.SACKED)) {
                int range = scoreboard.firstEndingAfter(queue.start(slot));
                index = queue.indexOf(scoreboard.to(range));
                continue;
            }
            delivered(s, slot, queue.length(slot), false, now);
            newlySacked += queue.length(slot);
            queue.markSacked(slot);
            index++;
        }
        scoreboard.add(first, last);
    }

    /** Once per batch: losses, recovery, congestion control, timers. */
    void endBatch(long now) {
        if (!open) {
            return;
        }
        open = false;
        sender.recovery.settle(now);
        sender.sampler.finish(sample, sender.rtt.minimum(), now);
        sample.inflight = sender.recovery.inflight();
        sample.srtt = sender.rtt.srtt();
        sample.minRtt = sender.rtt.minimum();
        sample.inRecovery = sender.recovery.isRecovering();
        sample.cwndLimited = sender.wasLimited(deliveredBefore);
        if (sample.newlyAcked > 0 || sample.newlyLost > 0) {
            sample.rttMayBeDelayed = deliveredRecords == 1;
            sender.congestion.onAck(now, sample);
            if (sender.congestion.limitsSamples()) {
                sender.sampler.appLimited(sample.inflight);
            }
        }
        // What a timer finds from now on is no news of this batch.
        newlySacked = 0;
        sample.unaAdvanced = 0;
        sender.recovery.armAfterAck(now);
        sender.signalWritable();
    }

    void clear() {
        scoreboard.clear();
        open = false;
    }
}
