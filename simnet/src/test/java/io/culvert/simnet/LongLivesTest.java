package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Long lives of WireGuard devices, each judged at every event by models of its own. */
class LongLivesTest {
    /**
     * A few seconds' worth, others in each build; {@code -Dsimnet.seeds=2000} is the full count.
     */
    private static final int LIVES = 50;

    @Test
    void devicesKeepTheProtocolWhateverHappensToThem() {
        Seeds.runFresh(LIVES, Life::live);
    }

    /** Data that is wanted while one answer after the other closes the gate, for half a minute. */
    @Test
    void aReasonOutlivesAGateThatAnswersKeepClosed() {
        Life.live(1_795_926_626_504L, new Trace());
    }

    /** Its attempts end just when the peer has begun to send by a session of its own. */
    @Test
    void whoGivesUpOwesNoKeepalive() {
        Life.live(900_051, new Trace());
    }

    @Test
    void aLifeIsAFunctionOfItsSeed() {
        Trace first = new Trace();
        Trace second = new Trace();
        Life.live(7, first);
        Life.live(7, second);
        assertThat(second.hash()).isEqualTo(first.hash());
        assertThat(first.records()).isGreaterThan(100);
    }
}
