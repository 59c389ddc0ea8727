package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A5.9")
class HandshakeQueueTest {
    private final HandshakeQueue queue = new HandshakeQueue();
    private final HandshakeJob job = new HandshakeJob();
    private int added;

    @Test
    void agreesWithAPlainQueueHoweverItGrowsAndTurns() {
        for (long seed = 0; seed < 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            HandshakeQueue tested = new HandshakeQueue();
            Queue<Integer> model = new ArrayDeque<>();
            for (int i = 0; i < 2_000; i++) {
                // grows for a while, then shrinks
                if (random.nextInt(100) < (i < 1_000 ? 60 : 40)) {
                    assertThat(tested.add(message(i), source(i))).isTrue();
                    model.add(i);
                } else if (!model.isEmpty()) {
                    tested.removeFirst(job);
                    int expected = model.remove();
                    assertThat(job.message).isEqualTo(message(expected));
                    assertThat(job.source).isEqualTo(source(expected));
                }
                assertThat(tested.size()).isEqualTo(model.size());
                assertThat(tested.isEmpty()).isEqualTo(model.isEmpty());
            }
        }
    }

    @Test
    void holds4096() {
        while (queue.add(message(added), source(added))) {
            added++;
        }
        assertThat(added).isEqualTo(4_096);
        queue.removeFirst(job);
        assertThat(job.message).isEqualTo(message(0));
        assertThat(queue.add(message(added), source(added))).isTrue();
        assertThat(queue.add(message(added), source(added))).isFalse();
    }

    @Test
    void isEmptyAndUsableAfterClearing() {
        for (int i = 0; i < 100; i++) {
            queue.add(message(i), source(i));
        }
        queue.removeFirst(job);
        queue.clear();
        assertThat(queue.isEmpty()).isTrue();
        queue.add(message(7), source(7));
        queue.removeFirst(job);
        assertThat(job.message).isEqualTo(message(7));
        assertThat(job.source).isEqualTo(source(7));
    }

    /** Recognizable by its first and last bytes. */
    private static byte[] message(int number) {
        byte[] message = new byte[InitiationMessage.LENGTH];
        Wire.intLe(message, 0, number);
        Wire.intLe(message, message.length - Integer.BYTES, ~number);
        return message;
    }

    private static InetSocketAddress source(int number) {
        return new InetSocketAddress("192.0.2.1", number);
    }
}
