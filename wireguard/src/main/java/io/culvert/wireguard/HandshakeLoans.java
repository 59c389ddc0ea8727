package io.culvert.wireguard;

import io.culvert.wireguard.HandshakeJob.Step;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Handshake messages that are not processed within {@code receive}: they wait in a queue and go out
 * on loan, some at a time. Messages that have a step behind them go on before new ones begin.
 */
final class HandshakeLoans {
    /** Messages of one loan: a few milliseconds of work, and full lanes for the DH. */
    static final int BATCH = 16;

    /** More processors than this don't help; each loan holds some 30 kB. */
    static final int MAX_LOANS = 64;

    private final Device device;
    private final HandshakeSteps steps;
    private final HandshakeQueue queue = new HandshakeQueue();
    private final ArrayDeque<HandshakeWork> unused = new ArrayDeque<>();
    private final ArrayDeque<HandshakeWork> begun = new ArrayDeque<>();
    private int begunJobs;
    private int made;

    HandshakeLoans(Device device, HandshakeSteps steps) {
        this.device = device;
        this.steps = steps;
    }

    /** Returns why the message, which has passed all cheap checks, may not wait. */
    @Nullable Drop defer(byte[] message, InetSocketAddress source) {
        return queue.add(message, source) ? null : Drop.HANDSHAKE_QUEUE_FULL;
    }

    /** Messages nobody works on. */
    int waiting() {
        return queue.size() + begunJobs;
    }

    /** The next work; null when nothing waits or all loans are out. */
    @Nullable HandshakeWork lend(int most) {
        while (waiting() > 0) {
            HandshakeWork work = next(most);
            if (work == null) {
                return null;
            }
            fill(work, most);
            beginAll(work);
            if (work.size() > 0) {
                work.onLoan = true;
                return work;
            }
            unused.addLast(work);
        }
        return null;
    }

    /**
     * Takes a loan back and applies its results.
     *
     * @throws IllegalStateException if it is not on loan from this device
     */
    void giveBack(HandshakeWork work, long now) {
        if (!work.onLoan || work.lender() != this) {
            throw new IllegalStateException("the handshakes are not on loan from this device");
        }
        work.onLoan = false;
        if (!work.isComputed()) {
            device.counters.drop(Drop.SUPERSEDED, work.size());
            work.wipe();
        }
        for (int i = 0; i < work.size(); ) {
            Step next = steps.end(work.job(i), now);
            if (next == null) {
                work.remove(i);
            } else {
                i++;
            }
        }
        work.rest();
        if (work.size() > 0) {
            begunJobs += work.size();
            begun.addLast(work);
        } else {
            unused.addLast(work);
        }
    }

    /** The private key changed or the device falls: what waits, or is on loan, is void. */
    void forget() {
        steps.newEpoch();
        device.counters.drop(Drop.SUPERSEDED, waiting());
        queue.clear();
        for (HandshakeWork work : begun) {
            work.wipe();
            unused.addLast(work);
        }
        begun.clear();
        begunJobs = 0;
    }

    private @Nullable HandshakeWork next(int most) {
        HandshakeWork first = begun.peekFirst();
        if (first != null && first.size() <= most) {
            begunJobs -= first.size();
            return begun.removeFirst();
        }
        HandshakeWork work = unused.pollLast();
        if (work == null && made < MAX_LOANS) {
            made++;
            work = new HandshakeWork(BATCH, new NoiseIkPsk2(new Primitives()), this);
        }
        if (work != null && first != null) {
            work.takeFrom(first, most);
            begunJobs -= most;
        }
        return work;
    }

    private void fill(HandshakeWork work, int most) {
        while (work.size() < most && !work.isFull() && !queue.isEmpty()) {
            HandshakeJob job = work.add();
            queue.removeFirst(job);
            job.begin(steps.epoch());
        }
    }

    private void beginAll(HandshakeWork work) {
        for (int i = 0; i < work.size(); ) {
            Drop refusal = steps.begin(work.job(i), work.batch());
            if (refusal == null) {
                i++;
            } else {
                device.counters.drop(refusal);
                work.remove(i);
            }
        }
    }
}
