package io.culvert.simnet;

import io.culvert.wireguard.HandshakeWork;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Serves the handshake messages that a device lets wait, one at a time and as slowly as it likes:
 * between the steps of one, anything may happen to the device.
 */
final class LifeDesk {
    private final LifeNode node;
    private final SeededRandom random;
    private final ArrayDeque<LifeArrival> waiting = new ArrayDeque<>();

    /** The message whose turn it is, and its work while that is on loan. */
    private @Nullable LifeArrival current;

    private @Nullable HandshakeWork loan;
    private boolean authentic;
    private boolean parked;

    LifeDesk(LifeNode node, SeededRandom random) {
        this.node = node;
        this.random = random;
    }

    /** A message waits now. */
    void add(LifeArrival arrival) {
        waiting.add(arrival);
        if (waiting.size() == 1 && current == null) {
            later(this::borrow);
        }
    }

    /** The device forgot what waits. */
    void forgotten() {
        waiting.clear();
        if (loan == null) {
            current = null;
            authentic = false;
        }
    }

    /** The machine wakes up: what was about to be done is done. */
    void resumed() {
        if (parked) {
            parked = false;
            later(this::goOn);
        }
    }

    private void later(Runnable step) {
        node.world.scheduler().after(random.logBetween(1, 30_000_000L), step);
    }

    private void goOn() {
        if (loan != null) {
            giveBack();
        } else {
            borrow();
        }
    }

    private void borrow() {
        if (node.isAsleep()) {
            parked = true;
            return;
        }
        if (loan != null || (current == null && waiting.isEmpty())) {
            return;
        }
        node.model.receiving();
        HandshakeWork work = node.device.lendHandshakes(1);
        for (int refused = node.model.refusedUnseen(); refused > 0; refused--) {
            if (current == null) {
                waiting.poll();
            }
            current = null;
            authentic = false;
        }
        if (work == null) {
            node.model.require(
                    current == null && waiting.isEmpty(), "lends nothing although something waits");
            return;
        }
        if (current == null) {
            current = waiting.poll();
        }
        loan = work;
        later(this::giveBack);
    }

    private void giveBack() {
        HandshakeWork work = loan;
        LifeArrival arrival = current;
        if (node.isAsleep()) {
            parked = true;
            return;
        }
        if (work == null || arrival == null) {
            throw node.model.violation("lends what nobody asked for");
        }
        loan = null;
        work.run();
        node.model.receiving();
        node.device.returnHandshakes(work, node.now());
        authentic |= node.model.served(arrival);
        if (authentic) {
            // an answer may be computed after the question was accepted
            node.model.mayTalk();
        }
        if (node.device.handshakesWaiting() == waiting.size()) {
            current = null;
            authentic = false;
        }
        node.turn();
        borrow();
    }
}
