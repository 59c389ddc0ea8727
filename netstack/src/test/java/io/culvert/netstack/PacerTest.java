package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PacerTest {
    private static final long MILLI = 1_000_000;

    /** 1 MB/s: a segment of 1000 bytes each millisecond. */
    private static final long RATE = 1_000_000;

    private static final long QUANTUM = 2000;

    private final Pacer pacer = new Pacer();

    /** Sends whatever may leave at each turn; returns bytes after {@code duration}. */
    private long run(long tick, long duration) {
        long sent = 0;
        for (long now = 1_000 * MILLI; now < 1_000 * MILLI + duration; now += tick) {
            while (pacer.allows(RATE, now)) {
                pacer.onSend(1000, RATE, QUANTUM, now);
                sent += 1000;
            }
        }
        return sent;
    }

    @Test
    void holdsTheRateWithPreciseTurns() {
        assertThat(run(MILLI / 10, 1_000 * MILLI)).isBetween(995_000L, 1_005_000L);
    }

    @Test
    void makesUpForLateTurns() {
        assertThat(run(7 * MILLI, 1_000 * MILLI)).isBetween(970_000L, 1_010_000L);
    }

    @Test
    void givesNoBurstAfterIdleTime() {
        run(MILLI, 100 * MILLI);
        pacer.idle();
        long now = 60_000 * MILLI;
        int burst = 0;
        while (pacer.allows(RATE, now)) {
            pacer.onSend(1000, RATE, QUANTUM, now);
            burst++;
        }
        assertThat(burst * 1000L).isEqualTo(QUANTUM);
        assertThat(pacer.nextSend()).isEqualTo(now + 2 * MILLI);
    }

    @Test
    void boundsTheBurstAfterAStall() {
        run(MILLI, 100 * MILLI);
        long now = 60_000 * MILLI;
        int burst = 0;
        while (pacer.allows(RATE, now)) {
            pacer.onSend(1000, RATE, QUANTUM, now);
            burst++;
        }
        assertThat(burst * 1000L)
                .as("at most 12 ms of credit and a quantum")
                .isLessThanOrEqualTo(12_000 + QUANTUM);
    }

    @Test
    void beginsAtAnyTime() {
        assertThat(pacer.allows(RATE, -60_000 * MILLI)).isTrue();
        pacer.onSend(2000, RATE, QUANTUM, -60_000 * MILLI);
        assertThat(pacer.nextSend()).isEqualTo(-59_998 * MILLI);
    }

    @Test
    void leavesInTrainsOfAQuantum() {
        long now = 1_000 * MILLI;
        long turns = 0;
        long sent = 0;
        while (sent < 100_000) {
            if (pacer.allows(RATE, now)) {
                turns++;
                while (pacer.allows(RATE, now)) {
                    pacer.onSend(1000, RATE, QUANTUM, now);
                    sent += 1000;
                }
            }
            now = pacer.nextSend();
        }
        assertThat(sent / turns).isEqualTo(QUANTUM);
    }

    @Test
    void mayLeaveALittleEarlyWithOthersAndPaysForIt() {
        long now = 1_000 * MILLI;
        pacer.onSend(1000, RATE, QUANTUM, now);
        pacer.onSend(1000, RATE, QUANTUM, now);
        long early = now + 1_500_000;
        assertThat(pacer.allows(RATE, early)).as("alone").isFalse();
        pacer.invite(early - 1);
        assertThat(pacer.allows(RATE, early - 1)).as("too early").isFalse();
        assertThat(pacer.allows(RATE, early)).as("invited before").isFalse();
        pacer.invite(early);
        assertThat(pacer.allows(RATE, early)).isTrue();
        pacer.onSend(1000, RATE, QUANTUM, early);
        assertThat(pacer.nextSend()).isEqualTo(now + 3 * MILLI);
    }

    @Test
    void doesNotPaceAnUnpacedFlow() {
        pacer.onSend(1_000_000, CongestionControl.UNPACED, QUANTUM, 0);
        assertThat(pacer.allows(CongestionControl.UNPACED, 0)).isTrue();
    }
}
