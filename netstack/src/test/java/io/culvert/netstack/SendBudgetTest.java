package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What many flows hold of the memory that is lent to them. */
class SendBudgetTest {
    private static final long MIB = 1 << 20;

    private final SendBudget budget = new SendBudget(24 * MIB);
    private final List<Flow> flows = new ArrayList<>();

    /** Writes as long as it may, in pieces, and has acknowledged what a test says. */
    private final class Flow {
        private long held;

        boolean write(int bytes) {
            if (held >= budget.perFlow()) {
                return false;
            }
            held += bytes;
            budget.changed(bytes);
            return true;
        }

        void acknowledged(long bytes) {
            held -= bytes;
            budget.changed(-bytes);
        }
    }

    private Flow flow() {
        Flow flow = new Flow();
        flows.add(flow);
        return flow;
    }

    /** All write in turns until none may any more. */
    private void fill(int piece) {
        boolean any = true;
        while (any) {
            any = false;
            for (Flow flow : flows) {
                any |= flow.write(piece);
            }
        }
    }

    @Test
    void theFirstHasTwoThirds() {
        Flow one = flow();
        fill(1024);
        assertThat(one.held).isBetween(16 * MIB, 16 * MIB + 1024);
    }

    @Test
    void manyHaveEqualPartsAndLeaveSome() {
        for (int i = 0; i < 50; i++) {
            flow();
        }
        fill(1024);
        long part = 2 * 24 * MIB / (2 * 50 + 1);
        for (Flow flow : flows) {
            assertThat(flow.held).isBetween(part - 4096, part + 4096);
        }
        assertThat(budget.held()).isLessThan(24 * MIB);
    }

    @Test
    void whoHeldAllMakesRoomForWhoComesLater() {
        Flow first = flow();
        fill(1024);
        Flow second = flow();
        fill(1024);
        assertThat(second.held).isBetween(5 * MIB, 6 * MIB);
        for (int i = 0; i < 100_000; i++) {
            for (Flow flow : flows) {
                if (flow.held > 4096) {
                    flow.acknowledged(1024);
                }
            }
            fill(1024);
        }
        assertThat(Math.abs(first.held - second.held)).isLessThan(MIB / 8);
    }

    @Test
    void everybodyHasALittleEvenWhenNothingIsLeft() {
        for (int i = 0; i < 10_000; i++) {
            flow();
        }
        fill(1024);
        for (Flow flow : flows) {
            assertThat(flow.held).isGreaterThanOrEqualTo(SendBudget.LEAST);
        }
        assertThat(budget.perFlow()).isEqualTo(SendBudget.LEAST);
    }

    @Test
    void whatIsWithinAnotherCountsForBoth() {
        SendBudget inner = new SendBudget(64 * MIB, budget);
        inner.changed(20 * MIB);
        assertThat(budget.held()).isEqualTo(20 * MIB);
        assertThat(inner.perFlow()).isEqualTo(8 * MIB);
        inner.changed(-20 * MIB);
        assertThat(budget.held()).isZero();
        SendBudget small = new SendBudget(MIB, budget);
        assertThat(small.perFlow()).isEqualTo(2 * MIB);
    }

    @Test
    void whereMemoryIsShortEverybodyHasTheLeastUnlessOthersHaveIt() {
        AtomicBoolean isShort = new AtomicBoolean(true);
        SendBudget shared = new SendBudget(24 * MIB, isShort::get);
        shared.changed(6 * MIB);
        assertThat(shared.perFlow()).isEqualTo(36 * MIB);
        shared.changed(1);
        assertThat(shared.perFlow()).isEqualTo(SendBudget.LEAST);
        isShort.set(false);
        assertThat(shared.perFlow()).isEqualTo(36 * MIB - 2);
    }

    @Test
    void aBudgetOfNothingIsRefused() {
        assertThatThrownBy(() -> new SendBudget(0)).hasMessageContaining("0 bytes");
    }
}
