package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A7.12")
class DeadlineQueueTest {
    private final Device device = new Device(new SeededEntropy(1), 0);
    private final DeadlineQueue queue = new DeadlineQueue();

    @Test
    void namesTheEarliestOfAllThroughEveryChange() {
        for (long seed = 0; seed < 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<PeerTimers> all = timers(1 + (int) seed * 3);
            for (int i = 0; i < 3_000; i++) {
                PeerTimers changed = all.get(random.nextInt(all.size()));
                switch (random.nextInt(5)) {
                    case 0 -> set(changed, NEVER);
                    case 1 -> queue.remove(changed);
                    default -> set(changed, random.nextLong(100));
                }
                assertEarliest(all);
            }
            all.forEach(timers -> set(timers, NEVER));
            assertThat(queue.nextDeadline()).isEqualTo(NEVER);
        }
    }

    @Test
    void givesThemOutInOrder() {
        List<PeerTimers> all = timers(100);
        SplittableRandom random = new SplittableRandom(1);
        all.forEach(timers -> set(timers, random.nextLong()));
        List<PeerTimers> sorted = new ArrayList<>(all);
        sorted.sort(Comparator.comparingLong(PeerTimers::deadline));
        for (PeerTimers next : sorted) {
            assertThat(queue.first()).isSameAs(next);
            queue.remove(next);
        }
    }

    @Test
    void anEmptyQueueHasNoFirst() {
        assertThat(queue.nextDeadline()).isEqualTo(NEVER);
        assertThatThrownBy(queue::first).isInstanceOf(IllegalStateException.class);
    }

    private void set(PeerTimers timers, long deadline) {
        timers.zeroKeys = deadline;
        queue.update(timers);
    }

    private void assertEarliest(List<PeerTimers> all) {
        long earliest = all.stream().mapToLong(timers -> timers.queuedDeadline).min().orElseThrow();
        assertThat(queue.nextDeadline()).isEqualTo(earliest);
        if (earliest != NEVER) {
            assertThat(queue.first().deadline()).isEqualTo(earliest);
        }
    }

    private List<PeerTimers> timers(int count) {
        List<PeerTimers> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] key = new byte[KeyText.KEY_LENGTH];
            key[0] = (byte) i;
            all.add(device.addPeer(PublicKey.of(key)).timers);
        }
        return all;
    }
}
