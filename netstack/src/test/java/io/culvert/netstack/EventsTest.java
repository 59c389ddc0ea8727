package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventsTest {
    private final Events events = new Events();
    private final List<String> heard = new ArrayList<>();

    private Deliverable source(String name, Runnable then) {
        return new Deliverable() {
            @Override
            void deliver() {
                heard.add(name);
                then.run();
            }
        };
    }

    @Test
    void deliversEachSourceOnceInOrderOfArrival() {
        Deliverable a = source("a", () -> {});
        Deliverable b = source("b", () -> {});
        events.add(b);
        events.add(a);
        events.add(b);
        events.deliver();
        assertThat(heard).containsExactly("b", "a");
        events.deliver();
        assertThat(heard).hasSize(2);
        assertThat(events.isEmpty()).isTrue();
    }

    @Test
    void deliversWhatHandlersCauseInTheSameTurn() {
        Deliverable b = source("b", () -> {});
        Deliverable a = source("a", () -> events.add(b));
        events.add(a);
        events.deliver();
        assertThat(heard).containsExactly("a", "b");
    }

    @Test
    void endlessChainDoesNotHoldTheLoop() {
        Deliverable[] self = new Deliverable[1];
        self[0] = source("x", () -> events.add(self[0]));
        events.add(self[0]);
        events.deliver();
        int first = heard.size();
        assertThat(first).isBetween(1, 100);
        assertThat(events.isEmpty()).isFalse();
        events.deliver();
        assertThat(heard).hasSize(2 * first);
    }
}
