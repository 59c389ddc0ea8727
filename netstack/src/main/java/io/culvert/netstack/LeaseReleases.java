package io.culvert.netstack;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Loaned memory that is no longer needed. It goes back with the other news, as a lease is the
 * application's code and must not run while a connection is half updated.
 */
final class LeaseReleases extends Deliverable {
    private static final int FIRST_CAPACITY = 64;

    private final Events events;
    private @Nullable Lease[] waiting = new @Nullable Lease[FIRST_CAPACITY];
    private int count;

    LeaseReleases(Events events) {
        this.events = events;
    }

    void add(Lease lease) {
        if (count == waiting.length) {
            waiting = Arrays.copyOf(waiting, 2 * count);
        }
        waiting[count++] = lease;
        events.add(this);
    }

    @Override
    void deliver() {
        for (int i = 0; i < count; i++) {
            Lease lease = waiting[i];
            waiting[i] = null;
            if (lease != null) {
                lease.release();
            }
        }
        count = 0;
    }
}
