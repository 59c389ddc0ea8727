package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetransmissionQueueTest {
    /** What a record should say. */
    private static final class Model {
        private final long start;
        private final int length;
        private String state = "flight";
        private long order;

        private Model(long start, int length, long order) {
            this.start = start;
            this.length = length;
            this.order = order;
        }
    }

    private long transmissions;

    @Test
    void keepsSequenceFlightAndLossesInOrder() {
        for (int seed = 0; seed < 100; seed++) {
            Random r = new Random(seed);
            RetransmissionQueue q = new RetransmissionQueue();
            List<Model> model = new ArrayList<>();
            long next = 1000;
            for (int step = 0; step < 400; step++) {
                int n = model.isEmpty() ? 0 : r.nextInt(model.size());
                switch (r.nextInt(9)) {
                    case 0, 1, 2 -> {
                        int length = 1 + r.nextInt(100);
                        int slot = q.append(next, length, false);
                        stamp(q, slot);
                        model.add(new Model(next, length, transmissions));
                        next += length;
                    }
                    case 3 -> change(q, model, n, "flight", "lost");
                    case 4 -> change(q, model, n, "flight", "sacked");
                    case 5 -> change(q, model, n, "lost", "flight");
                    case 6 -> change(q, model, n, "lost", "returned");
                    case 7 -> split(q, model, n);
                    default -> {
                        if (!model.isEmpty() && r.nextBoolean()) {
                            q.removeFirst();
                            model.removeFirst();
                        }
                    }
                }
                compare(q, model);
            }
        }
    }

    private void stamp(RetransmissionQueue q, int slot) {
        transmissions++;
        q.stamp(slot, transmissions * 10, transmissions, 1, 2, 3, 0, 4, q.inflight(), false);
    }

    private void change(RetransmissionQueue q, List<Model> model, int n, String from, String to) {
        if (model.isEmpty() || !model.get(n).state.equals(from)) {
            return;
        }
        int slot = q.at(n);
        Model m = model.get(n);
        m.state = to;
        switch (to) {
            case "lost" -> q.markLost(slot);
            case "sacked" -> q.markSacked(slot);
            case "returned" -> {
                q.returnToFlight(slot);
                m.state = "flight";
            }
            default -> {
                q.sentAgain(slot);
                stamp(q, slot);
                m.order = transmissions;
            }
        }
    }

    private static void split(RetransmissionQueue q, List<Model> model, int n) {
        if (model.isEmpty() || !model.get(n).state.equals("lost") || model.get(n).length < 2) {
            return;
        }
        Model m = model.get(n);
        int half = m.length / 2;
        q.splitLost(q.at(n), half);
        Model first = new Model(m.start, half, m.order);
        Model second = new Model(m.start + half, m.length - half, m.order);
        first.state = "lost";
        second.state = "lost";
        model.set(n, first);
        model.add(n + 1, second);
    }

    private static void compare(RetransmissionQueue q, List<Model> model) {
        assertThat(q.count()).isEqualTo(model.size());
        long inflight = 0;
        long lost = 0;
        long sacked = 0;
        for (int i = 0; i < model.size(); i++) {
            Model m = model.get(i);
            int slot = q.at(i);
            assertThat(q.start(slot)).isEqualTo(m.start);
            assertThat(q.length(slot)).isEqualTo(m.length);
            assertThat(q.transmission(slot)).isEqualTo(m.order);
            assertThat(q.indexOf(m.start)).isEqualTo(i);
            assertThat(q.indexOf(m.start + m.length)).isEqualTo(i + 1);
            inflight += m.state.equals("flight") ? m.length : 0;
            lost += m.state.equals("lost") ? m.length : 0;
            sacked += m.state.equals("sacked") ? m.length : 0;
        }
        assertThat(q.inflight()).isEqualTo(inflight);
        assertThat(q.lost()).isEqualTo(lost);
        assertThat(q.sacked()).isEqualTo(sacked);
        long before = Long.MIN_VALUE;
        long sum = 0;
        for (int s = q.oldestInFlight(); s != TransmissionRecords.NONE; s = q.next(s)) {
            assertThat(q.transmission(s)).isGreaterThanOrEqualTo(before);
            before = q.transmission(s);
            sum += q.length(s);
        }
        assertThat(sum).isEqualTo(inflight);
        before = Long.MIN_VALUE;
        sum = 0;
        for (int s = q.firstLost(); s != TransmissionRecords.NONE; s = q.next(s)) {
            assertThat(q.start(s)).isGreaterThan(before);
            before = q.start(s);
            sum += q.length(s);
        }
        assertThat(sum).isEqualTo(lost);
    }

    @Test
    void givesItsMemoryBackWhenItIsEmpty() {
        RetransmissionQueue q = new RetransmissionQueue();
        for (int i = 0; i < 1000; i++) {
            q.append(i, 1, false);
        }
        assertThat(q.isLarge()).isTrue();
        for (int i = 0; i < 1000; i++) {
            q.removeFirst();
        }
        q.trim();
        assertThat(q.isLarge()).isFalse();
        q.append(5, 1, true);
        assertThat(q.has(q.at(0), TransmissionRecords.FIN)).isTrue();
    }
}
