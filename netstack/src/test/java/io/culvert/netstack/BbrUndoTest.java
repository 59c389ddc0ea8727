package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BbrUndoTest {
    private final BbrUndo undo = new BbrUndo();

    @Test
    void keepsWhatWasBeforeTheLossWhateverComesAfter() {
        BbrLoss loss = new BbrLoss(BbrParameters.PROFILE);
        BbrVolume volume = new BbrVolume();
        undo.save(BbrState.PROBE_BW_UP, loss, volume);
        assertThat(undo.bwShortterm()).isInfinite();
        assertThat(undo.inflightShortterm()).isEqualTo(BbrLoss.NO_BOUND);
        assertThat(undo.inflightLongterm()).isEqualTo(BbrVolume.NO_BOUND);

        loss.boundShortterm(70_000);
        volume.bound(90_000);
        undo.save(BbrState.PROBE_BW_CRUISE, loss, volume);
        loss.boundShortterm(49_000);
        volume.bound(63_000);
        assertThat(undo.state()).isEqualTo(BbrState.PROBE_BW_CRUISE);
        assertThat(undo.inflightShortterm()).isEqualTo(70_000);
        assertThat(undo.inflightLongterm()).isEqualTo(90_000);
    }

    /** 70 % of what was the maximum is the bound that a lossy round leaves (5.5.10.3). */
    @Test
    void keepsTheBoundOnTheRate() {
        BbrLoss loss = new BbrLoss(BbrParameters.DRAFT);
        RateSample sample = new RateSample();
        sample.clear();
        sample.priorDelivered = 0;
        loss.onSample(sample);
        loss.onLost(0, true);
        loss.adapt(false, 1_000_000, 100_000, 1000, sample);
        undo.save(BbrState.PROBE_BW_DOWN, loss, new BbrVolume());
        assertThat(undo.bwShortterm()).isEqualTo(700_000);
        assertThat(undo.inflightShortterm()).isEqualTo(70_000);
    }

    @Test
    void raisesNothingWhenNothingWasLostYet() {
        assertThat(undo.state()).isEqualTo(BbrState.STARTUP);
        assertThat(undo.bwShortterm()).isZero();
        assertThat(undo.inflightShortterm()).isZero();
        assertThat(undo.inflightLongterm()).isZero();
    }
}
