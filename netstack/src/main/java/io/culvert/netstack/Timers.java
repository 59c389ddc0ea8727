package io.culvert.netstack;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Deadlines of every flow in one heap of four children a node. Moving a deadline to a later time,
 * and cancelling, only writes a field: the node is put right when it comes to the top. That makes
 * the timers that are pushed back with every packet free.
 */
final class Timers {
    private static final int CHILDREN = 4;

    private @Nullable Timer[] heap = new @Nullable Timer[64];
    private int size;
    private int armed;
    private long firing = Long.MIN_VALUE;

    /**
     * Arms the timer, or moves it. During {@link #advance} a deadline in the past becomes the next
     * one.
     */
    void arm(Timer timer, long deadline) {
        if (deadline == Timer.NEVER) {
            cancel(timer);
            return;
        }
        if (!timer.isArmed()) {
            armed++;
        }
        timer.deadline = Math.max(deadline, firing);
        if (timer.index < 0) {
            insert(timer);
        } else if (timer.deadline < timer.key) {
            timer.key = timer.deadline;
            siftUp(timer, timer.index);
        }
    }

    /** Disarms the timer; the heap may keep a reference to it until its old deadline. */
    void cancel(Timer timer) {
        if (timer.isArmed()) {
            armed--;
            timer.deadline = Timer.NEVER;
        }
    }

    /** Disarms the timer and forgets it at once: for the end of what owns it. */
    void remove(Timer timer) {
        cancel(timer);
        if (timer.index >= 0) {
            take(timer.index);
        }
    }

    /** The earliest deadline, exactly; {@link Timer#NEVER} if nothing is armed. */
    long nextDeadline() {
        Timer top = settleTop();
        return top == null ? Timer.NEVER : top.deadline;
    }

    /** Fires all that is due, in order of deadlines. */
    void advance(long now) {
        firing = now + 1;
        try {
            for (Timer top = settleTop(); top != null && top.deadline <= now; top = settleTop()) {
                take(0);
                armed--;
                top.deadline = Timer.NEVER;
                top.fire(now);
            }
        } finally {
            firing = Long.MIN_VALUE;
        }
    }

    /** Tells those that are ordered before {@code limit}. */
    void tellUntil(long limit, long now) {
        tellUntil(0, limit, now);
    }

    private void tellUntil(int i, long limit, long now) {
        if (i < size && at(i).key <= limit) {
            at(i).nearlyDue(now);
            for (int c = 1; c <= CHILDREN; c++) {
                tellUntil(i * CHILDREN + c, limit, now);
            }
        }
    }

    /** Timers armed now. */
    int armed() {
        return armed;
    }

    /** Puts the top right until it says its true deadline. */
    private @Nullable Timer settleTop() {
        while (size > 0) {
            Timer top = at(0);
            if (top.deadline == top.key) {
                return top;
            }
            if (!top.isArmed()) {
                take(0);
            } else {
                top.key = top.deadline;
                siftDown(top, 0);
            }
        }
        return null;
    }

    private Timer at(int i) {
        Timer timer = heap[i];
        if (timer == null) {
            throw new AssertionError("empty place " + i + " of " + size);
        }
        return timer;
    }

    private void insert(Timer timer) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        timer.key = timer.deadline;
        siftUp(timer, size++);
    }

    private void take(int i) {
        at(i).index = -1;
        Timer last = at(--size);
        heap[size] = null;
        if (i < size) {
            siftDown(last, i);
            if (last.index == i) {
                siftUp(last, i);
            }
        }
    }

    private void siftUp(Timer timer, int from) {
        int i = from;
        while (i > 0) {
            int parent = (i - 1) / CHILDREN;
            Timer above = at(parent);
            if (above.key <= timer.key) {
                break;
            }
            place(above, i);
            i = parent;
        }
        place(timer, i);
    }

    private void siftDown(Timer timer, int from) {
        int i = from;
        while (true) {
            int first = i * CHILDREN + 1;
            if (first >= size) {
                break;
            }
            int end = Math.min(first + CHILDREN, size);
            int least = first;
            for (int c = first + 1; c < end; c++) {
                if (at(c).key < at(least).key) {
                    least = c;
                }
            }
            Timer below = at(least);
            if (below.key >= timer.key) {
                break;
            }
            place(below, i);
            i = least;
        }
        place(timer, i);
    }

    private void place(Timer timer, int i) {
        heap[i] = timer;
        timer.index = i;
    }
}
