package io.culvert.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DelayLineTest {
    private static final int CAPACITY = 5 * DelayLine.ROOM / 2;

    /** A packet as it must be found again, and the memory that is its own until then. */
    private record Packet(long due, long address, int length, int flow) {
        boolean overlaps(long from) {
            return address < from + DelayLine.ROOM && from < address + length;
        }
    }

    @Test
    void keepsPacketsInOrderAndTheirMemoryUntouched() {
        SplittableRandom random = new SplittableRandom(3);
        try (Arena arena = Arena.ofConfined()) {
            DelayLine line = new DelayLine(arena, CAPACITY, 1024);
            Deque<Packet> model = new ArrayDeque<>();
            int full = 0;
            int rounds = 20_000;
            for (int round = 0; round < rounds; round++) {
                if (random.nextInt(100) < 55) {
                    full += receive(line, model, random, round) ? 0 : 1;
                } else if (!model.isEmpty()) {
                    take(line, model, 1 + random.nextInt(model.size()));
                }
            }
            assertThat(full).isBetween(1, rounds / 2);
        }
    }

    private static boolean receive(
            DelayLine line, Deque<Packet> model, SplittableRandom random, int round) {
        long room = line.room();
        if (room == 0) {
            return false;
        }
        assertThat(model).noneMatch(packet -> packet.overlaps(room));
        int segment = 1 + random.nextInt(1500);
        for (int at = 0; at + segment <= DelayLine.ROOM && random.nextInt(50) > 0; at += segment) {
            if (random.nextInt(10) == 0) {
                continue; // lost
            }
            Packet packet = new Packet(round, room + at, segment, round & 7);
            if (!line.add(packet.address, segment, packet.flow, packet.due)) {
                assertThat(line.size()).isEqualTo(1024);
                return false;
            }
            model.add(packet);
        }
        return true;
    }

    private static void take(DelayLine line, Deque<Packet> model, int count) {
        assertThat(line.size()).isEqualTo(model.size());
        for (int i = 0; i < count; i++) {
            assertThat(new Packet(line.due(i), line.address(i), line.length(i), line.flow(i)))
                    .isEqualTo(model.remove());
        }
        line.remove(count);
        assertThat(line.isEmpty()).isEqualTo(model.isEmpty());
    }
}
