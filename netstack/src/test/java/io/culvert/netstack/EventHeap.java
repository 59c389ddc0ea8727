package io.culvert.netstack;

import java.util.Arrays;

/**
 * Future events in order of time and, where times are equal, of their making. Each is a number of
 * 64 bits whose meaning is the caller's. No event is an object.
 */
final class EventHeap {
    private static final int CHILDREN = 4;
    private static final int STRIDE = 3;

    /** Time, order of making, event. */
    private long[] heap = new long[STRIDE * 256];

    private int size;
    private long made;

    void add(long time, long event) {
        if ((size + 1) * STRIDE > heap.length) {
            heap = Arrays.copyOf(heap, 2 * heap.length);
        }
        int i = size++;
        long order = made++;
        while (i > 0) {
            int parent = (i - 1) / CHILDREN;
            if (heap[parent * STRIDE] <= time) {
                break; // made earlier, so it goes first
            }
            move(parent, i);
            i = parent;
        }
        put(i, time, order, event);
    }

    /** Time of the first event; Long.MAX_VALUE if there is none. */
    long firstTime() {
        return size == 0 ? Long.MAX_VALUE : heap[0];
    }

    long firstEvent() {
        return heap[2];
    }

    int size() {
        return size;
    }

    /** Takes the first event away and returns it. */
    long take() {
        long event = heap[2];
        int last = --size;
        long time = heap[last * STRIDE];
        long order = heap[last * STRIDE + 1];
        int i = 0;
        while (true) {
            int child = firstOf(i * CHILDREN + 1, last);
            if (child < 0 || !isBefore(child, time, order)) {
                break;
            }
            move(child, i);
            i = child;
        }
        put(i, time, order, heap[last * STRIDE + 2]);
        return event;
    }

    /** The earliest of the siblings that begin at {@code from}; -1 if there are none. */
    private int firstOf(int from, int end) {
        if (from >= end) {
            return -1;
        }
        int first = from;
        for (int c = from + 1; c < Math.min(from + CHILDREN, end); c++) {
            if (isBefore(c, heap[first * STRIDE], heap[first * STRIDE + 1])) {
                first = c;
            }
        }
        return first;
    }

    private boolean isBefore(int i, long time, long order) {
        long own = heap[i * STRIDE];
        return own < time || (own == time && heap[i * STRIDE + 1] < order);
    }

    private void move(int from, int to) {
        put(to, heap[from * STRIDE], heap[from * STRIDE + 1], heap[from * STRIDE + 2]);
    }

    private void put(int i, long time, long order, long event) {
        heap[i * STRIDE] = time;
        heap[i * STRIDE + 1] = order;
        heap[i * STRIDE + 2] = event;
    }
}
