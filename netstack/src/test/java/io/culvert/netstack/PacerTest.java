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
                .isEqualTo(12_000 + QUANTUM);
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

    /** Bytes that leave in one turn at that time. */
    private long burst(long now, long quantum) {
        long sent = 0;
        while (pacer.allows(RATE, now)) {
            pacer.onSend(1000, RATE, quantum, now);
            sent += 1000;
        }
        return sent;
    }

    @Test
    void aLateTurnIsMadeUpForOnceAndUpToTwelveMilliseconds() {
        long now = 1_000 * MILLI;
        assertThat(burst(now, QUANTUM)).isEqualTo(2000); // the next is due at 1002
        assertThat(burst(now + 5 * MILLI, QUANTUM)).as("three late").isEqualTo(4000);
        assertThat(pacer.nextSend()).isEqualTo(now + 6 * MILLI);
        assertThat(burst(now + 6 * MILLI, QUANTUM)).as("not again").isEqualTo(2000);
        now += 8 * MILLI;
        assertThat(pacer.nextSend()).isEqualTo(now);
        assertThat(burst(now + 12 * MILLI, 1000)).as("twelve late").isEqualTo(13_000);
        assertThat(pacer.nextSend()).isEqualTo(now + 13 * MILLI);
        assertThat(burst(now + 26 * MILLI, 1000)).as("thirteen late").isEqualTo(13_000);
        assertThat(pacer.nextSend()).isEqualTo(now + 27 * MILLI);
    }

    @Test
    void afterAPauseForAnotherReasonNothingIsMadeUpFor() {
        long now = 1_000 * MILLI;
        burst(now, QUANTUM);
        pacer.idle();
        assertThat(burst(now + 5 * MILLI, QUANTUM)).isEqualTo(2000);
        assertThat(burst(now + 9 * MILLI, QUANTUM)).as("two late").isEqualTo(4000);
    }

    @Test
    void aGrantEndsWithItsTurn() {
        long now = 1_000 * MILLI;
        pacer.onSend(1000, RATE, 10_000, now);
        assertThat(pacer.allows(RATE, now)).as("nine thousand are left").isTrue();
        assertThat(pacer.allows(RATE, now + MILLI - 1)).isFalse();
        assertThat(pacer.allows(RATE, now + MILLI)).isTrue();
    }
}
