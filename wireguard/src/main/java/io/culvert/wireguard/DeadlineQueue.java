package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The timers of all peers by their next deadline: a binary heap that knows where each peer is. */
final class DeadlineQueue {
    private static final int INITIAL_CAPACITY = 8;

    private @Nullable PeerTimers[] heap = new @Nullable PeerTimers[INITIAL_CAPACITY];
    private int size;

    long nextDeadline() {
        return size == 0 ? NEVER : at(0).queuedDeadline;
    }

    /** The timers with the earliest deadline; the queue must not be empty. */
    PeerTimers first() {
        return at(0);
    }

    /** Takes note of the present deadline. */
    void update(PeerTimers timers) {
        long deadline = timers.deadline();
        if (deadline == timers.queuedDeadline) {
            return;
        }
        if (deadline == NEVER) {
            remove(timers);
            return;
        }
        timers.queuedDeadline = deadline;
        if (timers.queueIndex < 0) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, 2 * size);
            }
            place(size++, timers);
        }
        siftUp(timers.queueIndex);
        siftDown(timers.queueIndex);
    }

    void remove(PeerTimers timers) {
        int hole = timers.queueIndex;
        timers.queuedDeadline = NEVER;
        timers.queueIndex = -1;
        if (hole < 0) {
            return;
        }
        PeerTimers last = at(--size);
        heap[size] = null;
        if (hole < size) {
            place(hole, last);
            siftUp(hole);
            siftDown(last.queueIndex);
        }
    }

    private void siftUp(int from) {
        int index = from;
        PeerTimers moving = at(index);
        while (index > 0) {
            PeerTimers parent = at((index - 1) / 2);
            if (parent.queuedDeadline <= moving.queuedDeadline) {
                break;
            }
            place(index, parent);
            index = (index - 1) / 2;
        }
        place(index, moving);
    }

    private void siftDown(int from) {
        int index = from;
        PeerTimers moving = at(index);
        while (2 * index + 1 < size) {
            int child = 2 * index + 1;
            if (child + 1 < size && at(child + 1).queuedDeadline < at(child).queuedDeadline) {
                child++;
            }
            if (at(child).queuedDeadline >= moving.queuedDeadline) {
                break;
            }
            place(index, at(child));
            index = child;
        }
        place(index, moving);
    }

    private void place(int index, PeerTimers timers) {
        heap[index] = timers;
        timers.queueIndex = index;
    }

    private PeerTimers at(int index) {
        PeerTimers timers = heap[index];
        if (timers == null) {
            throw new IllegalStateException("no timers at " + index + " of " + size);
        }
        return timers;
    }
}
