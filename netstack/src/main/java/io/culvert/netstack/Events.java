package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * What handlers are told after a batch, in order of arrival. Each source is in the queue once,
 * however much happened to it.
 */
final class Events {
    /** A handler that causes news for itself each time must not hold the loop for ever. */
    private static final int MAX_ROUNDS = 16;

    private @Nullable Deliverable head;
    private @Nullable Deliverable tail;

    /** Queues the source unless it is queued already. */
    void add(Deliverable source) {
        if (source.queued) {
            return;
        }
        source.queued = true;
        source.nextDeliverable = null;
        if (tail == null) {
            head = source;
        } else {
            tail.nextDeliverable = source;
        }
        tail = source;
    }

    /**
     * Delivers what is queued, and what handlers cause thereby; a rest of an endless chain stays.
     */
    @SuppressWarnings("ReferenceEquality")
    void deliver() {
        for (int round = 0; round < MAX_ROUNDS && head != null; round++) {
            Deliverable last = tail;
            Deliverable source;
            do {
                source = head;
                if (source == null) {
                    return;
                }
                head = source.nextDeliverable;
                if (head == null) {
                    tail = null;
                }
                source.nextDeliverable = null;
                source.queued = false;
                source.deliver();
            } while (source != last);
        }
    }

    boolean isEmpty() {
        return head == null;
    }
}
