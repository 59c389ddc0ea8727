package io.culvert.wireguard;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Events that nobody has asked for yet: at most 1024, the oldest give way. */
final class EventQueue {
    private static final int MAX_EVENTS = 1024;

    private final ArrayDeque<DeviceEvent> events = new ArrayDeque<>();

    void add(DeviceEvent event) {
        if (events.size() == MAX_EVENTS) {
            events.removeFirst();
        }
        events.addLast(event);
    }

    @Nullable DeviceEvent poll() {
        return events.pollFirst();
    }
}
