package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** How much is read of each connection while others' bytes wait. */
class WaitingBytesTest {
    private static final long ALL = 16 << 20;

    private final AtomicBoolean isShort = new AtomicBoolean();
    private final WaitingBytes waiting = new WaitingBytes(ALL, isShort::get);

    @Test
    void wholeTrainsAreReadUntilNearlyAllIsTaken() {
        assertThat(waiting.perRead()).isEqualTo(TrainReads.MOST);
        waiting.changed(ALL - TrainReads.MOST * 16L);
        assertThat(waiting.perRead()).isEqualTo(TrainReads.MOST);
        waiting.changed(TrainReads.MOST * 8L);
        assertThat(waiting.perRead()).isEqualTo(TrainReads.MOST / 2);
    }

    @Test
    void aLittleIsReadWhateverWaits() {
        waiting.changed(2 * ALL);
        assertThat(waiting.perRead()).isEqualTo(WaitingBytes.LEAST);
        waiting.changed(-2 * ALL);
        assertThat(waiting.perRead()).isEqualTo(TrainReads.MOST);
        assertThat(waiting.now()).isZero();
    }

    @Test
    void whereMemoryIsShortOnlyALittleIsReadUnlessOthersHaveIt() {
        isShort.set(true);
        assertThat(waiting.perRead()).isEqualTo(TrainReads.MOST);
        waiting.changed(ALL / 8 + 1);
        assertThat(waiting.perRead()).isEqualTo(WaitingBytes.LEAST);
        isShort.set(false);
        assertThat(waiting.perRead()).isEqualTo(TrainReads.MOST);
    }
}
